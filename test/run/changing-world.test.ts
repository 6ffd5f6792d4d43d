import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import type { Admin } from '../../src/cluster/admin/admin.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { judgeEvidence } from '../../src/judge/delivery/files/judge-evidence.ts';
import { missing } from '../requirements.ts';
import { addPartitions, deleteRecords, eventually, plant, remakeTopic } from './other-program.ts';
import { runText } from './scenario-run.ts';

describe.skipIf(missing('java', 'maven'))('a run whose topics change meanwhile', () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let cluster: Cluster;
  let admin: Admin;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    cluster = await openCluster(localRequest({ brokers: 1 }), contextIn(env));
    admin = cluster.admin!;
  }, 120_000);
  afterAll(async () => {
    await cluster.close();
    remove();
  }, 90_000);

  const runHere = (text: string) => runText(text, { env, bootstrap: cluster.bootstrap });

  /** The name of the run's topic, once so many records are in its first partition. */
  const topicWith = (prefix: string, records: number): Promise<string> =>
    eventually(async () => {
      const name = (await admin.listTopics()).find((each) => each.startsWith(prefix));
      if (name === undefined) return null;
      const [first] = await admin.offsets(name).catch(() => []);
      return (first?.end ?? 0) >= records ? name : null;
    });

  test('sent with acks=0 and deleted: nobody can tell whether it was there', async () => {
    const running = runHere(`
topics: [{ name: brief, partitions: 2 }]
producers: [{ name: writer, topic: brief, messages: 3000, rate: 1000/s, partition: roundRobin, client: { acks: 0 } }]
expect: { delivery: at-most-once, absent: 0 }
`);
    const topic = await topicWith('brief-', 400);
    // What a partition answers for itself is not passed on: its log says whether it was done.
    await eventually(async () => {
      await deleteRecords(cluster.bootstrap, [{ topic, partition: 0, offset: 300 }]);
      return (await admin.offsets(topic))[0]!.start === 300;
    });
    const { result, files } = await running;
    const { delivery } = result.trials[0]!;
    expect(delivery).toMatchObject({
      ...{ verdict: 'UNKNOWN', reasons: ['sent-unaudited: 300'] },
      ...{ sent: 3000, present: 2700, absent: 0, sentUnaudited: 300, unaudited: 0 },
    });
    expect(result.expectations).toMatchObject([{ metric: 'absent', value: 0, ok: null }]);
    expect(await judgeEvidence(files.evidence)).toEqual(delivery);
  }, 90_000);

  const growing = (refresh: string) => `
topics: [{ name: growing, partitions: 1 }]
producers:
  - { name: writer, topic: growing, messages: 4000, rate: 1000/s, client: { ${often} } }
consumers:
  - { name: pair, topic: growing, group: pair, count: 2, client: { ${refresh} } }
  - { name: alone, topic: growing }
phases: { drain: 5s }
`;
  const often = 'topic.metadata.refresh.interval.ms: 500';

  test('partitions that are added are audited, and groups owe what lies in them', async () => {
    const running = runHere(growing(often));
    const topic = await topicWith('growing-', 500);
    await addPartitions(cluster.bootstrap, topic, 3);
    const { result, files } = await running;
    const { delivery, groups } = result.trials[0]!;
    expect(delivery).toMatchObject({
      ...{ verdict: 'PASS', reasons: [], acked: 4000, present: 4000, lost: 0, unaudited: 0 },
      coverage: { partitions: 3, partitionsRead: 3, records: 4000 },
    });
    const [pair, alone] = delivery.groups;
    expect(pair).toMatchObject({ name: 'pair', expected: 4000, processed: 4000, undelivered: 0 });
    // Without a group it reads the partitions that it was assigned, and owes no others.
    expect(alone).toMatchObject({ name: 'alone', undelivered: 0 });
    expect(alone!.expected).toBeGreaterThan(500);
    expect(alone!.expected).toBeLessThan(4000);
    expect(groups[0]!.lag!.partitions).toHaveLength(3);
    expect(groups[0]!.lag!.final).toMatchObject({ messages: 0 });
    expect(await judgeEvidence(files.evidence)).toEqual(delivery);
  }, 90_000);

  test('a group that does not learn of new partitions has not read what lies in them', async () => {
    const running = runHere(growing('topic.metadata.refresh.interval.ms: 300000'));
    const topic = await topicWith('growing-', 500);
    await addPartitions(cluster.bootstrap, topic, 3);
    const { result } = await running;
    const { delivery } = result.trials[0]!;
    expect(delivery).toMatchObject({ verdict: 'UNKNOWN', acked: 4000, present: 4000, lost: 0, unaudited: 0 });
    const [pair] = delivery.groups;
    expect(pair!.expected).toBe(4000);
    expect(pair!.undelivered).toBe(delivery.anomalies['unread']);
    expect(pair!.undelivered).toBeGreaterThan(500);
  }, 90_000);

  test('a topic that was deleted and made again: lost is what went with the old one, and nothing else', async () => {
    const topic = 'remade';
    await admin.createTopic({ name: topic, partitions: 1, replicationFactor: 1, config: {} });
    // Where the run's part of the old log begins means nothing in the new one.
    await plant(
      cluster.bootstrap,
      topic,
      Array.from({ length: 6000 }, () => ({ partition: 0, value: Buffer.from('old') })),
    );
    const running = runHere(`
topics: [{ name: ${topic}, reuse: true }]
producers: [{ name: writer, topic: ${topic}, messages: 5000, rate: 1000/s, client: { ${often} } }]
consumers: [{ name: reader, topic: ${topic}, group: reader, commit: { every: 10 }, client: { auto.offset.reset: earliest, ${often} } }]
phases: { drain: 5s }
expect: { delivery: at-least-once }
`);
    await topicWith(topic, 7000);
    await remakeTopic(cluster.bootstrap, topic);
    const { result, files } = await running;
    const { delivery } = result.trials[0]!;
    const [{ end: stored } = { end: NaN }] = await admin.offsets(topic);
    expect(stored).toBeGreaterThan(500);
    expect(delivery).toMatchObject({
      ...{ verdict: 'FAIL', present: stored, unaudited: 0 },
      lost: delivery.acked - stored,
    });
    expect(delivery.lost).toBeGreaterThan(500);
    expect(delivery.reasons[0]).toBe(`lost: ${delivery.lost}`);
    // Its offsets were handed out twice: nothing follows from that.
    for (const kind of ['delivery-loss', 'redelivery', 'committed-redelivery', 'commit-regression']) {
      expect(delivery.anomalies).not.toHaveProperty(kind);
    }
    expect(delivery.anomalies).not.toHaveProperty('offset-regression');
    expect(delivery.groups[0]!.expected).toBe(stored);
    expect(delivery.reasons.join('\n')).toMatch(/remade was deleted and made again/);
    expect(await judgeEvidence(files.evidence)).toEqual(delivery);
  }, 90_000);

  test('a topic that was deleted: its messages are lost, those of others are audited', async () => {
    const running = runHere(`
topics: [{ name: gone, partitions: 2 }, { name: stays, partitions: 1 }]
producers:
  - { name: early, topic: gone, messages: 500, rate: 1000/s }
  - { name: late, topic: stays, messages: 3000, rate: 1000/s }
expect: { delivery: at-least-once }
`);
    const name = await topicWith('gone-', 100);
    await topicWith('stays-', 1000);
    await admin.deleteTopics([name]);
    const { result } = await running;
    expect(result.trials[0]!.delivery).toMatchObject({
      ...{ verdict: 'FAIL', acked: 3500, present: 3000, lost: 500, unaudited: 0 },
    });
  }, 90_000);
});
