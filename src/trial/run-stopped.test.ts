import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { monotonic } from '../base/clock.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { parseScenario } from '../scenario/load.ts';
import { consumerReport, producerReport, workerReport } from './evidence.case.ts';
import { runTrial } from './trial.ts';
import { FakeWorker } from './workers/worker-process.case.ts';

vi.mock('./workers/worker-process.ts', async (original) => ({
  ...(await original<object>()),
  WorkerProcess: (await import('./workers/worker-process.case.ts')).FakeWorker,
}));
beforeEach(() => void (FakeWorker.workers.length = 0));

const cluster: Cluster = {
  kind: 'mock',
  why: 'a test says so',
  bootstrap: '127.0.0.1:1',
  brokers: [{ id: 1, name: 'kafka1', host: '127.0.0.1', port: 1 }],
  version: null,
  clientConfig: { 'bootstrap.servers': '127.0.0.1:1' },
  actions: new Set(),
  sharesMachine: true,
  admin: null,
  processIds: () => Promise.resolve([]),
  act: () => Promise.reject(new Error('not here')),
  close: () => Promise.resolve(),
};

const text = `
producers: [{ name: writer, topic: orders, rate: 10/s, for: 60s }]
consumers: [{ name: reader, topic: orders }]
phases: { warmup: 0s, drain: 1s }
verify: { audit: off }
`;

const clientOf = ({ plan }: FakeWorker) => (plan.role === 'produce' ? producerReport() : consumerReport());

it('ends the measured phase of all workers when it is stopped, and is judged until then', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-run-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const stop = new AbortController();
  const loaded = parseScenario(text, {
    ...{ file: 'test.yaml', env: {}, bootstrapGiven: true },
    readFile: () => '',
  });
  const running = runTrial(loaded, {
    ...{ env: {}, resultsDirectory: directory, stop: stop.signal },
    opened: { cluster, failure: new Promise(() => undefined) },
  });
  await vi.waitUntil(() => FakeWorker.workers.length === 2);
  const workers = [...FakeWorker.workers];
  const endsBeforeStop: number[] = [];
  for (const worker of workers) {
    worker.beReady();
    worker.onStop = () => {
      endsBeforeStop.push(worker.phaseEnds.length);
      worker.finish(workerReport({ clients: [clientOf(worker)] }));
    };
  }
  await vi.waitUntil(() => workers.every(({ starts }) => starts.length === 1));
  const start = workers[0]!.starts[0]!;
  await vi.waitUntil(() => monotonic.now() > start);
  stop.abort();
  const { result } = await running;
  expect(result.outcome).toMatchObject({ state: 'aborted', phase: 'measure' });
  // Before producers drain, and before consumers, which read on until then, leave.
  expect(endsBeforeStop).toEqual([1, 1]);
  const [end] = workers[0]!.phaseEnds;
  expect(workers.map(({ phaseEnds }) => phaseEnds)).toEqual([[end], [end]]);
  const measured = result.trials[0]!.phases.find(({ name }) => name === 'measure');
  expect(end).toBeGreaterThan(start);
  expect(measured!.to).toBeCloseTo((end! - start) / 1e6, 6);
  expect(result.trials[0]!.consumers[0]!.durationSeconds).toBe(measured!.to);
});

it('says of a client that was killed in a run that was cut what became of it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-run-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const [stop, cut] = [new AbortController(), new AbortController()];
  const loaded = parseScenario(text, {
    ...{ file: 'test.yaml', env: {}, bootstrapGiven: true },
    readFile: () => '',
  });
  const running = runTrial(loaded, {
    ...{ env: {}, resultsDirectory: directory, stop: stop.signal, cut: cut.signal },
    opened: { cluster, failure: new Promise(() => undefined) },
  });
  await vi.waitUntil(() => FakeWorker.workers.length === 2);
  const workers = [...FakeWorker.workers];
  for (const worker of workers) {
    worker.beReady();
    worker.onStop = () => {
      if (worker.plan.role === 'produce') worker.finish(workerReport({ clients: [clientOf(worker)] }));
    };
  }
  await vi.waitUntil(() => workers.every(({ starts }) => starts.length === 1));
  stop.abort();
  const consumer = workers.find(({ plan }) => plan.role === 'consume')!;
  await vi.waitUntil(() => consumer.stops.length > 0);
  cut.abort();
  const { result } = await running;
  const told = result.warnings.filter(({ code }) => code === 'killed').map(({ message }) => message);
  expect(told).toEqual([`${consumer.plan.worker} was killed: the run was ended at once`]);
});

const reading = `
producers: [{ name: writer, topic: orders, rate: 10/s, messages: 10000 }]
consumers: [{ name: reader, topic: orders }]
phases: { warmup: 0s, drain: 1s }
verify: { audit: off }
`;
const consumersAlone = `
topics: [{ name: orders, reuse: true }]
consumers: [{ name: reader, topic: orders }]
phases: { warmup: 0s, measure: 10m, drain: 1s }
verify: { audit: off }
`;

interface Pending {
  readonly timer: NodeJS.Timeout;
  readonly millis: number;
}

/** What keeps the process from ending: timers that were set from now on and are still to come. */
function pendingTimers(): () => readonly Pending[] {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const pending = new Map<unknown, Pending>();
  onTestFinished(() => void vi.unstubAllGlobals());
  vi.stubGlobal('setTimeout', (work: () => void, millis = 0) => {
    const timer = set(() => {
      pending.delete(timer);
      work();
    }, millis);
    pending.set(timer, { timer, millis });
    return timer;
  });
  vi.stubGlobal('clearTimeout', (timer: NodeJS.Timeout) => {
    pending.delete(timer);
    clear(timer);
  });
  return () => [...pending.values()].filter(({ timer }) => timer.hasRef());
}

it.each([
  ['producers', reading],
  ['consumers alone', consumersAlone],
])('leaves nothing waiting where a worker fails: %s', async (_, scenario) => {
  const timers = pendingTimers();
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-run-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const loaded = parseScenario(scenario, {
    ...{ file: 'test.yaml', env: {}, bootstrapGiven: true },
    readFile: () => '',
  });
  const running = runTrial(loaded, {
    ...{ env: {}, resultsDirectory: directory },
    opened: { cluster, failure: new Promise(() => undefined) },
  });
  await vi.waitUntil(() => FakeWorker.workers.length === loaded.scenario.producers.length + 1);
  const workers = [...FakeWorker.workers];
  for (const worker of workers) worker.beReady();
  await vi.waitUntil(() => workers.every(({ starts }) => starts.length === 1));
  workers[0]!.fail(new Error('no space left on device'));
  const { result } = await running;
  expect(result.outcome).toMatchObject({ state: 'failed', phase: 'measure' });
  expect(timers().map(({ millis }) => millis)).toEqual([]);
});
