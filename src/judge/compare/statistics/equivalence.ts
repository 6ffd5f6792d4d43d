import { shifted, tailsAgainstNone, type Contrast } from './contrast.ts';

/**
 * Two one-sided tests (Schuirmann 1987): how likely data like these are where the shift is `margin` or more, up or
 * down. At most α says that it is less either way; without ties that is when the interval of confidence 1 − 2α lies
 * inside ±margin.
 */
export function equivalenceP(contrast: Contrast, margin: number): number {
  const notAsHigh = tailsAgainstNone(shifted(contrast, margin)).atMost;
  const notAsLow = tailsAgainstNone(shifted(contrast, -margin)).atLeast;
  return Math.max(notAsHigh, notAsLow);
}
