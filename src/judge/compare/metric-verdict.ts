import { sizeOf, tailsAgainstNone, type Contrast, type Size } from './statistics/contrast.ts';
import { equivalenceP } from './statistics/equivalence.ts';
import { intervalOf, shiftOf, type Interval } from './statistics/hodges-lehmann.ts';
import { detectableShift, standardError, trialsNeeded } from './statistics/power.ts';
import { twoSided } from './statistics/tails.ts';
import type { MetricVerdict } from './schema.ts';

/** What the trials say of one metric. Shifts are logarithms of ratios, turned so that above 0 is worse. */
export interface Evidence {
  readonly size: Size;
  readonly shift: number;
  readonly interval: Interval;
  readonly p: number;
  readonly equivalenceP: number;
}

export function evidenceOf(contrast: Contrast, margin: number, alpha: number): Evidence {
  return {
    size: sizeOf(contrast),
    shift: shiftOf(contrast),
    interval: intervalOf(contrast, alpha),
    p: twoSided(tailsAgainstNone(contrast)),
    equivalenceP: equivalenceP(contrast, margin),
  };
}

export interface Criteria {
  readonly margin: number;
  readonly alpha: number;
  readonly strict: boolean;
  /** Metrics that are judged together. */
  readonly family: number;
}

/**
 * REGRESSED or IMPROVED where the change is real (`adjustedP`) and its estimate at least the margin (strictly: the
 * whole interval); EQUIVALENT where less than the margin is shown; else nobody can tell.
 */
export function verdictOf(
  { shift, interval, equivalenceP }: Evidence,
  adjustedP: number,
  { margin, alpha, strict }: Criteria,
): Exclude<MetricVerdict, 'INVALID'> {
  const [worse, better] = strict ? [interval.low, -interval.high] : [shift, -shift];
  if (adjustedP <= alpha && worse >= margin) return 'REGRESSED';
  if (adjustedP <= alpha && better >= margin) return 'IMPROVED';
  return equivalenceP <= alpha ? 'EQUIVALENT' : 'INCONCLUSIVE';
}

/** The shift that such trials would have found, and how many would tell; null where that is not known. */
export function foresight(
  { size, interval }: Evidence,
  criteria: Criteria,
): { readonly detectable: number | null; readonly trialsNeeded: number | null } {
  const error = standardError(interval);
  if (!Number.isFinite(error)) return { detectable: null, trialsNeeded: null };
  const detectable = detectableShift(error, size, criteria);
  return {
    detectable: Number.isFinite(detectable) ? detectable : null,
    trialsNeeded: trialsNeeded(error, size, criteria),
  };
}
