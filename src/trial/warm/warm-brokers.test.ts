import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cluster } from '../../cluster/cluster.ts';
import { Recorder } from '../../measure/recorder.ts';
import { clientProgress } from '../../protocol/protocol.case.ts';
import type { IntervalReport } from '../../protocol/report.ts';
import { scenarioOf } from '../evidence.case.ts';
import { agree, warmBrokers } from './warm-brokers.ts';
import { FakeWorker } from '../workers/worker-process.case.ts';

vi.mock('../workers/worker-process.ts', async () => ({
  WorkerProcess: (await import('../workers/worker-process.case.ts')).FakeWorker,
}));
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const scenario = scenarioOf(
  `{ producers: [{ name: w, topic: t }], consumers: [{ name: r, topic: t, group: g }] }`,
);
const shape = 'none acks=all ≤1 KiB read by a group';

function clusterThat(knows: readonly string[] | null) {
  const remembered = [...(knows ?? [])];
  const topics: string[] = [];
  const cluster = {
    kind: 'local',
    brokers: [{ id: 1 }],
    clientConfig: {},
    admin: {
      listTopics: () => Promise.resolve([]),
      createTopic: ({ name }: { name: string }) => Promise.resolve(void topics.push(name)),
      describeTopic: (name: string) => Promise.resolve({ name, partitions: [{}] }),
      deleteTopics: (names: string[]) => Promise.resolve(void topics.splice(0, names.length)),
    },
    ...(knows && {
      warmth: {
        known: () => Promise.resolve(new Set(remembered)),
        remember: (shapes: string[]) => Promise.resolve(void remembered.push(...shapes)),
      },
    }),
  } as unknown as Cluster;
  return { cluster, remembered, topics };
}

/** `millis` is what a message takes in each second; null: none arrives. */
async function warmed(
  { cluster }: ReturnType<typeof clusterThat>,
  millis: readonly (number | null)[],
  more: { scenario?: typeof scenario; signal?: AbortSignal } = {},
) {
  FakeWorker.workers.length = 0;
  const signal = more.signal ?? new AbortController().signal;
  const warming = warmBrokers({
    ...{ scenario: more.scenario ?? scenario, seed: 1, cluster, ackSource: undefined },
    ...{ signal, tell: () => undefined },
  });
  warming.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(0);
  const reader = FakeWorker.workers.find(({ plan }) => plan.role === 'consume');
  for (const worker of FakeWorker.workers) {
    worker.onStop = () => worker.finish();
    worker.beReady();
    if (worker.plan.role !== 'consume') continue;
    for (const { name, index, topics } of worker.plan.clients) {
      const holds = worker === reader && index === 0 ? topics.map((topic) => `${topic}/0`) : [];
      const membership = { assigned: true, holds, placed: true };
      worker.progress(clientProgress({ side: 'consumer', name, index, membership }));
    }
  }
  for (const [second, each] of millis.entries()) {
    await vi.advanceTimersByTimeAsync(second === 0 ? 1200 : 1000);
    if (each === null) continue;
    const histogram = new Recorder();
    for (let i = 0; i < 100; i++) histogram.record(each * 1000);
    const interval = { second, latency: { endToEnd: histogram.toSparse() } } as unknown as IntervalReport;
    reader?.tell({ type: 'interval', interval });
  }
  await vi.advanceTimersByTimeAsync(20_000);
  return warming;
}

describe('warmBrokers', () => {
  it('sends until two seconds agree, and remembers it', async () => {
    const scene = clusterThat([]);
    const { warmup, warnings } = await warmed(scene, [20, 8, 5, 5, 5]);
    expect(warmup).toMatchObject({ state: 'warmed', settled: true });
    expect(warmup.windows.map((each) => Math.round(each! / 1000))).toEqual([20, 8, 5, 5]);
    expect(warmup.took).toBeGreaterThan(4e6);
    expect(warmup.took).toBeLessThan(6e6);
    expect(warnings).toEqual([]);
    expect(scene.remembered).toEqual([shape]);
    expect(scene.topics).toEqual([]);
    expect(FakeWorker.workers.map(({ ended }) => ended)).toEqual([1, 1]);
  });

  it.each([
    ['they had not settled', [100, 50, 25, 12, 6, 3]],
    ['nothing arrived', [null, null, null, null, null]],
  ])('gives up after five seconds, says so and does not remember it: %s', async (_, millis) => {
    const scene = clusterThat([]);
    const { warmup, warnings } = await warmed(scene, millis);
    expect(scene.remembered).toEqual([]);
    expect(warmup).toMatchObject({ state: 'warmed', settled: false });
    expect(warmup.windows).toHaveLength(5);
    expect(warnings).toMatchObject([{ code: 'brokers-not-settled' }]);
  });

  it('does not take a second in which nothing arrived for one that agrees', async () => {
    const { warmup } = await warmed(clusterThat([]), [null, null, 5, 5]);
    expect(warmup).toMatchObject({ settled: true });
    expect(warmup.windows.slice(0, 2)).toEqual([null, null]);
  });

  it.each([
    ['brokers that know its shape', clusterThat([shape]), scenario, 'remembered'],
    ['brokers of somebody else, and the mock', clusterThat(null), scenario, 'not-ours'],
    ['warmBrokers: false', clusterThat([]), { ...scenario, warmBrokers: false }, 'off'],
  ] as const)('does nothing with %s', async (_, scene, given, state) => {
    const { warmup, warnings } = await warmed(scene, [], { scenario: given });
    expect({ warmup, warnings }).toEqual({
      warmup: { state, took: 0, settled: null, windows: [] },
      warnings: [],
    });
    expect(FakeWorker.workers).toEqual([]);
  });

  it('is not what a run fails of', async () => {
    const scene = clusterThat([]);
    const warming = warmBrokers({
      ...{ scenario, seed: 1, cluster: scene.cluster, ackSource: undefined },
      ...{ signal: new AbortController().signal, tell: () => undefined },
    });
    FakeWorker.workers.length = 0;
    await vi.advanceTimersByTimeAsync(0);
    FakeWorker.workers[0]!.fail(new Error('no such property'));
    await vi.advanceTimersByTimeAsync(20_000);
    const { warmup, warnings } = await warming;
    expect(warmup).toMatchObject({ state: 'failed', settled: null });
    expect(warnings).toEqual([
      { code: 'brokers-not-warmed', message: 'the brokers could not be warmed: no such property' },
    ]);
    expect(scene.remembered).toEqual([]);
    expect(scene.topics).toEqual([]);
  });

  it('leaves nothing behind of groups that were not ready, or whose worker failed', async () => {
    for (const fails of [false, true]) {
      const scene = clusterThat([]);
      const asked: number[] = [];
      scene.cluster.admin!.describeGroup = () => {
        asked.push(Date.now());
        return Promise.resolve({ group: 'g', protocol: 'classic', state: 'PreparingRebalance', members: [] });
      };
      FakeWorker.workers.length = 0;
      const warming = warmBrokers({
        ...{ scenario, seed: 1, cluster: scene.cluster, ackSource: undefined },
        ...{ signal: new AbortController().signal, tell: () => undefined },
      });
      await vi.advanceTimersByTimeAsync(0);
      for (const worker of FakeWorker.workers) {
        worker.onStop = () => worker.finish();
        worker.beReady();
        const [client] = worker.plan.role === 'consume' ? worker.plan.clients : [];
        if (!client) continue;
        const membership = { assigned: true, holds: [`${client.topics[0]!}/0`], placed: true };
        worker.progress(clientProgress({ side: 'consumer', name: client.name, membership }));
      }
      await vi.advanceTimersByTimeAsync(2000);
      if (fails) FakeWorker.workers[0]!.fail(new Error('it died'));
      await vi.advanceTimersByTimeAsync(fails ? 1000 : 10_000);
      expect((await warming).warmup.state).toBe('failed');
      expect(vi.getTimerCount()).toBe(0);
      const before = asked.length;
      expect(before).toBeGreaterThan(2);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(asked).toHaveLength(before);
    }
  });

  it('ends when the run is to end', async () => {
    const scene = clusterThat([]);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 1500);
    await expect(warmed(scene, [20, 8, 5], { signal: stop.signal })).rejects.toThrow('interrupted');
    expect(scene.remembered).toEqual([]);
    expect(scene.topics).toEqual([]);
  });
});

it.each([
  [[], false],
  [[5000], false],
  [[5000, 4000], true],
  [[5000, 3700], false],
  [[900, 500], true],
  [[5000, null], false],
  [[5000, 5000, 9000], false],
])('%j agree: %s', (windows, expected) => {
  expect(agree(windows)).toBe(expected);
});
