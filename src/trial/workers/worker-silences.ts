import type { Micros } from '../../base/clock.ts';
import { formatDuration } from '../../base/units.ts';
import { goneMillis, type WorkerSilence } from './worker-process.ts';

/** A worker that stood still while something was measured. */
export interface StoodStill {
  readonly worker: string;
  /** All of its silences together. */
  readonly micros: Micros;
}

/** Times in which workers stood still: told while they last, and kept for what they touch. */
export class WorkerSilences {
  readonly #tell: (line: string) => void;
  readonly #found: WorkerSilence[] = [];

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  /** A silence that begins, or one that has ended. */
  add(silence: WorkerSilence): void {
    const { worker, from, to } = silence;
    if (to === null) {
      this.#found.push(silence);
      this.#tell(
        `${worker} does not answer: it stands still, and is waited for up to ${goneMillis / 1000} s`,
      );
      return;
    }
    const begun = this.#found.findIndex((each) => each.worker === worker && each.to === null);
    if (begun === -1) this.#found.push(silence);
    else this.#found[begun] = silence;
    this.#tell(`${worker} answers again after ${formatDuration(to - from)}`);
  }

  /** What of them lies behind `from`, one a worker; a silence that still lasts ends at `now`. */
  since(from: Micros, now: Micros): readonly StoodStill[] {
    const byWorker = new Map<string, Micros>();
    for (const silence of this.#found) {
      const micros = (silence.to ?? now) - Math.max(from, silence.from);
      if (micros > 0) byWorker.set(silence.worker, (byWorker.get(silence.worker) ?? 0) + micros);
    }
    return [...byWorker].map(([worker, micros]) => ({ worker, micros }));
  }
}
