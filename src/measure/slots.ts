/** Lowest and highest distinguishable value, in microseconds: 1 µs and one hour. */
export const LOWEST_MICROS = 1;
export const HIGHEST_MICROS = 3_600_000_000;
export const SIGNIFICANT_DIGITS = 3;

/** HdrHistogram's layout for these three numbers: 22 buckets of 2048 sub-buckets, the lower half shared. */
const LINEAR_LIMIT = 2048;
const SLOTS_PER_BUCKET = 1024;
export const SLOTS = 23 * SLOTS_PER_BUCKET;

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
