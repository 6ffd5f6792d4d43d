import { describe, expect, it } from 'vitest';
import type { Admin, NewTopic } from '../../cluster/admin/admin.ts';
import { BenchError } from '../../base/errors.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { scenarioOf } from '../evidence.case.ts';
import { noTopics, prepareTopics, removeTopics } from './topics.ts';

/** A cluster that has only what topics need. */
function clusterWith(
  partitionsByTopic: Record<string, number>,
  more: { brokers?: number; refuses?: string; mute?: boolean } = {},
) {
  const topics = new Map(Object.entries(partitionsByTopic));
  const created: NewTopic[] = [];
  const admin = {
    listTopics: () => Promise.resolve([...topics.keys()]),
    createTopic(topic: NewTopic) {
      if (more.refuses !== undefined && topic.name.startsWith(more.refuses)) {
        return Promise.reject(new BenchError('cluster', 'INVALID_CONFIG'));
      }
      created.push(topic);
      topics.set(topic.name, topic.partitions < 0 ? 2 : topic.partitions);
      return Promise.resolve();
    },
    describeTopic: (name: string) =>
      Promise.resolve({
        name,
        partitions: Array.from({ length: topics.get(name) ?? 0 }, (_, partition) => ({ partition })),
      }),
    deleteTopics(names: readonly string[]) {
      if (more.mute) return Promise.reject(new Error('not authorised'));
      for (const name of names) topics.delete(name);
      return Promise.resolve();
    },
  } as unknown as Admin;
  const brokers = Array.from({ length: more.brokers ?? 1 }, (_, id) => ({
    id,
    name: `kafka${id}`,
    host: 'h',
    port: 1,
  }));
  return { cluster: { admin, brokers } as unknown as Cluster, topics, created };
}

const specs = (text: string) =>
  scenarioOf(`{ topics: [${text}], producers: [{ name: w, topic: orders }, { name: v, topic: audit }] }`);

describe('prepareTopics', () => {
  it('creates each topic under a name of the run’s own, with the broker’s defaults where nothing is said', async () => {
    const { cluster, created } = clusterWith({ orders: 9 }, { brokers: 3 });
    const list = specs(
      '{ name: orders, partitions: 3, replicationFactor: 2, config: { min.insync.replicas: 2 } }',
    );
    const { byName, warnings } = await prepareTopics(cluster, list, 'abcd1234');
    expect(created).toEqual([
      {
        name: 'orders-abcd1234',
        partitions: 3,
        replicationFactor: 2,
        config: { 'min.insync.replicas': '2' },
      },
      { name: 'audit-abcd1234', partitions: -1, replicationFactor: -1, config: {} },
    ]);
    expect([...byName.values()].map(({ name, partitions, created }) => [name, partitions, created])).toEqual([
      ['orders-abcd1234', 3, true],
      ['audit-abcd1234', 2, true],
    ]);
    expect(warnings).toEqual([]);
  });

  it('uses a reused topic as it is', async () => {
    const { cluster, created } = clusterWith({ orders: 9 });
    const { byName } = await prepareTopics(cluster, specs('{ name: orders, reuse: true }'), 'abcd');
    expect(byName.get('orders')).toMatchObject({ name: 'orders', partitions: 9, created: false });
    expect(created.map(({ name }) => name)).toEqual(['audit-abcd']);
  });

  it('creates a reused topic that is not there yet, under its own name', async () => {
    const { cluster, topics } = clusterWith({});
    const prepared = await prepareTopics(
      cluster,
      specs('{ name: orders, reuse: true, partitions: 5 }'),
      'abcd',
    );
    expect(prepared.byName.get('orders')).toMatchObject({ name: 'orders', partitions: 5 });
    expect(prepared.warnings).toEqual([
      { code: 'topic-made', message: 'topic orders (reuse: true) did not exist: it was made and stays' },
    ]);
    await removeTopics(cluster, prepared);
    expect([...topics.keys()]).toEqual(['orders']);
  });

  it('makes no reused topic that is only read: an error before anything is made', async () => {
    const { cluster, created } = clusterWith({ orders_v2: 9 });
    const reading = scenarioOf(`
topics: [{ name: audit }, { name: orders-v2, reuse: true }]
producers: [{ name: w, topic: audit }]
consumers: [{ name: r, topic: orders-v2 }]
`);
    await expect(prepareTopics(cluster, reading, 'abcd')).rejects.toMatchObject({
      code: 'cluster',
      message: 'topic orders-v2 does not exist, and nobody in the scenario writes it',
      hint: expect.stringContaining('did you mean orders_v2?') as string,
    });
    expect(created).toEqual([]);
  });

  it('makes a reused topic of dead letters', async () => {
    const { cluster, created } = clusterWith({});
    const failing = scenarioOf(`
topics: [{ name: dead, reuse: true }]
producers: [{ name: w, topic: t }]
consumers:
  - { name: r, topic: t, group: g, commit: each, processing: { failures: 5% }, deadLetter: { topic: dead, afterAttempts: 1 } }
`);
    const { warnings } = await prepareTopics(cluster, failing, 'abcd');
    expect(warnings.map(({ code }) => code)).toEqual(['topic-made']);
    expect(created.map(({ name }) => name)).toEqual(['dead', 't-abcd']);
  });

  it('refuses a reused topic with another number of partitions, and says what to change', async () => {
    const { cluster } = clusterWith({ orders: 9 });
    const list = specs('{ name: orders, reuse: true, partitions: 3 }');
    await expect(prepareTopics(cluster, list, 'abcd')).rejects.toMatchObject({
      code: 'cluster',
      message: 'topic orders has 9 partitions, and the scenario asks for 3',
      hint: expect.stringContaining('reuse') as string,
    });
  });

  it('refuses more replicas than brokers before it asks the cluster', async () => {
    const { cluster, created } = clusterWith({}, { brokers: 1 });
    await expect(
      prepareTopics(cluster, specs('{ name: orders, replicationFactor: 3 }'), 'abcd'),
    ).rejects.toThrow('topic orders asks for replication factor 3, and the cluster has 1 broker');
    expect(created).toEqual([]);
  });

  it('leaves nothing behind when a later topic is refused', async () => {
    const { cluster, topics } = clusterWith({ other: 1 }, { refuses: 'audit' });
    const made = noTopics();
    await expect(prepareTopics(cluster, specs('{ name: orders }'), 'abcd', made)).rejects.toThrow(
      'INVALID_CONFIG',
    );
    expect([...made.byName.values()].map(({ name }) => name)).toEqual(['orders-abcd', 'audit-abcd']);
    expect(await removeTopics(cluster, made)).toEqual([]);
    expect([...topics.keys()]).toEqual(['other']);
  });

  it('makes nothing on the mock, and says in what it differs', async () => {
    const mock = { admin: null, brokers: [] } as unknown as Cluster;
    const list = specs('{ name: orders, partitions: 3, replicationFactor: 3, config: { retention.ms: 1 } }');
    const { byName, warnings } = await prepareTopics(mock, list, 'abcd');
    expect(byName.get('orders')).toMatchObject({ name: 'orders-abcd', partitions: 4, created: false });
    expect(warnings).toEqual([
      {
        code: 'mock-topic',
        message:
          'on the mock, topic orders has 4 partitions instead of 3, no replication, no topic configuration',
      },
    ]);
    expect((await prepareTopics(mock, specs('{ name: orders, partitions: 4 }'), 'abcd')).warnings).toEqual(
      [],
    );
  });
});

describe('removeTopics', () => {
  it('deletes what the run created and nothing else', async () => {
    const { cluster, topics } = clusterWith({ orders: 9, other: 1 });
    const prepared = await prepareTopics(cluster, specs('{ name: orders, reuse: true }'), 'abcd');
    expect(topics.size).toBe(3);
    expect(await removeTopics(cluster, prepared)).toEqual([]);
    expect([...topics.keys()]).toEqual(['orders', 'other']);
  });

  it('makes a warning of what it could not delete: the measurement is done', async () => {
    const { cluster } = clusterWith({}, { mute: true });
    const prepared = await prepareTopics(cluster, specs('{ name: orders }'), 'abcd');
    expect(await removeTopics(cluster, prepared)).toEqual([
      { code: 'topics-left', message: 'could not delete orders-abcd, audit-abcd: not authorised' },
    ]);
  });
});
