import { BenchError, messageOf } from '../base/errors.ts';
import { gateableBeyond, showableBeyond } from '../metrics/metrics.ts';
import { HdrCounts, readHdrCounts } from './hdr-counts.ts';
import { SLOTS, slotFloor, type ExactStatistics, type SparseHistogram } from './slots.ts';

const nothing: ExactStatistics = { count: 0, min: null, max: null, sum: 0, overflow: 0, negative: 0 };

/**
 * A latency distribution in microseconds outside the hot path: counts, adding, percentiles and encoding are
 * hdr-histogram-js', with three significant digits from 1 µs to an hour. Beside them stands what its slots cannot
 * give back: count, min, max and sum of the unrounded values, and the samples out of its range.
 *
 * One above an hour (`overflow`) or below zero (`negative`) takes part, as the highest or lowest, in the rank of
 * every percentile. A percentile that falls among the overflows is `max`, an upper bound: it may overstate what it
 * cannot resolve, never understate it. One that falls among the negatives is `min`.
 */
export class Histogram {
  readonly #counts = new HdrCounts();
  #exact = nothing;

  /** The sum of what was recorded in several places. */
  static of(...parts: readonly SparseHistogram[]): Histogram {
    const histogram = new Histogram();
    for (const part of parts) histogram.addSparse(part);
    return histogram;
  }

  /**
   * @param base64 what `encode` gave
   * @param exact what stood beside it: the encoding holds counts alone
   * @throws BenchError `results` for anything but a V2 encoding of our range and precision with that many samples.
   */
  static decode(base64: string, exact: ExactStatistics): Histogram {
    const histogram = new Histogram();
    try {
      histogram.#counts.add(readHdrCounts(base64));
      const held = histogram.#counts.totalCount;
      const recorded = exact.count - exact.overflow - exact.negative;
      if (held !== recorded)
        throw new RangeError(`it holds ${held} samples, where ${recorded} were recorded`);
    } catch (error) {
      throw new BenchError('results', `cannot read a stored histogram: ${messageOf(error)}`, {
        hint: 'the file was damaged or written by another tool; run the scenario again',
      });
    }
    const { count, min, max, sum, overflow, negative } = exact;
    histogram.#exact = { count, min, max, sum, overflow, negative };
    return histogram;
  }

  /** Every sample, also those without a slot. */
  get count(): number {
    return this.#exact.count;
  }
  get isEmpty(): boolean {
    return this.count === 0;
  }
  get min(): number | null {
    return this.#exact.min;
  }
  get max(): number | null {
    return this.#exact.max;
  }
  get sum(): number {
    return this.#exact.sum;
  }
  get mean(): number | null {
    return this.isEmpty ? null : this.sum / this.count;
  }
  get exact(): ExactStatistics {
    return this.#exact;
  }
  /** hdr-histogram-js' own, for what takes one; not to be changed. */
  get counts(): HdrCounts {
    return this.#counts;
  }

  /** How many samples lie beyond the `q` quantile, 0 ≤ q ≤ 1. */
  beyond(q: number): number {
    return this.count - rankOf(q, this.count);
  }
  showable(q: number): boolean {
    return this.beyond(q) >= showableBeyond;
  }
  gateable(q: number): boolean {
    return this.beyond(q) >= gateableBeyond;
  }

  /** The `q` quantile in microseconds, or null where too few samples lie beyond it to show it. */
  percentile(q: number): number | null {
    return this.showable(q) ? this.rawPercentile(q) : null;
  }

  /** Nearest rank, as the highest value its slot stands for, within min and max; null only when empty. */
  rawPercentile(q: number): number | null {
    const { min, max, count, negative } = this.#exact;
    if (min === null || max === null) return null;
    const rank = rankOf(q, count) - negative;
    const inSlots = this.#counts.totalCount;
    if (rank <= 0) return min;
    if (rank > inSlots) return max;
    // In the middle between two ranks, so that no rounding of the quotient gives the one beside it.
    const value = this.#counts.getValueAtPercentile((100 * (rank - 0.5)) / inSlots);
    return Math.max(min, Math.min(value, max));
  }

  add(other: Histogram): void {
    this.#counts.add(other.#counts);
    this.#exact = addExact(this.#exact, other.#exact);
  }

  /** Adds what a recorder of another process gave. */
  addSparse({ indices, counts, exact }: SparseHistogram): void {
    for (let i = 0; i < indices.length; i++) {
      const slot = indices[i]!;
      if (slot >= SLOTS) throw new RangeError(`slot ${slot} is outside a histogram of ${SLOTS} slots`);
      this.#counts.recordValueWithCount(slotFloor(slot), counts[i]!);
    }
    const last = indices.at(-1);
    if (last !== undefined && exact.max !== null)
      this.#counts.updateMinAndMax(Math.min(Math.floor(exact.max), slotFloor(last + 1) - 1));
    this.#exact = addExact(this.#exact, exact);
  }

  toSparse(): SparseHistogram {
    const end = this.#counts.totalCount === 0 ? 0 : this.#counts.countsArrayIndex(this.#counts.maxValue) + 1;
    const indices: number[] = [];
    for (let slot = 0; slot < end; slot++) if (this.#counts.getCountAtIndex(slot) > 0) indices.push(slot);
    return {
      indices: Uint32Array.from(indices),
      counts: Float64Array.from(indices, (slot) => this.#counts.getCountAtIndex(slot)),
      exact: this.#exact,
    };
  }

  /** The counts in HdrHistogram's V2 compressed encoding, as base64: as in results and `.hlog` lines (HISTF…). */
  encode(): string {
    return this.#counts.encodeIntoCompressedBase64();
  }
}

function addExact(one: ExactStatistics, other: ExactStatistics): ExactStatistics {
  return {
    count: one.count + other.count,
    min: one.min === null || other.min === null ? (one.min ?? other.min) : Math.min(one.min, other.min),
    max: one.max === null || other.max === null ? (one.max ?? other.max) : Math.max(one.max, other.max),
    sum: one.sum + other.sum,
    overflow: one.overflow + other.overflow,
    negative: one.negative + other.negative,
  };
}

/** Nearest rank, 1..count. The relative slack keeps 0.55 × 100 = 55.00000000000001 at 55. */
function rankOf(q: number, count: number): number {
  return Math.min(count, Math.max(1, Math.ceil(q * count * (1 - 1e-14))));
}
