import { nearest } from '../../base/nearest.ts';
import type { Path } from '../problem.ts';
import { targeted } from '../schema/faults.ts';
import type { Rule } from './rule.ts';

/** A partition or group that does not exist would only be found missing when its fault is due. */
export const faultTargetsExist: Rule = ({ scenario, problem }) => {
  const { producers, consumers, pipelines } = scenario;
  const listed = scenario.topics.map(({ name }) => name);
  const named = [
    ...producers.map(({ topic }) => topic),
    ...consumers.flatMap(({ topics }) => topics),
    ...pipelines.flatMap(({ from, to }) => [from, to]),
  ];
  const topics = [...new Set([...listed, ...named])];
  const groups = [...new Set(consumers.flatMap(({ group }) => group ?? []))];
  const unknown = (path: Path, what: string, name: string, names: readonly string[]): void => {
    const near = nearest(name, names);
    problem(
      path,
      `there is no ${what} "${name}" in this scenario`,
      near === undefined ? {} : { nearest: near },
    );
  };

  for (const [i, fault] of scenario.faults.entries()) {
    const targets = [
      ...targeted.map((name) => [[name], fault[name]] as const),
      [['degrade', 'target'], fault.degrade?.target] as const,
      [['drop', 'target'], fault.drop?.target] as const,
    ];
    for (const [keys, target] of targets) {
      if (target === undefined || typeof target === 'string') continue;
      const path = ['faults', i, ...keys];
      for (const kind of ['leaderOf', 'followerOf'] as const) {
        const given = target[kind];
        if (!given) continue;
        const at = listed.indexOf(given.topic);
        const partitions = scenario.topics[at]?.partitions;
        if (!topics.includes(given.topic)) unknown([...path, kind, 'topic'], 'topic', given.topic, topics);
        else if (partitions !== undefined && given.partition >= partitions) {
          const message = `partition ${given.partition} does not exist; topic "${given.topic}" has ${partitions}, counted from 0`;
          problem([...path, kind, 'partition'], message, { involves: [['topics', at, 'partitions']] });
        }
      }
      const { coordinatorOf } = target;
      if (coordinatorOf !== undefined && !groups.includes(coordinatorOf)) {
        unknown([...path, 'coordinatorOf'], 'consumer group', coordinatorOf, groups);
      }
    }
  }
};
