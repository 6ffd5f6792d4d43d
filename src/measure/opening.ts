import { median, type Series } from './drift.ts';

/** With fewer seconds nobody can say what the first one differs from. */
const fewest = 5;
/** Of the series; what is between cold and warm counts for neither. */
const openingShare = 0.1;
/** So many of the later seconds must have been better than the first. */
const betterShare = 0.9;

export interface Opening {
  /** Of the first second, and the median of those after the opening. */
  readonly first: number;
  readonly rest: number;
  /** How many times worse the first was, at least 1. */
  readonly factor: number;
}

/**
 * The first second of a series by seconds, if nearly all of those after the opening (a tenth of the series, one
 * second at least) were better than it; else null. `worse` says in which direction.
 */
export function opening(series: Series, worse: 'higher' | 'lower'): Opening | null {
  const [first, ...later] = series;
  if (typeof first !== 'number') return null;
  const skipped = Math.max(0, Math.ceil(series.length * openingShare) - 1);
  const rest = later.slice(skipped).filter((value) => value !== null);
  if (rest.length + 1 < fewest) return null;
  const better = rest.filter((value) => (worse === 'higher' ? value < first : value > first));
  if (better.length < betterShare * rest.length - 1) return null;
  const middle = median(rest);
  const [high, low] = worse === 'higher' ? [first, middle] : [middle, first];
  return high <= low || high <= 0 ? null : { first, rest: middle, factor: low > 0 ? high / low : Infinity };
}
