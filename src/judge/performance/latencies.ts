import { Histogram } from '../../measure/histogram.ts';
import { summarise } from '../../measure/summary.ts';
import type { HistogramJson } from '../../results/schema.ts';
import type { LatencyName, PhaseLatencies, WorkerReport } from '../../protocol/report.ts';

export type PhaseKey = 'warmup' | 'measured';

/** One latency of one phase over all workers that `includes` takes; null where nothing was recorded. */
export function joinLatency(
  reports: readonly WorkerReport[],
  phase: PhaseKey,
  latency: LatencyName,
  includes: (of: PhaseLatencies) => boolean = () => true,
): Histogram | null {
  let joined: Histogram | null = null;
  for (const of of reports.flatMap((report) => report.latency)) {
    const sparse = includes(of) ? of[phase][latency] : undefined;
    if (sparse) (joined ??= new Histogram()).addSparse(sparse);
  }
  return joined;
}

export function latencyResult(histogram: Histogram | null): HistogramJson | null {
  return histogram ? summarise(histogram) : null;
}

/** The four histograms of a phase, in the form of results. */
export function latencyResults(
  reports: readonly WorkerReport[],
  phase: PhaseKey,
  includes: (of: PhaseLatencies) => boolean = () => true,
) {
  const of = (latency: LatencyName): HistogramJson | null =>
    latencyResult(joinLatency(reports, phase, latency, includes));
  return {
    scheduleDelay: of('scheduleDelay'),
    serviceAck: of('serviceAck'),
    ack: of('ack'),
    transaction: null,
    endToEnd: of('endToEnd'),
  };
}
