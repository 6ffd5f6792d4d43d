import { criticalFor, sizeOf, type Contrast } from './contrast.ts';

/** Bounds belong to it; infinite where there are too few trials for its confidence. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** How often such an interval holds the true shift: the attained value, at least 1 − alpha. */
  readonly confidence: number;
}

/**
 * By how much the candidate is higher (Hodges and Lehmann 1963): the median of all Walsh averages (d_i + d_j) / 2,
 * i ≤ j, of paired differences, or of all differences between a candidate's and a base's trial.
 */
export function shiftOf(contrast: Contrast): number {
  const shifts = elementaryShifts(contrast);
  const half = shifts.length / 2;
  return (shifts[Math.ceil(half) - 1]! + shifts[Math.floor(half)]!) / 2;
}

/**
 * The shifts that the exact two-sided test does not reject at `alpha` (Hollander and Wolfe, 3.3 and 4.3): without
 * ties it excludes 0 exactly when p ≤ `alpha`. With ties it is no shorter than it should be
 * (Noether 1967).
 */
export function intervalOf(contrast: Contrast, alpha: number): Interval {
  const critical = criticalFor(sizeOf(contrast), alpha / 2);
  if (critical === null) return { low: -Infinity, high: Infinity, confidence: 1 };
  const shifts = elementaryShifts(contrast);
  return {
    low: shifts[critical.count]!,
    high: shifts[shifts.length - 1 - critical.count]!,
    confidence: 1 - 2 * critical.tail,
  };
}

/** In ascending order. */
function elementaryShifts(contrast: Contrast): Float64Array {
  const shifts: number[] = [];
  if (contrast.kind === 'unpaired') {
    for (const candidate of contrast.candidate)
      for (const base of contrast.base) shifts.push(candidate - base);
  } else {
    const { differences } = contrast;
    for (let i = 0; i < differences.length; i++)
      for (let j = i; j < differences.length; j++) shifts.push((differences[i]! + differences[j]!) / 2);
  }
  return Float64Array.from(shifts).sort();
}
