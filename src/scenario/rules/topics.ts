import type { Path } from '../problem.ts';
import type { ScenarioOutput } from '../schema.ts';
import type { Rule } from './rule.ts';

/** Every place where a topic is named. */
function namedTopics(
  scenario: ScenarioOutput,
  says: (path: Path) => boolean,
): { name: string; path: Path }[] {
  return [
    ...scenario.topics.map(({ name }, i) => ({ name, path: ['topics', i, 'name'] })),
    ...scenario.producers.map(({ topic }, i) => ({ name: topic, path: ['producers', i, 'topic'] })),
    ...scenario.consumers.flatMap(({ topics }, i) => {
      const single = says(['consumers', i, 'topic']);
      return topics.map((name, j) => ({
        name,
        path: single ? ['consumers', i, 'topic'] : ['consumers', i, 'topics', j],
      }));
    }),
    ...scenario.consumers.flatMap(({ deadLetter }, i) =>
      deadLetter ? [{ name: deadLetter.topic, path: ['consumers', i, 'deadLetter', 'topic'] }] : [],
    ),
    ...scenario.pipelines.flatMap(({ from, to }, i) => [
      { name: from, path: ['pipelines', i, 'from'] },
      { name: to, path: ['pipelines', i, 'to'] },
    ]),
  ];
}

export const topicNamesAreLegal: Rule = ({ scenario, says, problem }) => {
  for (const { name, path } of namedTopics(scenario, says)) {
    // Kafka's Topic.validate.
    if (name.includes('${') || (/^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..'))
      continue;
    problem(
      path,
      `"${name.slice(0, 60)}" is no legal topic name: up to 249 letters, digits, ".", "_" and "-"`,
    );
  }
};

export const topicsAreListedOnce: Rule = ({ scenario, problem }) => {
  for (const [i, { name }] of scenario.topics.entries()) {
    const first = scenario.topics.findIndex((other) => other.name === name);
    if (first < i) problem(['topics', i, 'name'], `topic "${name}" is listed twice`);
  }
};

export const replicasFitBrokers: Rule = ({ scenario, problem, warn }) => {
  const { brokers } = scenario.cluster;
  for (const [i, { name, replicationFactor, config }] of scenario.topics.entries()) {
    if (replicationFactor === undefined) continue;
    if (brokers !== undefined && replicationFactor > brokers) {
      const message = `topic "${name}" asks for ${replicationFactor} replicas, but the cluster has ${brokers} broker(s)`;
      problem(['topics', i, 'replicationFactor'], message, { involves: [['cluster', 'brokers']] });
    }
    const least = Number(config['min.insync.replicas'] ?? 1);
    if (least > replicationFactor) {
      const effect = 'acks=all is then never acknowledged';
      warn(
        'min-insync-replicas',
        `topic "${name}": min.insync.replicas ${least} exceeds its ${replicationFactor} replicas; ${effect}`,
      );
    }
  }
};

/** A topic of its own is empty at first: reading one that nobody writes can only wait. */
export const readTopicsAreWritten: Rule = ({ scenario, says, problem }) => {
  const written = new Set([
    ...scenario.producers.map(({ topic }) => topic),
    ...scenario.pipelines.map(({ to }) => to),
  ]);
  for (const { deadLetter } of scenario.consumers) if (deadLetter) written.add(deadLetter.topic);
  for (const { name, reuse } of scenario.topics) if (reuse) written.add(name);
  for (const { name, path } of namedTopics(scenario, says)) {
    if (path[0] !== 'consumers' || written.has(name)) continue;
    const message = `topic "${name}" is created empty for the run and no producer writes it; list it under topics with reuse: true to read what is there`;
    problem(path, message, { involves: [['producers'], ['topics'], ['pipelines']] });
  }
};

/** What is known before a run: a broker's default may compact others. */
export const compactedTopicsHaveKeys: Rule = ({ scenario, warn }) => {
  for (const { name, topic, key } of scenario.producers) {
    const config = scenario.topics.find((each) => each.name === topic)?.config ?? {};
    if (!String(config['cleanup.policy']).includes('compact')) continue;
    if (key.kind === 'none') {
      warn(
        'keyless-compacted',
        `${name}: topic "${topic}" is compacted: brokers refuse messages without a key`,
      );
    } else if (key.kind === 'template' && /\$\{(now|uuid)\}/.test(key.text)) {
      warn(
        'untold-keys',
        `${name}: keys with \${now} or \${uuid} cannot be told again: whether what is gone from topic "${topic}" was compacted or lost stays unknown`,
      );
    }
  }
};
