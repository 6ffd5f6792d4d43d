import { Histogram } from './histogram.ts';
import type { ExactStatistics } from './slots.ts';

/**
 * A latency distribution as results keep it. `count`, `min`, `max`, `sum` and `mean` are exact over all samples,
 * those out of range included; a percentile with fewer than 10 samples beyond it is null; `hdr` is the V2 encoding.
 */
export interface HistogramResult extends ExactStatistics {
  readonly unit: 'us';
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly p9999: number | null;
  readonly hdr: string;
}

/** The percentiles that results show, by the names that metrics use. */
export const percentiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999, p9999: 0.9999 } as const;

export type PercentileName = keyof typeof percentiles;

export function summarise(histogram: Histogram): HistogramResult {
  return {
    unit: 'us',
    ...histogram.exact,
    mean: histogram.mean,
    p50: histogram.percentile(percentiles.p50),
    p90: histogram.percentile(percentiles.p90),
    p95: histogram.percentile(percentiles.p95),
    p99: histogram.percentile(percentiles.p99),
    p999: histogram.percentile(percentiles.p999),
    p9999: histogram.percentile(percentiles.p9999),
    hdr: histogram.encode(),
  };
}

/** The histogram that a result was made of, to merge it with others. */
export function restoreHistogram(result: Pick<HistogramResult, keyof ExactStatistics | 'hdr'>): Histogram {
  return Histogram.decode(result.hdr, result);
}

export function mergeHistograms(histograms: Iterable<Histogram>): Histogram {
  const merged = new Histogram();
  for (const histogram of histograms) merged.add(histogram);
  return merged;
}
