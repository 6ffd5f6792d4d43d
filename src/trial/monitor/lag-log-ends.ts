import type { Micros } from '../../base/clock.ts';

/** Two hours of seconds, where the log grows in each. */
const mostKept = 7200;

/** Where the log of one partition ended, whenever that was sampled. */
export class LogEnds {
  /** Ascending in both; of samples with the same end the first and the last. */
  readonly #samples: { at: Micros; readonly end: number }[] = [];

  add(at: Micros, end: number): void {
    const samples = this.#samples;
    const last = samples.at(-1);
    // A log that was cut back (unclean election): what was known of its offsets is of another history.
    if (last && end < last.end) samples.length = 0;
    if (last && last.end === end && samples.at(-2)?.end === end) last.at = at;
    else samples.push({ at, end });
    if (samples.length > mostKept) samples.shift();
  }

  /**
   * When the end passed `offset`, that is, when whoever stands there was last level with the log: between two samples
   * in proportion, so that it is exact to the time between them. Null where that was before the first sample. An end
   * that has not passed it yet: when it was last seen.
   */
  passed(offset: number): Micros | null {
    const samples = this.#samples;
    let low = 0;
    let high = samples.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (samples[middle]!.end <= offset) low = middle + 1;
      else high = middle;
    }
    const before = samples[low - 1];
    if (!before) return null;
    const after = samples[low];
    if (!after) return before.at;
    // It passes where the next record is stored, which is between two of these parts: half a part on.
    return before.at + ((offset + 0.5 - before.end) / (after.end - before.end)) * (after.at - before.at);
  }
}
