import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FromWorker } from '../../protocol/messages.ts';
import type { WorkerPlan } from '../../protocol/plan.ts';
import { isSettled } from './worker-process.case.ts';
import { WorkerProcess, type WorkerSilence } from './worker-process.ts';

class FakeChild extends EventEmitter {
  readonly stderr = Object.assign(new EventEmitter(), { setEncoding: () => this.stderr });
  readonly pid = 4711;
  exitCode: number | null = null;
  signalCode: NodeJS.Signals | null = null;
  connected = true;
  readonly sent: unknown[] = [];
  send(message: unknown): void {
    this.sent.push(message);
  }
  kill(): void {
    this.exit(null, 'SIGKILL');
  }
  exit(code: number | null, signal: NodeJS.Signals | null): void {
    this.exitCode = code;
    this.signalCode = signal;
    this.emit('exit', code, signal);
  }
  says(message: FromWorker): void {
    this.emit('message', message);
  }
}

let child: FakeChild;
vi.mock('node:child_process', () => ({ fork: () => child }));

const plan = { role: 'mock-host', worker: 'mock-host', brokers: 1 } as unknown as WorkerPlan;

function scene() {
  const silences: WorkerSilence[] = [];
  child = new FakeChild();
  const worker = new WorkerProcess(plan, () => undefined, { silence: (silence) => silences.push(silence) });
  return { worker, silences };
}

/** Time in which our own event loop turns, and the worker's does or not. */
const pass = (millis: number) => vi.advanceTimersByTimeAsync(millis);

async function alive(millis: number): Promise<void> {
  for (let at = 0; at < millis; at += 250) {
    child.says({ type: 'heartbeat' });
    await pass(250);
  }
}

describe('WorkerProcess', () => {
  beforeEach(
    () =>
      void vi.useFakeTimers({
        toFake: ['setInterval', 'setTimeout', 'clearInterval', 'clearTimeout', 'performance'],
      }),
  );
  afterEach(() => void vi.useRealTimers());

  it('tells of a silence when it begins and when it ends, and goes on', async () => {
    const { worker, silences } = scene();
    await alive(500);
    await pass(3000);
    expect(silences).toMatchObject([{ worker: 'mock-host', to: null }]);
    child.says({ type: 'heartbeat' });
    expect(silences).toHaveLength(2);
    const [begun, ended] = silences as [WorkerSilence, WorkerSilence];
    expect(ended.from).toBe(begun.from);
    expect((ended.to! - ended.from) / 1e6).toBeCloseTo(3.25, 2);
    await alive(5000);
    expect(silences).toHaveLength(2);
    expect(await isSettled(worker.failure)).toBe(false);
  });

  it('says nothing of a worker that is a little late', async () => {
    const { silences } = scene();
    await alive(500);
    await pass(700);
    await alive(500);
    expect(silences).toEqual([]);
  });

  it('takes a worker that has been silent for a minute for dead', async () => {
    const { worker } = scene();
    await alive(250);
    await pass(59_000);
    expect(await isSettled(worker.failure)).toBe(false);
    await pass(1500);
    await expect(worker.failure).rejects.toThrow('mock-host has not answered for 60 s');
  });

  it('fails at once when the process exits, with its last words', async () => {
    const { worker } = scene();
    await alive(250);
    child.stderr.emit('data', 'out of memory\n');
    child.exit(null, 'SIGKILL');
    await pass(20);
    await expect(worker.failure).rejects.toThrow(
      'mock-host was killed by SIGKILL while it was working; its last lines: out of memory',
    );
  });

  it('does not take the loading of modules for a silence', async () => {
    const { silences } = scene();
    await pass(5000);
    expect(silences).toEqual([]);
  });

  it('ends also where the process does not', async () => {
    const { worker } = scene();
    child.kill = () => undefined;
    const ended = worker.end();
    await pass(10_000);
    await ended;
  });
});
