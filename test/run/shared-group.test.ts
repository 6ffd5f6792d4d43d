import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Admin } from '../../src/cluster/admin/admin.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { judgeEvidence } from '../../src/judge/delivery/files/judge-evidence.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { missing } from '../requirements.ts';
import { consoleConsumer } from './kafka-tools.ts';
import { eventually, joinGroup } from './other-program.ts';
import { runText } from './scenario-run.ts';

describe.skipIf(missing('java', 'maven'))('a consumer group that others use, too', () => {
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
  const made = (topic: string) =>
    admin.createTopic({ name: topic, partitions: 4, replicationFactor: 1, config: {} });
  const grownTo = (topic: string, records: number) =>
    eventually(async () => (await admin.offsets(topic)).every(({ end }) => end >= records / 4));
  const sharing = (topic: string, protocol: string, more = '') => `
topics: [{ name: ${topic}, reuse: true }]
producers: [{ name: writer, topic: ${topic}, messages: 6000, rate: 1000/s, partition: roundRobin }]
consumers:
  - name: reader
    topic: ${topic}
    group: ${topic}
    commit: { every: 50 }
    client: { auto.offset.reset: earliest, group.protocol: ${protocol} }
    ${more}
phases: { drain: 2s }
expect: { delivery: at-least-once }
`;

  test.each([
    ['classic', 'that leaves again', true],
    ['classic', 'that stays', false],
    ['consumer', 'that leaves again', true],
  ])(
    'a member of somebody else, protocol %s, %s',
    async (protocol, _how, leaves) => {
      const topic = `joined-${protocol}-${leaves}`;
      await made(topic);
      const running = runHere(sharing(topic, protocol));
      await grownTo(topic, 800);
      const other = await joinGroup(cluster.bootstrap, topic, {
        ...{ 'group.id': topic, 'client.id': 'somebody-else', 'group.protocol': protocol },
        'auto.offset.reset': 'earliest',
      });
      onTestFinished(() => other.leave());
      const { result, files } = await running;
      const { delivery } = result.trials[0]!;
      expect(other.received).toBeGreaterThan(0);
      expect(delivery).toMatchObject({ verdict: 'UNKNOWN', acked: 6000, present: 6000, lost: 0 });
      for (const kind of ['delivery-loss', 'committed-redelivery', 'commit-regression']) {
        expect(delivery.anomalies).not.toHaveProperty(kind);
      }
      expect(delivery.groups[0]!.undelivered).toBeGreaterThan(0);
      expect(delivery.reasons.join('\n')).toMatch(
        new RegExp(`group ${topic}: client somebody-else at /127\\.0\\.0\\.1, .* had ${topic}/\\d`),
      );
      expect(await judgeEvidence(files.evidence)).toEqual(delivery);
    },
    90_000,
  );

  test.each([
    ['verified', ''],
    ['not verified', 'verify: { audit: off }'],
  ])(
    'Kafka’s console consumer in the group of a run that is %s: named with its partitions',
    async (how, more) => {
      const topic = `console-${how.replace(' ', '-')}`;
      await made(topic);
      const other = consoleConsumer(env, cluster.bootstrap, { topic, group: topic, properties: [] });
      onTestFinished(() => other.end());
      await eventually(async () => (await admin.describeGroup(topic))?.state === 'Stable');
      const text = sharing(topic, 'classic').replace(
        'expect: { delivery: at-least-once }',
        more || 'expect: { delivery: at-least-once }',
      );
      const { result } = await runHere(text);
      const named = new RegExp(
        `group ${topic}: client console-consumer at /127\\.0\\.0\\.1, which is not of this run, had ${topic}/\\d`,
      );
      const { delivery } = result.trials[0]!;
      if (more === '') expect(delivery.reasons.join('\n')).toMatch(named);
      expect(renderSummary(result)).toMatch(named);
    },
    90_000,
  );

  test('two runs in one group: neither knows what the other did', async () => {
    await made('both');
    const outcomes = await Promise.all([1, 2].map(() => runHere(sharing('both', 'classic'))));
    for (const { result } of outcomes) {
      const { delivery } = result.trials[0]!;
      expect(delivery).toMatchObject({ verdict: 'UNKNOWN', acked: 6000, present: 6000, lost: 0 });
      expect(delivery.anomalies).not.toHaveProperty('delivery-loss');
      expect(delivery.reasons.join('\n')).toMatch(/group both: client reader-[0-9a-f]{8}-0 at /);
    }
  }, 120_000);

  test('an application that commits without being a member', async () => {
    await made('set');
    const running = runHere(sharing('set', 'classic', 'start: 3s'));
    await grownTo('set', 1200);
    await admin.commitOffsets('set', [{ topic: 'set', partition: 2, offset: 300 }]);
    const { result, files } = await running;
    const { delivery } = result.trials[0]!;
    expect(delivery).toMatchObject({
      ...{ verdict: 'UNKNOWN', acked: 6000, present: 6000, lost: 0, anomalies: { unattributed: 300 } },
      reasons: ['unattributed: 300', 'group set: somebody else committed in set/2'],
      groups: [{ expected: 6000, processed: 5700, undelivered: 300 }],
    });
    expect(await judgeEvidence(files.evidence)).toEqual(delivery);
  }, 90_000);

  test('a group of its own: what it missed is its own', async () => {
    await made('own');
    const { result } = await runHere(sharing('own', 'classic'));
    expect(result.trials[0]!.delivery).toMatchObject({ verdict: 'PASS', reasons: [] });
  }, 90_000);
});
