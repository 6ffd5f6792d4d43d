import { nearest } from '../../base/nearest.ts';
import { suffixLength } from '../../base/run-id.ts';
import type { Path } from '../problem.ts';
import type { ScenarioOutput } from '../schema.ts';
import { writtenTopics } from '../written-topics.ts';
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

/** Kafka's Topic.MAX_NAME_LENGTH. */
const longestName = 249;

const isReused = ({ topics }: ScenarioOutput, name: string): boolean =>
  topics.find((each) => each.name === name)?.reuse === true;

export const topicNamesAreLegal: Rule = ({ scenario, says, problem }) => {
  for (const { name, path } of namedTopics(scenario, says)) {
    if (name.includes('${')) continue;
    const room = isReused(scenario, name) ? longestName : longestName - suffixLength;
    // Kafka's Topic.validate.
    if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..') {
      problem(
        path,
        `"${name.slice(0, 60)}" is no legal topic name: up to ${String(longestName)} letters, digits, ".", "_" and "-"`,
      );
    } else if (name.length > room) {
      const message = `topic "${name.slice(0, 60)}…" has ${String(name.length)} characters: with the suffix of a run it would exceed Kafka's ${String(longestName)}; use at most ${String(room)}`;
      problem(path, message, { involves: [['topics']] });
    }
  }
};

/**
 * Kafka's Topic.hasCollision: metrics have no dots, so that brokers refuse a name that differs in them alone.
 * librdkafka's mock has no such metrics and takes both.
 */
export const topicNamesDiffer: Rule = ({ scenario, bootstrapGiven, says, problem, warn }) => {
  const first = new Map<string, string>();
  const told = new Set<string>();
  for (const { name, path } of namedTopics(scenario, says)) {
    const metricName = `${name.replaceAll('.', '_')} ${String(isReused(scenario, name))}`;
    const other = first.get(metricName);
    if (other === undefined) first.set(metricName, name);
    else if (other !== name && !told.has(name)) {
      told.add(name);
      const differ = `topics "${other}" and "${name}" differ in "." and "_" alone:`;
      if (scenario.cluster.kind === 'mock' && !bootstrapGiven) {
        warn('colliding-topics', `${differ} the mock takes both, Kafka's brokers refuse the second`);
      } else problem(path, `${differ} brokers refuse the second`, { involves: [['topics']] });
    }
  }
};

export const topicsAreListedOnce: Rule = ({ scenario, problem }) => {
  for (const [i, { name }] of scenario.topics.entries()) {
    const first = scenario.topics.findIndex((other) => other.name === name);
    if (first < i) problem(['topics', i, 'name'], `topic "${name}" is listed twice`);
  }
};

/**
 * A listed topic that nobody uses, beside one that is used and not listed: its partitions and settings would go to a
 * topic that stays empty, and the run would measure the brokers' defaults.
 */
export const listedTopicsAreUsed: Rule = ({ scenario, says, problem }) => {
  const listed = new Set(scenario.topics.map(({ name }) => name));
  const used = namedTopics(scenario, says).filter(({ path }) => path[0] !== 'topics');
  const unlisted = new Map(
    used.filter(({ name }) => !listed.has(name)).map(({ name, path }) => [name, path]),
  );
  for (const name of listed) {
    if (used.some((each) => each.name === name)) continue;
    // Without such a one it may be meant; the plan that `validate` prints notes it.
    const near = nearest(name, unlisted.keys());
    if (near === undefined) continue;
    const message = `topic "${near}" is not listed under topics, where "${name}" is used by nobody; did you mean "${name}"?`;
    problem(unlisted.get(near)!, message, { nearest: name, involves: [['topics']] });
  }
};

export const replicasFitBrokers: Rule = ({ scenario, bootstrapGiven, problem, warn }) => {
  const { brokers, kind } = scenario.cluster;
  for (const [i, { name, replicationFactor, config }] of scenario.topics.entries()) {
    if (replicationFactor === undefined) continue;
    if (brokers !== undefined && replicationFactor > brokers) {
      const message = `topic "${name}" asks for ${replicationFactor} replicas, but the cluster has ${brokers} broker(s)`;
      problem(['topics', i, 'replicationFactor'], message, { involves: [['cluster', 'brokers']] });
    }
    const least = Number(config['min.insync.replicas'] ?? 1);
    // The mock has no configuration, which another rule says.
    if (least <= replicationFactor || kind === 'mock') continue;
    // KAFKA-15583. What kafka-bench starts is never older (base/kafka-version.ts).
    const later = `from Kafka 3.7 on it counts as ${String(replicationFactor)}`;
    const effect =
      kind === 'external' || bootstrapGiven ? `${later}, before that acks=all is never acknowledged` : later;
    warn(
      'min-insync-replicas',
      `topic "${name}": min.insync.replicas ${least} exceeds its ${replicationFactor} replicas: ${effect}`,
    );
  }
};

/** A topic of its own is empty at first: reading one that nobody writes can only wait. */
export const readTopicsAreWritten: Rule = ({ scenario, says, problem }) => {
  const written = new Set(writtenTopics(scenario));
  for (const { name, reuse } of scenario.topics) if (reuse) written.add(name);
  for (const { name, path } of namedTopics(scenario, says)) {
    if (path[0] !== 'consumers' || written.has(name)) continue;
    const message = `topic "${name}" is created empty for the run and no producer writes it; list it under topics with reuse: true to read what is there`;
    problem(path, message, { involves: [['producers'], ['topics'], ['pipelines']] });
  }
};

/** What is known before a run: the configuration of a topic that is there already may be another one. */
export const compactedTopicsHaveKeys: Rule = ({ scenario, problem, warn }) => {
  const { kind, config: broker } = scenario.cluster;
  for (const [i, { name, topic, key }] of scenario.producers.entries()) {
    const at = scenario.topics.findIndex((each) => each.name === topic);
    const { config = {}, reuse = false } = scenario.topics[at] ?? {};
    const policy = config['cleanup.policy'] ?? broker['log.cleanup.policy'];
    if (!String(policy).includes('compact')) continue;
    if (key.kind === 'none') {
      const message = `${name}: topic "${topic}" is compacted: brokers refuse messages without a key`;
      if (reuse || kind === 'mock') warn('keyless-compacted', message);
      else {
        problem(['producers', i, 'topic'], `${message}; give it one, such as key: { uniform: 1000 }`, {
          involves: [
            ['producers', i, 'key'],
            ['topics', at, 'config'],
            ['cluster', 'config'],
          ],
        });
      }
    } else if (key.kind === 'template' && /\$\{(now|uuid)\}/.test(key.text)) {
      warn(
        'untold-keys',
        `${name}: keys with \${now} or \${uuid} cannot be told again: whether what is gone from topic "${topic}" was compacted or lost stays unknown`,
      );
    }
  }
};
