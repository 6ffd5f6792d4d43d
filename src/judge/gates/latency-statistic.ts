import { percentiles, type LatencyStatistic } from '../../metrics/metrics.ts';
import { restoreHistogram } from '../../measure/summary.ts';
import type { HistogramJson } from '../../results/schema.ts';

/** µs, null with too few samples. Results before 1.1 have no p95 by name; their histograms hold it. */
export function statisticOf(histogram: HistogramJson, statistic: LatencyStatistic): number | null {
  const value = histogram[statistic];
  return value === undefined ? restoreHistogram(histogram).percentile(percentiles.p95) : value;
}
