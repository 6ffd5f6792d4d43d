import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import { missing } from '../requirements.ts';
import { runText } from './scenario-run.ts';

describe.skipIf(missing('java', 'maven'))('a run whose topics real Kafka refuses', () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let cluster: Cluster;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    cluster = await openCluster(localRequest({ brokers: 1 }), contextIn(env));
    await cluster.admin!.createTopic({ name: 'shared', partitions: 2, replicationFactor: 1, config: {} });
  }, 120_000);
  afterAll(async () => {
    await cluster.close();
    remove();
  }, 60_000);

  for (const [what, topic, reason] of [
    [
      'an unknown configuration',
      '{ name: orders, config: { retention.mss: 1 } }',
      /INVALID_CONFIG.*retention.mss/,
    ],
    [
      'another number of partitions',
      '{ name: shared, reuse: true, partitions: 3 }',
      /shared has 2 partitions, and the scenario asks for 3/,
    ],
  ] as const) {
    test(`${what}: the reason, and a result`, async () => {
      const name = /name: (\w+)/.exec(topic)![1]!;
      const { result } = await runText(
        `
topics: [{ name: failures }, ${topic}]
producers: [{ name: writer, topic: ${name}, messages: 10 }]
consumers: [{ name: reader, topic: ${name}, group: g, commit: each, deadLetter: { topic: failures, afterAttempts: 1 } }]
`,
        { env, bootstrap: cluster.bootstrap },
      );
      expect(result.outcome).toEqual({
        state: 'failed',
        phase: 'prepare',
        reason: expect.stringMatching(reason) as string,
      });
      expect(result.trials[0]!.consumers[0]!.group).toContain('g');
      expect(await cluster.admin!.listTopics()).toEqual(['shared']);
    }, 60_000);
  }

  test('a reused topic that nobody writes and that is not there is not made', async () => {
    const { result } = await runText(
      `
topics: [{ name: shares, reuse: true }]
producers: [{ name: writer, topic: orders, messages: 10 }]
consumers: [{ name: reader, topic: shares }]
`,
      { env, bootstrap: cluster.bootstrap },
    );
    expect(result.outcome).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('topic shares does not exist') as string,
    });
    expect(await cluster.admin!.listTopics()).toEqual(['shared']);
  }, 60_000);
});
