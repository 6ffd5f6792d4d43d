import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Admin } from '../cluster/admin/admin.ts';
import { BenchError } from '../base/errors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { parseScenario } from '../scenario/load.ts';
import { runTrial, type RunOutcome } from './trial.ts';

/** A scenario with everything that a result describes by name: groups, dead letters, a consumer without a group. */
const text = `
topics: [{ name: orders }, { name: failures }]
producers: [{ name: writer, topic: orders, messages: 10 }]
consumers:
  - { name: reader, topic: orders, group: readers, commit: each, deadLetter: { topic: failures, afterAttempts: 2 } }
  - { name: alone, topic: orders }
`;

const refusal = () =>
  Promise.reject(new BenchError('cluster', 'cannot create topic: INVALID_CONFIG: no such key'));

function clusterOf(admin: Partial<Admin>, more: Partial<Cluster> = {}): Cluster {
  return {
    kind: 'external',
    why: 'a test says so',
    bootstrap: '127.0.0.1:1',
    brokers: [{ id: 1, name: 'kafka1', host: '127.0.0.1', port: 1 }],
    version: null,
    clientConfig: { 'bootstrap.servers': '127.0.0.1:1' },
    actions: new Set(),
    sharesMachine: true,
    admin: {
      brokers: () => Promise.resolve([{ id: 1, host: '127.0.0.1', port: 1 }]),
      listTopics: () => Promise.resolve([]),
      deleteTopics: () => Promise.resolve(),
      close: () => Promise.resolve(),
      ...admin,
    } as unknown as Admin,
    act: () => Promise.reject(new Error('not here')),
    close: () => Promise.resolve(),
    ...more,
  };
}

function run(cluster: Cluster, scenario = text, stop?: AbortSignal): Promise<RunOutcome> {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-run-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const loaded = parseScenario(scenario, {
    file: 'test.yaml',
    env: {},
    bootstrapGiven: true,
    readFile: () => {
      throw new Error('no files here');
    },
  });
  return runTrial(loaded, {
    env: {},
    resultsDirectory: directory,
    stop,
    opened: { cluster, failure: new Promise(() => undefined) },
  });
}

describe('a run whose topics cannot be made', () => {
  it('ends with the reason and a result that names its consumers and their groups', async () => {
    const { result, files } = await run(clusterOf({ createTopic: refusal }));
    expect(result.outcome).toEqual({
      state: 'failed',
      phase: 'prepare',
      reason: 'cannot create topic: INVALID_CONFIG: no such key',
    });
    const [trial] = result.trials;
    expect(trial!.consumers.map(({ name, group }) => [name, group])).toEqual([
      ['reader', `readers-${result.runId}`],
      ['alone', null],
    ]);
    expect(trial!.delivery.verdict).toBe('NONE');
    expect(existsSync(files.journal)).toBe(true);
  });

  it('ends so where a reused topic has another number of partitions', async () => {
    const partitions = [{ partition: 0, leader: 1, leaderEpoch: 0, replicas: [1], inSyncReplicas: [1] }];
    const cluster = clusterOf({
      listTopics: () => Promise.resolve(['orders']),
      describeTopic: (name) => Promise.resolve({ name, partitions }),
    });
    const { result } = await run(
      cluster,
      `
topics: [{ name: orders, partitions: 3, reuse: true }]
producers: [{ name: writer, topic: orders, messages: 10 }]
consumers: [{ name: reader, topic: orders, group: readers }]
`,
    );
    expect(result.outcome).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('has 1 partitions, and the scenario asks for 3') as string,
    });
    expect(result.trials[0]!.consumers[0]!.group).toBe('readers');
  });

  it('deletes a topic of its own that was perhaps made: the answer may have been lost', async () => {
    const deleted: string[] = [];
    const cluster = clusterOf({
      createTopic: () => Promise.reject(new BenchError('cluster', 'Request timed out')),
      deleteTopics: (names) => {
        deleted.push(...names);
        return Promise.resolve();
      },
    });
    const { result } = await run(cluster);
    expect(deleted).toEqual([`orders-${result.runId}`]);
  });

  it('is interrupted where Ctrl-C came meanwhile', async () => {
    const stop = new AbortController();
    const { result } = await run(
      clusterOf({
        listTopics: () => {
          stop.abort();
          return Promise.resolve([]);
        },
        createTopic: () => Promise.resolve(),
        describeTopic: (name) => Promise.resolve({ name, partitions: [] }),
      }),
      text,
      stop.signal,
    );
    expect(result.outcome).toEqual({ state: 'aborted', phase: 'prepare', reason: 'interrupted' });
  });
});

describe('the end of a run', () => {
  it('keeps its result where the cluster cannot be closed', async () => {
    const failing = () => Promise.reject(new Error('the engine is gone'));
    const { result } = await run(clusterOf({ createTopic: refusal }, { close: failing }));
    expect(result.outcome).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('INVALID') as string,
    });
  });
});
