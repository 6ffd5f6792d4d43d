import { median } from '../../measure/drift.ts';
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
  return median(elementaryShifts(contrast));
}

/**
 * The shifts that the exact two-sided test does not reject at `alpha` (Hollander and Wolfe, 3.3 and 4.3): without
 * ties it excludes 0 exactly when p ≤ `alpha`. With ties it is no shorter than it should be
 * (Noether 1967).
 */
export function intervalOf(contrast: Contrast, alpha: number): Interval {
  const critical = criticalFor(sizeOf(contrast), alpha / 2);
  if (critical === null) return { low: -Infinity, high: Infinity, confidence: 1 };
  const shifts = elementaryShifts(contrast).sort((a, b) => a - b);
  return {
    low: shifts[critical.count]!,
    high: shifts[shifts.length - 1 - critical.count]!,
    confidence: 1 - 2 * critical.tail,
  };
}

function elementaryShifts(contrast: Contrast): number[] {
  if (contrast.kind === 'unpaired')
    return contrast.candidate.flatMap((candidate) => contrast.base.map((base) => candidate - base));
  const { differences } = contrast;
  return differences.flatMap((first, i) => differences.slice(i).map((second) => (first + second) / 2));
}
