import { describe, expect, test } from 'vitest';
import type { Admin, PartitionOffsets } from '../../src/cluster/admin/admin.ts';
import { BenchError } from '../../src/base/errors.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { openMock } from '../../src/cluster/mock/open-mock.ts';
import { startMockHost } from '../../src/trial/workers/mock-host.ts';
import { silent, type PhaseName } from '../../src/trial/observer.ts';
import { mockPartitions } from '../../src/trial/plan/topics.ts';
import { skippedBelow } from '../requirements.ts';
import { runText } from './scenario-run.ts';

/** Groups, dead letters, Avro and a client that starts later: everything that a result names. */
const text = `
topics: [{ name: orders }, { name: failures }]
phases: { warmup: 500ms, measure: 1s, drain: 3s }
producers:
  - name: writer
    topic: orders
    rate: 200/s
    value: { avro: { schema: ./order.avsc, record: { id: '\${seq}' } } }
consumers:
  - { name: reader, topic: orders, group: readers, commit: each, deadLetter: { topic: failures, afterAttempts: 1 } }
  - { name: late, topic: orders, group: late, start: 500ms }
`;
const schema = JSON.stringify({ type: 'record', name: 'Order', fields: [{ name: 'id', type: 'long' }] });
const readFile = () => schema;

const empty: readonly PartitionOffsets[] = Array.from({ length: mockPartitions }, (_, partition) => ({
  partition,
  ...{ start: 0, end: 0, stable: 0 },
}));

/** Answers as a cluster would whose logs never grow, over the mock's topics, which appear by themselves. */
function answering(): Record<string, (...args: never[]) => unknown> {
  return {
    brokers: () => Promise.resolve([{ id: 1, host: '127.0.0.1', port: 1 }]),
    controller: () => Promise.resolve(null),
    listTopics: () => Promise.resolve([]),
    createTopic: () => Promise.resolve(),
    describeTopic: (name: string) =>
      Promise.resolve({
        name,
        partitions: empty.map(({ partition }) => ({
          ...{ partition, leader: 1, leaderEpoch: 0, replicas: [1], inSyncReplicas: [1] },
        })),
      }),
    topicIdentities: (names: readonly string[]) =>
      Promise.resolve(new Map(names.map((name) => [name, { id: name, partitions: mockPartitions }]))),
    offsets: () => Promise.resolve(empty),
    logEnds: () => Promise.resolve(new Map()),
    topicConfig: () => Promise.resolve({}),
    topicConfigs: () => Promise.resolve(new Map()),
    describeGroup: () => Promise.reject(new BenchError('cluster', 'not authorised')),
    watchOffsets: () => ({
      committed: () => Promise.resolve(null),
      ends: () => Promise.resolve(new Map<number, number>()),
    }),
    deleteTopics: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** On a mock that pretends to have an admin client. */
async function withAdmin(
  changes: Record<string, (...args: never[]) => unknown>,
  work: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const context = {
    env: {},
    signal: new AbortController().signal,
    progress: () => undefined,
    startMock: (brokers: number) => startMockHost(brokers, () => undefined),
    neededReplication: 1,
  };
  const mock = await openMock({ kind: 'mock', brokers: 1 } as never, context, 'a test');
  const admin = { ...answering(), ...changes } as unknown as Admin;
  try {
    await work({ ...mock, kind: 'external', admin, close: () => Promise.resolve() });
  } finally {
    await mock.close();
  }
}

async function runOn(cluster: Cluster, stopIn?: PhaseName) {
  const stop = new AbortController();
  const { result } = await runText(
    text,
    { stop: stop.signal, observer: { ...silent, progress: ({ phase }) => phase === stopIn && stop.abort() } },
    { cluster, readFile },
  );
  expect(result.trials[0]!.consumers.map(({ name, group }) => [name, group])).toEqual([
    ['reader', `readers-${result.runId}`],
    ['late', `late-${result.runId}`],
  ]);
  return result;
}

describe.skipIf(skippedBelow('all'))('a run that ends early', { timeout: 60_000 }, () => {
  const failing = () => Promise.reject(new BenchError('cluster', 'TOPIC_AUTHORIZATION_FAILED'));

  for (const [method, state] of [
    ['createTopic', 'failed'],
    ['describeTopic', 'failed'],
    ['offsets', 'failed'],
    ['deleteTopics', 'completed'],
  ] as const) {
    test(`has its result where the cluster refuses ${method}`, async () => {
      await withAdmin({ [method]: failing }, async (cluster) => {
        const { outcome } = await runOn(cluster);
        expect(outcome.state).toBe(state);
        if (state === 'failed') {
          expect(outcome).toMatchObject({ phase: 'prepare', reason: 'TOPIC_AUTHORIZATION_FAILED' });
        }
      });
    });
  }

  for (const phase of ['measure', 'drain', 'audit'] as const) {
    test(`has its result where Ctrl-C comes in ${phase}`, async () => {
      // An audit that is to be seen takes a moment.
      const offsets = async () => {
        await new Promise((done) => setTimeout(done, 700));
        return empty;
      };
      await withAdmin({ offsets }, async (cluster) => {
        const { outcome } = await runOn(cluster, phase);
        expect(outcome).toEqual({ state: 'aborted', phase, reason: 'interrupted' });
      });
    });
  }
});
