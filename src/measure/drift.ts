/** One value per second, null where there is none. */
export type Series = readonly (number | null)[];

/** Fewer values than this say nothing about a trend. */
const MIN_VALUES = 10;
/** The number of pairs grows with the square: longer series are averaged down to this many blocks. */
const MAX_POINTS = 300;

interface Point {
  readonly at: number;
  readonly value: number;
}

/**
 * How far a series moved over its window, as a fraction of where it began: the line of Theil and Sen (the median of the
 * slopes of all pairs; up to 29 % of outliers do not move it) from its begin to its end. Positive is upwards; nothing
 * falls by more than all of it, which is −1. What began at nothing moved by as much as it came to: 1. Null where fewer
 * than 10 values are there or the median is 0.
 */
export function drift(series: Series): number | null {
  const points = blocks(series);
  if (points.length < MIN_VALUES) return null;
  if (median(points.map(({ value }) => value)) === 0) return null;
  const slope = theilSenSlope(points);
  const level = median(points.map(({ at, value }) => value - slope * at));
  const [from, to] = [Math.max(0, level), Math.max(0, level + slope * series.length)];
  return from > 0 ? to / from - 1 : to > 0 ? 1 : 0;
}

/** Change of the value per step of `at`. */
export function theilSenSlope(points: readonly Point[]): number {
  const slopes: number[] = [];
  for (const [i, from] of points.entries()) {
    for (let j = i + 1; j < points.length; j++) {
      const to = points[j]!;
      if (to.at !== from.at) slopes.push((to.value - from.value) / (to.at - from.at));
    }
  }
  // + 0: a slope of −0 is no slope.
  return slopes.length === 0 ? 0 : median(slopes) + 0;
}

/** Middle value, or the mean of the two; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return Number.isInteger(half) ? (sorted[half - 1]! + sorted[half]!) / 2 : sorted[Math.floor(half)]!;
}

function blocks(series: Series): Point[] {
  const size = Math.ceil(series.length / MAX_POINTS);
  const points: Point[] = [];
  for (let start = 0; start < series.length; start += size) {
    let sum = 0;
    let at = 0;
    let count = 0;
    for (let i = start; i < Math.min(start + size, series.length); i++) {
      const value = series[i];
      if (value === null || value === undefined) continue;
      sum += value;
      at += i;
      count++;
    }
    if (count > 0) points.push({ at: at / count, value: sum / count });
  }
  return points;
}
