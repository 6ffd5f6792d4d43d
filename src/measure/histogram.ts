/** Lowest and highest distinguishable value, in microseconds: 1 µs and one hour. */
export const LOWEST_MICROS = 1;
export const HIGHEST_MICROS = 3_600_000_000;
export const SIGNIFICANT_DIGITS = 3;

/** HdrHistogram's layout for these three numbers: 22 buckets of 2048 sub-buckets, the lower half shared. */
const LINEAR_LIMIT = 2048;
const SLOTS_PER_BUCKET = 1024;
export const SLOTS = 23 * SLOTS_PER_BUCKET;

/** Samples that must lie beyond a percentile before it may be shown, and before a gate may judge it. */
export const SHOWABLE_BEYOND = 10;
export const GATEABLE_BEYOND = 100;

// A float64's exponent and the top 10 bits of its mantissa are HdrHistogram's bucket and sub-bucket, so the
// index is read from the bits: about 3 ns, where hdr-histogram-js 3.0.1 takes 20-450 ns a record.
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
double[0] = 1;
const HIGH_WORD = words[1] === 0x3ff00000 ? 1 : 0;
/** (exponent bias 1023 + 9) << 10: what the bits of 2048 exceed slot 2048 by. */
const BITS_OFFSET = 1_056_768;

/** The slot of a value in 0..HIGHEST_MICROS; fractions fall into the microsecond below. */
export function slotOf(micros: number): number {
  if (micros < LINEAR_LIMIT) return micros | 0;
  double[0] = micros;
  return (words[HIGH_WORD]! >>> 10) - BITS_OFFSET;
}

/** The first value of a slot; `slotFloor(slot + 1)` is the first one beyond it. */
export function slotFloor(slot: number): number {
  if (slot < LINEAR_LIMIT) return slot;
  const shift = (slot >> 10) - 1;
  return ((slot & (SLOTS_PER_BUCKET - 1)) + SLOTS_PER_BUCKET) * 2 ** shift;
}

/** A histogram's counts in the form that crosses between processes: only the slots that are not empty. */
export interface SparseHistogram {
  readonly indices: Uint32Array;
  readonly counts: Float64Array;
  readonly exact: ExactStatistics;
}

/** What the slots cannot give back: statistics of the unrounded values, `min` and `max` null when empty. */
export interface ExactStatistics {
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly sum: number;
  readonly overflow: number;
  readonly negative: number;
}

/**
 * Latencies in microseconds with three significant digits from 1 µs to an hour, in HdrHistogram's layout.
 *
 * No sample is dropped or clamped. One above an hour or below zero has no slot; it is counted in `overflow`
 * or `negative`, and takes part in `count`, `min`, `max`, `sum` and, as the highest or lowest, in the rank of
 * every percentile. A percentile that falls among the overflows is `max`, an upper bound: it may overstate
 * what it cannot resolve, never understate it. One that falls among the negatives is `min`.
 */
export class Histogram {
  /** Samples per slot, for the codec; only this class writes to it. */
  readonly slots = new Float64Array(SLOTS);
  #count = 0;
  #low = Infinity;
  #high = -Infinity;
  #sum = 0;
  #overflow = 0;
  #negative = 0;

  /** @throws RangeError for NaN and infinities: those are bugs of the caller, not measurements. */
  record(micros: number): void {
    if (micros >= 0 && micros <= HIGHEST_MICROS) this.slots[slotOf(micros)]!++;
    else this.#recordOutside(micros);
    this.#count++;
    this.#sum += micros;
    if (micros < this.#low) this.#low = micros;
    if (micros > this.#high) this.#high = micros;
  }

  #recordOutside(micros: number): void {
    if (!Number.isFinite(micros))
      throw new RangeError(`a histogram was given ${micros} instead of microseconds`);
    if (micros < 0) this.#negative++;
    else this.#overflow++;
  }

  /** Every sample recorded, also those without a slot. */
  get count(): number {
    return this.#count;
  }
  get isEmpty(): boolean {
    return this.#count === 0;
  }
  get min(): number | null {
    return this.#count === 0 ? null : this.#low;
  }
  get max(): number | null {
    return this.#count === 0 ? null : this.#high;
  }
  get sum(): number {
    return this.#sum;
  }
  get mean(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }
  get overflow(): number {
    return this.#overflow;
  }
  get negative(): number {
    return this.#negative;
  }
  get exact(): ExactStatistics {
    const { count, min, max, sum, overflow, negative } = this;
    return { count, min, max, sum, overflow, negative };
  }

  /** How many samples lie beyond the `q` quantile, 0 ≤ q ≤ 1. */
  beyond(q: number): number {
    return this.#count - rankOf(q, this.#count);
  }
  showable(q: number): boolean {
    return this.beyond(q) >= SHOWABLE_BEYOND;
  }
  gateable(q: number): boolean {
    return this.beyond(q) >= GATEABLE_BEYOND;
  }

  /** The `q` quantile in microseconds, or null where too few samples lie beyond it to show it. */
  percentile(q: number): number | null {
    return this.showable(q) ? this.rawPercentile(q) : null;
  }

  /** Nearest rank, as the highest value its slot stands for, within min and max; null only when empty. */
  rawPercentile(q: number): number | null {
    if (this.#count === 0) return null;
    let remaining = rankOf(q, this.#count) - this.#negative;
    if (remaining <= 0) return this.#low;
    const last = this.#lastSlot();
    for (let slot = this.#firstSlot(); slot <= last; slot++) {
      remaining -= this.slots[slot]!;
      if (remaining <= 0) return Math.max(this.#low, Math.min(slotFloor(slot + 1) - 1, this.#high));
    }
    return this.#high;
  }

  add(other: Histogram): void {
    const last = other.#lastSlot();
    for (let slot = other.#firstSlot(); slot <= last; slot++) this.slots[slot]! += other.slots[slot]!;
    this.#addExact(other.exact);
  }

  /** Adds what `toSparse` of another process gave. */
  addSparse({ indices, counts, exact }: SparseHistogram): void {
    for (let i = 0; i < indices.length; i++) {
      const slot = indices[i]!;
      if (slot >= SLOTS) throw new RangeError(`slot ${slot} is outside a histogram of ${SLOTS} slots`);
      this.slots[slot]! += counts[i]!;
    }
    this.#addExact(exact);
  }

  #addExact(exact: ExactStatistics): void {
    this.#count += exact.count;
    this.#sum += exact.sum;
    this.#overflow += exact.overflow;
    this.#negative += exact.negative;
    if (exact.min !== null && exact.min < this.#low) this.#low = exact.min;
    if (exact.max !== null && exact.max > this.#high) this.#high = exact.max;
  }

  toSparse(): SparseHistogram {
    const first = this.#firstSlot();
    const last = this.#lastSlot();
    let used = 0;
    for (let slot = first; slot <= last; slot++) if (this.slots[slot]! !== 0) used++;
    const indices = new Uint32Array(used);
    const counts = new Float64Array(used);
    for (let slot = first, i = 0; slot <= last; slot++) {
      if (this.slots[slot]! === 0) continue;
      indices[i] = slot;
      counts[i++] = this.slots[slot]!;
    }
    return { indices, counts, exact: this.exact };
  }

  reset(): void {
    this.slots.fill(0, this.#firstSlot(), this.#lastSlot() + 1);
    this.#count = this.#sum = this.#overflow = this.#negative = 0;
    this.#low = Infinity;
    this.#high = -Infinity;
  }

  // The used slots lie between those of min and max: a per-second histogram rarely spans more than a few hundred.
  #firstSlot(): number {
    return this.#count === 0 ? 0 : slotOf(Math.min(Math.max(this.#low, 0), HIGHEST_MICROS));
  }
  #lastSlot(): number {
    return this.#count === 0 ? -1 : slotOf(Math.min(Math.max(this.#high, 0), HIGHEST_MICROS));
  }
}

/** Nearest rank, 1..count. The relative slack keeps 0.55 × 100 = 55.00000000000001 at 55. */
function rankOf(q: number, count: number): number {
  return Math.min(count, Math.max(1, Math.ceil(q * count * (1 - 1e-14))));
}
