import { BenchError } from '../../base/errors.ts';
import {
  isMeasured,
  metrics,
  parseMetric,
  type LatencyStatistic,
  type ParsedMetric,
} from '../../metrics/metrics.ts';
import type { Sample } from './sample.ts';

/** A metric whose change may fail the comparison, and the change below which it does not matter: 0.05 is 5 %. */
export interface Gate {
  readonly metric: string;
  readonly margin: number;
}

/** A gate whose margin may have been raised to the noise floor. */
export interface RaisedGate extends Gate {
  readonly asked: number;
}

/** A metric by its parts, and which way is better. */
export interface RatioMetric extends ParsedMetric {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
}

/**
 * What is compared as a ratio: rates and durations. Counts are not, they are often 0 and have bounds (`expect`).
 * @throws BenchError `usage` for an unknown name, and for one that is no ratio.
 */
export function ratioMetric(metric: string): RatioMetric {
  const parsed = parseMetric(metric);
  if ('error' in parsed) {
    const hint = parsed.nearest === undefined ? {} : { hint: `did you mean ${parsed.nearest}?` };
    throw new BenchError('usage', parsed.error, hint);
  }
  const { unit } = metrics[parsed.name];
  if (!isMeasured(parsed)) throw new BenchError('usage', `${metric} is not measured yet`);
  if (unit === 'count' || unit === 'share') {
    throw new BenchError('usage', `${metric} cannot be compared as a ratio`, {
      hint: 'give it a bound in the scenario: expect',
    });
  }
  return { ...parsed, metric, better: unit === 'duration' ? 'lower' : 'higher' };
}

/** Tails are noisier than what lies in the middle. */
const margins: Readonly<Record<LatencyStatistic, number>> = {
  p50: 0.05,
  mean: 0.05,
  p90: 0.1,
  p95: 0.1,
  p99: 0.1,
  p999: 0.2,
  p9999: 0.2,
  max: 0.2,
};

export function defaultMargin({ name, statistic }: ParsedMetric): number {
  if (metrics[name].unit !== 'duration') return 0.05;
  // How long a fault was felt: once a trial, not a percentile of many.
  return statistic === null ? 0.2 : margins[statistic as LatencyStatistic];
}

/** Few: every further gate costs all of them power (Holm). An open loop is one producer that has a schedule. */
export function defaultGates(base: readonly Sample[]): Gate[] {
  const scheduled = base.some(({ trial }) => trial.producers.some(({ closedLoop }) => !closedLoop));
  const names = scheduled ? ['ack.p50', 'ack.p99', 'throughput'] : ['throughput'];
  return names.map((metric) => ({ metric, margin: defaultMargin(ratioMetric(metric)) }));
}

/** Beyond them few trials have samples enough. */
const latencies: readonly LatencyStatistic[] = ['p50', 'p90', 'p95', 'p99', 'p999'];

/** What is shown beside the gates, where it was measured. */
export function informative(samples: readonly Sample[]): string[] {
  const named = (side: 'producers' | 'consumers') => [
    ...new Set(samples.flatMap(({ trial }) => trial[side].map(({ name }) => name))),
  ];
  const [producers, consumers] = [named('producers'), named('consumers')];
  // The total is the only producer's, or the only consumer's where nothing is produced.
  const scoped = [
    ...(producers.length > 1 ? producers : []),
    ...(producers.length > 0 || consumers.length > 1 ? consumers : []),
  ];
  return [
    'throughput',
    'bytesPerSecond',
    ...scoped.map((name) => `${name}.throughput`),
    ...['ack', 'serviceAck', 'endToEnd'].flatMap((name) => latencies.map((each) => `${name}.${each}`)),
    ...['unavailable', 'recovered', 'drained'],
  ];
}
