import { receivedColumn } from '../gates/group-metric.ts';
import type { TrialResult } from '../../results/schema.ts';
import type { LatencyName } from '../../protocol/report.ts';
import type { GroupSamples } from '../../trial/monitor/group-sampling.ts';
import { intervalPercentiles, type IntervalStatistic, type Second } from './intervals.ts';

type Columns = Record<string, (number | null)[]>;

const producerCounts = ['attempted', 'settled', 'errors', 'bytes', 'late'] as const;
const consumerCounts = ['received', 'errors', 'bytes', 'late'] as const;
const producerLatencies: readonly LatencyName[] = ['scheduleDelay', 'serviceAck', 'ack'];
const consumerLatencies: readonly LatencyName[] = ['endToEnd'];
const statistics: readonly IntervalStatistic[] = [...intervalPercentiles, 'max'];
const librdkafka = [
  'batchBytes',
  'batchMessages',
  'internalLatency',
  'outbufLatency',
  'rtt',
  'rttP99',
  'rttP99Above',
  'throttle',
  'throttled',
  'retries',
  'queued',
] as const;

/**
 * The seconds as columns of equal length; a second without anything holds zero counts and null latencies. Those of
 * groups are as long as clients were at work.
 */
export function toColumns(seconds: readonly Second[], groups?: GroupSamples): TrialResult['intervals'] {
  if (seconds.length === 0) return { second: [], producers: {}, consumers: {} };
  const numbers = seconds.map((each) => each.second);
  const first = Math.min(...numbers);
  const length = Math.max(...numbers) - first + 1;
  const result: TrialResult['intervals'] = {
    second: Array.from({ length }, (_, i) => first + i),
    producers: {},
    consumers: {},
  };
  for (const each of seconds) {
    const producing = each.side === 'producer';
    const sides = producing ? result.producers : result.consumers;
    const columns = (sides[each.name] ??= emptyColumns(producing, length));
    const at = each.second - first;
    for (const name of producing ? producerCounts : consumerCounts) columns[name]![at] = each.counts[name];
    for (const name of producing ? producerLatencies : consumerLatencies) {
      for (const statistic of statistics) {
        columns[columnName(name, statistic)]![at] = each.latency[name]?.[statistic] ?? null;
      }
    }
    for (const name of librdkafka) columns[name]![at] = each.librdkafka?.[name] ?? null;
  }
  return groups ? { ...result, groups: groupColumns(groups, result.second) } : result;
}

function groupColumns({ lag, members }: GroupSamples, second: readonly number[]): Record<string, Columns> {
  const all: Record<string, Columns> = {};
  for (const name of new Set([...members.keys(), ...lag.keys()])) {
    const columns: Columns = (all[name] = {});
    const looks = lag.get(name)?.seconds;
    if (looks) {
      columns['lag'] = second.map((at) => looks.get(at)?.messages ?? null);
      columns['lagTime'] = second.map((at) => looks.get(at)?.time ?? null);
    }
    for (const [member, received] of members.get(name) ?? []) {
      columns[receivedColumn(member)] = second.map((at) => received.get(at) ?? null);
    }
  }
  return all;
}

function columnName(latency: LatencyName, statistic: IntervalStatistic): string {
  return `${latency}.${statistic}`;
}

function emptyColumns(producing: boolean, length: number): Columns {
  const columns: Columns = {};
  for (const name of producing ? producerCounts : consumerCounts)
    columns[name] = new Array<number>(length).fill(0);
  for (const name of producing ? producerLatencies : consumerLatencies) {
    for (const statistic of statistics)
      columns[columnName(name, statistic)] = new Array<null>(length).fill(null);
  }
  for (const name of librdkafka) columns[name] = new Array<null>(length).fill(null);
  return columns;
}
