import { HIGHEST_MICROS, SLOTS, slotOf, type ExactStatistics, type SparseHistogram } from './slots.ts';

/**
 * What the hot path records into: latencies in microseconds, in HdrHistogram's slots from 0 µs to an hour. Ours for
 * its price: about 3 ns a sample, where hdr-histogram-js takes 20-450 ns. It is read as a `Histogram`, by way of
 * `toSparse`.
 *
 * No sample is dropped or clamped. One above an hour or below zero has no slot; it is counted in `overflow` or
 * `negative`, and takes part in `count`, `min`, `max` and `sum`.
 */
export class Recorder {
  readonly #slots = new Float64Array(SLOTS);
  #count = 0;
  #low = Infinity;
  #high = -Infinity;
  #sum = 0;
  #overflow = 0;
  #negative = 0;

  /** @throws RangeError for NaN and infinities: those are bugs of the caller, not measurements. */
  record(micros: number): void {
    if (micros >= 0 && micros <= HIGHEST_MICROS) this.#slots[slotOf(micros)]!++;
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
  /** Of the unrounded values. */
  get exact(): ExactStatistics {
    const isEmpty = this.#count === 0;
    return {
      count: this.#count,
      min: isEmpty ? null : this.#low,
      max: isEmpty ? null : this.#high,
      sum: this.#sum,
      overflow: this.#overflow,
      negative: this.#negative,
    };
  }

  /** Adds what was recorded elsewhere: by the tap, on librdkafka's threads. */
  addSparse({ indices, counts, exact }: SparseHistogram): void {
    for (let i = 0; i < indices.length; i++) {
      const slot = indices[i]!;
      if (slot >= SLOTS) throw new RangeError(`slot ${slot} is outside a histogram of ${SLOTS} slots`);
      this.#slots[slot]! += counts[i]!;
    }
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
    for (let slot = first; slot <= last; slot++) if (this.#slots[slot]! !== 0) used++;
    const indices = new Uint32Array(used);
    const counts = new Float64Array(used);
    for (let slot = first, i = 0; slot <= last; slot++) {
      if (this.#slots[slot]! === 0) continue;
      indices[i] = slot;
      counts[i++] = this.#slots[slot]!;
    }
    return { indices, counts, exact: this.exact };
  }

  reset(): void {
    this.#slots.fill(0, this.#firstSlot(), this.#lastSlot() + 1);
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
