import { metrics, type LatencyStatistic, type ParsedMetric } from '../../metrics/metrics.ts';
import { readDeadLettered } from './dead-letter-metric.ts';
import { readDeliveryMetric } from './delivery-metric.ts';
import { countErrors } from './error-count.ts';
import { readAfterwards, readUnavailable } from './fault-metric.ts';
import { readDrained, readLag, readRebalances, readShare } from './group-metric.ts';
import { statisticOf } from './latency-statistic.ts';
import type { MeasuredValue } from './measured-value.ts';
import type { ConsumerResult, HistogramJson, ProducerResult, TrialResult } from '../../results/schema.ts';
import { readWindowed } from './window-metric.ts';

/** A trial need not have been judged yet. */
type Measured = Omit<TrialResult, 'validity'>;

const unmeasured: MeasuredValue = { value: null };

/** The one place that finds a metric by its name in a result. */
export function readMetric(metric: ParsedMetric, trial: Measured): MeasuredValue {
  if (metric.window !== null) return readWindowed(metric, trial);
  if (metrics[metric.name].audited) return readDeliveryMetric(metric.name, metric.scope, trial);
  if (metric.name === 'rebalances') return readRebalances(metric.scope, trial);
  if (metric.name === 'share') return readShare(metric.statistic, metric.scope, trial);
  if (metric.name === 'deadLettered') return readDeadLettered(metric.scope, trial);
  if (metric.name === 'lag') return readLag(metric.scope, trial);
  if (metric.name === 'drained') return readDrained(metric.scope, trial);
  const producers = ofScope(trial.producers, metric.scope);
  const consumers = ofScope(trial.consumers, metric.scope);
  if (producers.length === 0 && consumers.length === 0) return unmeasured;
  switch (metric.name) {
    case 'throughput':
      return { value: side(metric, trial, producers, consumers).rate.achieved };
    case 'bytesPerSecond':
      return { value: side(metric, trial, producers, consumers).bytesPerSecond };
    case 'scheduleDelay':
    case 'serviceAck':
    case 'ack':
      return latency(metric, metric.scope === null ? trial.totals.latency : producers[0]?.latency);
    case 'endToEnd':
      return latency(metric, metric.scope === null ? trial.totals.latency : consumers[0]?.latency);
    case 'attempted':
    case 'acked':
    case 'sent':
    case 'rejected':
    case 'indeterminate': {
      const field = metric.name;
      return { value: sum(producers.map((producer) => producer[field])) };
    }
    case 'received':
    case 'processed': {
      const field = metric.name;
      return { value: sum(consumers.map((consumer) => consumer[field])) };
    }
    case 'invalid': {
      const counts = consumers.flatMap(({ invalid }) => invalid ?? []);
      return counts.length === 0 ? unmeasured : { value: sum(counts) };
    }
    case 'errors':
      return {
        value: countErrors(
          metric,
          trial.errors.filter(({ phase }) => phase === 'measure'),
        ),
      };
    case 'unavailable':
      return readUnavailable(metric.scope, trial);
    case 'recovered':
      return readAfterwards('recovered', trial);
    default:
      return unmeasured;
  }
}

function ofScope<T extends { readonly name: string }>(all: readonly T[], scope: string | null): readonly T[] {
  return scope === null ? all : all.filter((each) => each.name === scope);
}

/** Without a scope the rate is the producers', or the consumers' where nothing is produced. */
function side(
  metric: ParsedMetric,
  trial: Measured,
  producers: readonly ProducerResult[],
  consumers: readonly ConsumerResult[],
): Pick<ProducerResult, 'rate' | 'bytesPerSecond'> {
  if (metric.scope === null) return producers.length > 0 ? trial.totals.producers : trial.totals.consumers;
  return (producers[0] ?? consumers[0])!;
}

function latency(
  { name, statistic }: ParsedMetric,
  latencies: Readonly<Record<string, HistogramJson | null>> | undefined,
): MeasuredValue {
  const histogram = latencies?.[name];
  if (!histogram || statistic === null) return unmeasured;
  return { value: statisticOf(histogram, statistic as LatencyStatistic), histogram };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
