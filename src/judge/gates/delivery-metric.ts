import type { MetricName } from '../../metrics/metrics.ts';
import type { MeasuredValue } from './measured-value.ts';
import type { DeliveryResult, TrialResult } from '../../results/schema.ts';

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
  if (name === 'undelivered') return undelivered(scope, trial);
  const value = scope === null ? count(name, delivery) : null;
  if (value === null) return { value };
  return { value, ...certaintyOf(name, value, delivery) };
}

type Certainty = Pick<MeasuredValue, 'between' | 'reason'>;

/** Where not all was read, or not all could be judged: where the true count lies. */
export function certaintyOf(name: MetricName, value: number, delivery: DeliveryResult): Certainty {
  // Groups tell of what they processed twice, whatever the audit reads.
  if (name === 'redelivered') return delivery.groups.some(hasShared) ? atLeast(value, notJudged) : {};
  return isComplete(name, delivery) ? {} : atLeast(value, incomplete);
}

const incomplete = 'the audit is incomplete: at least that many';
const notJudged =
  'not judged in partitions that somebody else had or whose topic was made again: at least that many';
const undecided = (count: number): string =>
  `of ${count} nobody can tell whether they would have come, or somebody else in the group has them`;

const atLeast = (value: number, reason: string): Certainty => ({ between: [value, Infinity], reason });

type Group = DeliveryResult['groups'][number];

const hasShared = ({ sharedPartitions = 0 }: Group): boolean => sharedPartitions > 0;

function count(name: MetricName, delivery: DeliveryResult): number | null {
  const { compacted, lost, absent, order, anomalies } = delivery;
  // A result from before they were told apart has none.
  if (name === 'compacted') return compacted ?? null;
  if (name === 'lost') return lost;
  if (name === 'absent') return absent;
  const of = name === 'reordered' ? [order === 'key' ? 'key-reorder' : 'reorder'] : kinds[name];
  return of === undefined ? null : of.reduce((sum, kind) => sum + (anomalies[kind] ?? 0), 0);
}

function undelivered(scope: string | null, { delivery, consumers }: Trial): MeasuredValue {
  const { groups } = delivery;
  const of = scope === null ? groups : groups.filter(({ name }) => standsFor(name, scope, consumers));
  if (of.length === 0 || of.some((group) => group.undelivered === null)) return { value: null };
  const sum = (counts: readonly number[]): number => counts.reduce((total, each) => total + each, 0);
  const value = sum(of.map((group) => group.undelivered!));
  const unsure = sum(of.map((group) => undecidedOf(group, delivery)));
  const isWhole = isComplete('undelivered', delivery);
  if (unsure === 0) return { value, ...(isWhole ? {} : atLeast(value, incomplete)) };
  const least = value - unsure;
  if (isWhole) return { value, between: [least, value], reason: `${undecided(unsure)}: at most that many` };
  return { value, ...atLeast(least, `the audit is incomplete, and ${undecided(unsure)}`) };
}

/** A result from before groups told it has it for all of them together. */
function undecidedOf(group: Group, { anomalies: { unread = 0, unattributed = 0 } }: DeliveryResult): number {
  return group.undecided ?? Math.min(group.undelivered ?? 0, unread + unattributed);
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
