import {
  gateableBeyond,
  isPercentile,
  latencyStatistics,
  metrics,
  percentiles,
  type Metric,
} from '../metrics/metrics.ts';
import { formatNumber } from '../base/units.ts';
import type { Scenario } from './schema.ts';

/** A producer, and how many messages it is to send; null where nothing bounds them. */
interface Planned {
  readonly name: string;
  readonly messages: number | null;
}

/** What a scenario may say, and hardly means: one line each. */
export function planNotes(scenario: Scenario, producers: readonly Planned[]): string[] {
  return [...unusedTopics(scenario), ...idleMembers(scenario), ...thinPercentiles(scenario, producers)];
}

function unusedTopics({ topics, producers, consumers, faults }: Scenario): string[] {
  const used = new Set([
    ...producers.map(({ topic }) => topic),
    ...consumers.flatMap(({ topics: read, deadLetter }) => [
      ...read,
      ...(deadLetter ? [deadLetter.topic] : []),
    ]),
  ]);
  // A fault names a topic to find a broker by.
  const named = JSON.stringify(faults);
  return topics
    .filter(({ name }) => !used.has(name) && !named.includes(JSON.stringify(name)))
    .map(({ name }) => `no producer or consumer uses the topic ${name}`);
}

function idleMembers({ topics, consumers }: Scenario): string[] {
  const partitionsOf = (name: string): number | undefined =>
    topics.find((each) => each.name === name)?.partitions;
  const groups = new Set(consumers.flatMap(({ group }) => group ?? []));
  return [...groups].flatMap((group) => {
    const members = consumers.filter((each) => each.group === group);
    // Whoever leaves is replaced by one that stands by, or comes later: they need not be there at once.
    if (members.some(({ start, stop }) => stop !== undefined || comesAfter(start))) return [];
    const count = members.reduce((sum, each) => sum + each.count, 0);
    let partitions = 0;
    for (const name of new Set(members.flatMap((each) => each.topics))) {
      const known = partitionsOf(name);
      if (known === undefined) return [];
      partitions += known;
    }
    if (count <= partitions) return [];
    return [
      `group ${group}: ${count} members share ${partitions} partition${partitions === 1 ? '' : 's'}, so that ${count - partitions} have none`,
    ];
  });
}

const comesAfter = (start: Scenario['consumers'][number]['start']): boolean =>
  typeof start === 'object' && 'stopped' in start;

function thinPercentiles({ expect }: Scenario, producers: readonly Planned[]): string[] {
  return expect.flatMap(({ metric, name, statistic, scope, window }) => {
    const { statistics }: Metric = metrics[name];
    if (statistics !== latencyStatistics || window !== null || statistic === null || !isPercentile(statistic))
      return [];
    const own = producers.filter((each) => each.name === scope);
    // A consumer receives what all producers send, at most.
    const planned = own.length > 0 ? own : producers;
    if (planned.length === 0 || planned.some(({ messages }) => messages === null)) return [];
    const messages = planned.reduce((sum, each) => sum + (each.messages ?? 0), 0);
    const needed = Math.round(gateableBeyond / (1 - percentiles[statistic]));
    if (messages >= needed) return [];
    return [
      `${metric} needs ${formatNumber(needed)} messages, and ${formatNumber(messages)} are planned: the gate cannot be judged`,
    ];
  });
}
