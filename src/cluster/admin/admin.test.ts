import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Admin } from './admin.ts';
import { connectAdmin } from './connect.ts';
import { probeProduce } from './probe.ts';
import type { Cluster } from '../cluster.ts';
import {
  contextIn,
  isolatedEnvironment,
  localRequest,
  shortSessions,
  noRealKafka,
} from '../local/real-kafka.case.ts';
import { openCluster } from '../open.ts';

const skipped = await noRealKafka();

describe.skipIf(skipped)('Admin on real Kafka', { timeout: 120_000 }, () => {
  let cluster: Cluster;
  let admin: Admin;
  let remove: () => void;
  beforeAll(async () => {
    const isolated = await isolatedEnvironment();
    remove = isolated.remove;
    cluster = await openCluster(localRequest({ brokers: 3, config: shortSessions }), contextIn(isolated.env));
    admin = cluster.admin!;
  }, 180_000);
  afterAll(async () => {
    await cluster.close();
    remove();
  });

  const topic = (name: string, more: object = {}) => ({
    name,
    partitions: 3,
    replicationFactor: 3,
    config: {},
    ...more,
  });

  test('a new topic has leaders at every broker when createTopic resolves', async () => {
    for (let i = 0; i < 10; i++) {
      await admin.createTopic(topic(`visible-${i}`));
      for (const { host, port } of cluster.brokers) {
        const one = await connectAdmin({ bootstrap: `${host}:${port}` });
        const { partitions } = await one.describeTopic(`visible-${i}`);
        await one.close();
        expect(partitions.map((p) => p.leader >= 0 && p.inSyncReplicas.length > 0)).toEqual([
          true,
          true,
          true,
        ]);
      }
    }
    await admin.deleteTopics(Array.from({ length: 10 }, (_, i) => `visible-${i}`));
  });

  test('the coordinator of a group leads the partition of __consumer_offsets that its name hashes to', async () => {
    const groups = ['a', 'orders', 'my-group'];
    // The first question makes the topic; leaders may still move on a busy machine, where sessions end.
    await vi.waitFor(
      async () => {
        const coordinators = await Promise.all(groups.map((group) => admin.coordinator(group)));
        const { partitions } = await admin.describeTopic('__consumer_offsets');
        const leaderOf = (group: string): number | undefined => {
          // Java's String.hashCode, as Utils.abs takes it.
          const hash = Buffer.from(group).reduce((sum, letter) => (Math.imul(sum, 31) + letter) | 0, 0);
          return partitions.find((p) => p.partition === Math.abs(hash) % partitions.length)?.leader;
        };
        expect(coordinators).toEqual(groups.map(leaderOf));
      },
      { timeout: 20_000, interval: 200 },
    );
  });

  test("-1 takes the broker's defaults", async () => {
    await admin.createTopic(topic('defaults', { partitions: -1, replicationFactor: -1 }));
    const { partitions } = await admin.describeTopic('defaults');
    expect(partitions.map((p) => p.replicas.length)).toEqual([3, 3, 3]);
    expect(await admin.topicConfig('defaults')).toMatchObject({
      'min.insync.replicas': '2',
      'unclean.leader.election.enable': 'false',
    });
  });

  test.each([
    ['a name that is taken', topic('taken'), /TOPIC_ALREADY_EXISTS/],
    ['too many replicas', topic('r', { replicationFactor: 4 }), /INVALID_REPLICATION_FACTOR/],
    [
      'an unknown property',
      topic('c', { config: { nonesuch: '1' } }),
      /INVALID_CONFIG: Unknown topic config name: nonesuch/,
    ],
    ['a bad name', topic('no/slash'), /INVALID_TOPIC/],
  ])('refuses %s in the words of the broker', async (_, wanted, message) => {
    if (wanted.name === 'taken') await admin.createTopic(wanted);
    await expect(admin.createTopic(wanted)).rejects.toThrow(message);
    await expect(admin.createTopic(wanted)).rejects.toMatchObject({ code: 'cluster' });
  });

  test('what is not there is named, and deleting it is no error', async () => {
    await admin.deleteTopics(['nonesuch']);
    for (const ask of [
      () => admin.describeTopic('nonesuch'),
      () => admin.offsets('nonesuch'),
      () => admin.topicConfig('nonesuch'),
    ]) {
      await expect(ask()).rejects.toThrow(/there is no topic nonesuch/);
    }
  });

  test('a name can be made again as soon as it is deleted', async () => {
    for (const partitions of [1, 2]) {
      await admin.createTopic(topic('again', { partitions }));
      expect((await admin.describeTopic('again')).partitions).toHaveLength(partitions);
      await admin.deleteTopics(['again']);
    }
  });

  test('the produce probe writes, and leaves no topic', async () => {
    await probeProduce({ bootstrap: cluster.bootstrap });
    expect((await admin.listTopics({ internal: true })).filter((name) => name.includes('probe'))).toEqual([]);
  });

  test('answers while a broker is paused and after it is gone', async () => {
    await admin.createTopic(topic('outage'));
    // Not the controller: the others forward a creation to a paused one and wait longer than an operation may take.
    const controller = await admin.controller();
    const [paused, killed] = cluster.brokers.filter((broker) => broker.id !== controller);
    await cluster.act('pause', paused!.name);
    const began = performance.now();
    expect(await admin.listTopics()).toContain('outage');
    expect((await admin.describeTopic('outage')).partitions).toHaveLength(3);
    // One attempt at the paused broker, then the others.
    expect(performance.now() - began).toBeLessThan(6_000);
    await admin.createTopic(topic('during', { replicationFactor: 2 }));
    await cluster.act('unpause', paused!.name);
    await cluster.act('kill', killed!.name);
    const ends = await admin.offsets('outage');
    expect(ends.map((offset) => offset.end)).toEqual([0, 0, 0]);
    expect(await admin.controller()).toBeTypeOf('number');
    await cluster.act('start', killed!.name);
  });

  test('the produce probe fails where writes are refused', async () => {
    await cluster.act('kill', 'kafka2');
    await cluster.act('kill', 'kafka3');
    await expect(probeProduce({ bootstrap: cluster.bootstrap, timeoutMillis: 4_000 })).rejects.toMatchObject({
      code: 'cluster',
    });
    await Promise.all([cluster.act('start', 'kafka2'), cluster.act('start', 'kafka3')]);
  });
});

test('nothing listening is said within seconds, with the address', async () => {
  const began = performance.now();
  await expect(connectAdmin({ bootstrap: '127.0.0.1:9' })).rejects.toMatchObject({
    message: 'cannot reach a Kafka broker (bootstrap 127.0.0.1:9): connection refused',
    hint: expect.stringContaining('nothing listens') as unknown,
  });
  expect(performance.now() - began).toBeLessThan(4_000);
  await expect(connectAdmin({ bootstrap: ' , ' })).rejects.toThrow('expected host:port');
});
