import { BenchError, messageOf, type Warning } from '../../base/errors.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { nearest } from '../../base/nearest.ts';
import type { Scenario, TopicSpec } from '../../scenario/schema.ts';
import { writtenTopics } from '../../scenario/written-topics.ts';
import { uniqueName } from './names.ts';

/** The mock's topics appear by themselves, always with four partitions. */
export const mockPartitions = 4;

export interface RunTopic {
  readonly spec: TopicSpec;
  /** As it is called on the cluster. */
  readonly name: string;
  readonly partitions: number;
  readonly created: boolean;
}

export interface RunTopics {
  /** By the name that the scenario uses. */
  readonly byName: ReadonlyMap<string, RunTopic>;
  readonly warnings: readonly Warning[];
}

export function noTopics(): RunTopics & {
  readonly byName: Map<string, RunTopic>;
  readonly warnings: Warning[];
} {
  return { byName: new Map(), warnings: [] };
}

/**
 * Creates what the scenario needs, each under a name of its own unless it is reused. Each is in `topics` before it is
 * made: a run that fails or is cut meanwhile knows what to remove, or an external cluster would keep it for ever.
 */
export async function prepareTopics(
  cluster: Cluster,
  scenario: Pick<Scenario, 'topics' | 'producers' | 'consumers' | 'pipelines'>,
  runId: string,
  topics = noTopics(),
): Promise<RunTopics> {
  const { byName, warnings } = topics;
  const existing = cluster.admin ? new Set(await cluster.admin.listTopics()) : new Set<string>();
  if (cluster.admin) warnings.push(...missingTopics(scenario, existing));
  for (const spec of scenario.topics) {
    const name = spec.reuse ? spec.name : uniqueName(spec.name, runId);
    if (!cluster.admin) {
      byName.set(spec.name, { spec, name, partitions: mockPartitions, created: false });
      warnings.push(...mockWarnings(spec));
      continue;
    }
    const created = !existing.has(name);
    if (created) {
      assertReplicable(cluster, spec);
      // Before it is made: where the answer is lost, the topic may be there all the same.
      byName.set(spec.name, { spec, name, partitions: 0, created });
      await create(cluster, spec, name);
    }
    const { partitions } = await cluster.admin.describeTopic(name);
    if (!created && spec.partitions !== undefined && spec.partitions !== partitions.length) {
      throw new BenchError(
        'cluster',
        `topic ${name} has ${partitions.length} partitions, and the scenario asks for ${spec.partitions}`,
        { hint: 'drop `reuse: true` or change the number of partitions in the scenario' },
      );
    }
    byName.set(spec.name, { spec, name, partitions: partitions.length, created });
  }
  return topics;
}

/**
 * What is only read must be there: made with the broker's defaults, it would be empty and stay. Looked at before
 * anything is made.
 *
 * @throws BenchError `cluster` for one that nobody writes
 */
function missingTopics(
  scenario: Parameters<typeof prepareTopics>[1],
  existing: ReadonlySet<string>,
): Warning[] {
  const written = writtenTopics(scenario);
  const missing = scenario.topics.filter(({ name, reuse }) => reuse && !existing.has(name));
  for (const { name } of missing) {
    if (written.has(name)) continue;
    const near = nearest(name, existing);
    throw new BenchError('cluster', `topic ${name} does not exist, and nobody in the scenario writes it`, {
      hint:
        near === undefined
          ? 'reuse: true reads a topic that is there; check its name and the cluster'
          : `did you mean ${near}? reuse: true reads a topic that is there`,
    });
  }
  return missing.map(({ name }) => ({
    code: 'topic-made',
    message: `topic ${name} (reuse: true) did not exist: it was made and stays`,
  }));
}

function assertReplicable(cluster: Cluster, spec: TopicSpec): void {
  const replicationFactor = spec.replicationFactor ?? -1;
  if (replicationFactor > cluster.brokers.length) {
    throw new BenchError(
      'cluster',
      `topic ${spec.name} asks for replication factor ${replicationFactor}, and the cluster has ${cluster.brokers.length} broker${cluster.brokers.length === 1 ? '' : 's'}`,
      { hint: 'lower replicationFactor, or raise `cluster: { brokers: N }`' },
    );
  }
}

async function create(cluster: Cluster, spec: TopicSpec, name: string): Promise<void> {
  await cluster.admin?.createTopic({
    name,
    partitions: spec.partitions ?? -1,
    replicationFactor: spec.replicationFactor ?? -1,
    config: spec.config,
  });
}

function mockWarnings(spec: TopicSpec): Warning[] {
  const differs: string[] = [];
  if (spec.partitions !== undefined && spec.partitions !== mockPartitions) {
    differs.push(`${mockPartitions} partitions instead of ${spec.partitions}`);
  }
  if ((spec.replicationFactor ?? 1) > 1) differs.push('no replication');
  if (Object.keys(spec.config).length > 0) differs.push('no topic configuration');
  if (differs.length === 0) return [];
  return [{ code: 'mock-topic', message: `on the mock, topic ${spec.name} has ${differs.join(', ')}` }];
}

/** Deletes what this run created for itself; a reused topic stays for the next. What could not be deleted is a warning: the measurement is done by then. */
export async function removeTopics(cluster: Cluster, topics: RunTopics): Promise<readonly Warning[]> {
  const names = [...topics.byName.values()]
    .filter((topic) => topic.created && !topic.spec.reuse)
    .map((topic) => topic.name);
  if (names.length === 0 || !cluster.admin) return [];
  try {
    await cluster.admin.deleteTopics(names);
    return [];
  } catch (error) {
    return [{ code: 'topics-left', message: `could not delete ${names.join(', ')}: ${messageOf(error)}` }];
  }
}
