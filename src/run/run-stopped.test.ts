import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { monotonic } from '../base/clock.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { parseScenario } from '../scenario/load.ts';
import { consumerReport, producerReport, workerReport } from './evidence.case.ts';
import { runTrial } from './run.ts';
import { FakeWorker } from './worker-process.case.ts';

vi.mock('./worker-process.ts', async (original) => ({
  ...(await original<object>()),
  WorkerProcess: (await import('./worker-process.case.ts')).FakeWorker,
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
