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
 * How far a series moved over its window, as a fraction of its median: the Theil-Sen slope (the median of the slopes
 * of all pairs; up to 29 % of outliers do not move it) times the window. Positive is upwards. Null where fewer than
 * 10 values are there or the median is 0.
 */
export function drift(series: Series): number | null {
  const points = blocks(series);
  if (points.length < MIN_VALUES) return null;
  const middle = median(points.map(({ value }) => value));
  if (middle === 0) return null;
  return (theilSenSlope(points) * series.length) / middle;
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
