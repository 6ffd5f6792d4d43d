import { criticalFor, type Size } from './contrast.ts';
import type { Interval } from './hodges-lehmann.ts';
import { normalQuantile } from './normal.ts';

/** Effects are called detectable, and numbers of trials enough, that succeed this often. */
const power = 0.8;
const mostTrials = 1000;
/** Beyond, the levels that a test can attain lie so close that the difference does not show. */
const exactUpTo = 25;

/** What a comparison has to reach: shifts as logarithms of ratios. */
export interface Aim {
  readonly margin: number;
  readonly alpha: number;
  /** Metrics that share `alpha`: with Holm the first of them has to be below alpha / family. */
  readonly family: number;
}

/** Whether the smallest p that so many trials can give is small enough. */
export function canDecide(size: Size, { alpha, family }: Pick<Aim, 'alpha' | 'family'>): boolean {
  // 26 pairs can give a p of 3e-8.
  return isLarge(size) || criticalFor(size, alpha / family / 2) !== null;
}

/** Pairs, or trials on each side, from which on there can be a verdict at all. */
export function minimumTrials(kind: Size['kind'], aim: Pick<Aim, 'alpha' | 'family'>): number {
  let n = 2;
  while (!canDecide({ kind, base: n, candidate: n }, aim)) n++;
  return n;
}

/** Standard error of the shift, from the width of its interval: that follows the noise, and outliers hardly move it. */
export function standardError({ low, high, confidence }: Interval): number {
  return (high - low) / 2 / normalQuantile((1 + confidence) / 2);
}

/**
 * The smallest true shift that such trials would call a regression 4 times in 5: it must come out significant, and
 * its estimate at least the margin. A normal approximation. Infinite where nothing could be seen.
 */
export function detectableShift(error: number, size: Size, { margin, alpha, family }: Aim): number {
  if (!canDecide(size, { alpha, family })) return Infinity;
  const usually = normalQuantile(power) * error;
  const significant = normalQuantile(1 - attainedTail(size, alpha / family / 2)) * error;
  return Math.max(margin, significant) + usually;
}

/** What the exact test really holds: with few trials it is stricter than `tail`. */
function attainedTail(size: Size, tail: number): number {
  return isLarge(size) ? tail : (criticalFor(size, tail)?.tail ?? 0);
}

const isLarge = ({ base, candidate }: Size): boolean => Math.min(base, candidate) > exactUpTo;

/**
 * Pairs, or trials on each side, with which such noise would be told from the margin 4 times in 5: no difference as
 * equivalent, twice the margin as a regression. Null above 1000.
 */
export function trialsNeeded(error: number, size: Size, aim: Aim): number | null {
  const { kind, base, candidate } = size;
  const { margin, alpha, family } = aim;
  const usually = normalQuantile(power);
  const equivalent = margin / (normalQuantile(1 - alpha) + normalQuantile((1 + power) / 2));
  const regression = (2 * margin) / (normalQuantile(1 - alpha / family / 2) + usually);
  // The error falls with the square root of the number of trials.
  const now = 2 / (1 / base + 1 / candidate);
  const least = Math.ceil(now * (error / Math.min(equivalent, regression)) ** 2);
  for (let n = Math.max(least, minimumTrials(kind, aim)); n <= mostTrials; n++) {
    const then = error * Math.sqrt(now / n);
    if (detectableShift(then, { kind, base: n, candidate: n }, aim) <= 2 * margin) return n;
  }
  return null;
}
