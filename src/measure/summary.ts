import { percentiles, type PercentileName } from '../metrics/metrics.ts';
import { Histogram } from './histogram.ts';
import type { ExactStatistics } from './slots.ts';

/**
 * A latency distribution as results keep it. `count`, `min`, `max`, `sum` and `mean` are exact over all samples,
 * those out of range included; a percentile with fewer than 10 samples beyond it is null; `hdr` is the V2 encoding.
 */
export interface HistogramResult extends ExactStatistics, Readonly<Record<PercentileName, number | null>> {
  readonly unit: 'us';
  readonly mean: number | null;
  readonly hdr: string;
}

export function summarise(histogram: Histogram): HistogramResult {
  return {
    unit: 'us',
    ...histogram.exact,
    mean: histogram.mean,
    ...(Object.fromEntries(
      Object.entries(percentiles).map(([name, q]) => [name, histogram.percentile(q)]),
    ) as Record<PercentileName, number | null>),
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
