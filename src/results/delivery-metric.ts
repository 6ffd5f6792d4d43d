import type { MetricName } from '../base/metrics.ts';
import type { MeasuredValue } from './measured-value.ts';
import type { DeliveryResult, TrialResult } from './schema.ts';

type Trial = Pick<TrialResult, 'delivery' | 'consumers'>;

/** Which findings a metric adds up. */
const kinds: Partial<Record<MetricName, readonly string[]>> = {
  duplicates: ['duplicate'],
  redelivered: ['redelivery', 'committed-redelivery'],
  corrupt: ['corrupt'],
  phantom: ['phantom'],
  abortedReads: ['aborted-read'],
  tornTransactions: ['torn-transaction'],
};

/** A count that the audit gives. `scope` is a group, or a consumer that stands for its group; null is the run. */
export function readDeliveryMetric(name: MetricName, scope: string | null, trial: Trial): MeasuredValue {
  const { delivery } = trial;
  if (delivery.coverage === null) return { value: null, reason: 'not audited' };
  const value =
    name === 'undelivered' ? undelivered(scope, trial) : scope === null ? count(name, delivery) : null;
  if (value === null) return { value };
  return { value, ...certaintyOf(name, delivery) };
}

/** Where the audit has not read all that it was to: on which side of the count the true one lies. */
export function certaintyOf(
  name: MetricName,
  delivery: DeliveryResult,
): Pick<MeasuredValue, 'known' | 'reason'> {
  return isComplete(name, delivery) ? {} : uncertain(name);
}

function count(name: MetricName, delivery: DeliveryResult): number | null {
  const { compacted, lost, absent, order, anomalies } = delivery;
  // A result from before they were told apart has none.
  if (name === 'compacted') return compacted ?? null;
  if (name === 'lost') return lost;
  if (name === 'absent') return absent;
  const of = name === 'reordered' ? [order === 'key' ? 'key-reorder' : 'reorder'] : kinds[name];
  return of === undefined ? null : of.reduce((sum, kind) => sum + (anomalies[kind] ?? 0), 0);
}

function undelivered(scope: string | null, { delivery: { groups }, consumers }: Trial): number | null {
  const of = scope === null ? groups : groups.filter(({ name }) => standsFor(name, scope, consumers));
  if (of.length === 0) return null;
  return of.reduce<number | null>(
    (sum, group) => (sum === null || group.undelivered === null ? null : sum + group.undelivered),
    0,
  );
}

/**
 * Whether `scope` stands for that entry of delivery's groups. They have the scenario's names, to which a trial adds
 * eight digits; a consumer without a group is an entry of its own name, each of several clients one with its number.
 */
function standsFor(name: string, scope: string, consumers: Trial['consumers']): boolean {
  const consumer = consumers.find((each) => each.name === scope);
  if (consumer === undefined) return name === scope;
  const { group } = consumer;
  if (group === null) return name === scope || /^\/\d+$/.test(withoutPrefix(name, scope));
  return name === group || /^-[0-9a-f]{8}$/.test(withoutPrefix(group, name));
}

function withoutPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : '';
}

/** Everything that the audit was to read, it has read. What lies before a tail was not to be. */
function isComplete(name: MetricName, { coverage, unaudited, sentUnaudited }: DeliveryResult): boolean {
  if (coverage === null || coverage.partitionsRead < coverage.partitions) return false;
  if (coverage.tail) return true;
  // What was only sent may be absent, and is not lost.
  return unaudited === 0 && (name === 'lost' || (sentUnaudited ?? 0) === 0);
}

function uncertain(name: MetricName): Pick<MeasuredValue, 'known' | 'reason'> {
  // Groups tell of what they processed twice, whatever the audit reads.
  if (name === 'redelivered') return {};
  return { known: 'at-least', reason: 'the audit is incomplete: at least that many' };
}
