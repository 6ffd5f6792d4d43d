import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Admin } from '../cluster/admin/admin.ts';
import { monotonic } from '../base/clock.ts';
import { virtualTime } from '../base/virtual-time.case.ts';
import type { AuditedPartition, AuditPlan } from '../protocol/plan.ts';
import type { ClientProgress } from '../protocol/report.ts';
import { clientProgress } from '../protocol/protocol.case.ts';
import { auditLog, type AuditOptions } from './audit-log.ts';
import type { Verification } from './verification.ts';
import { FakeWorker, isSettled } from './workers/worker-process.case.ts';

virtualTime();

vi.mock('./workers/worker-process.ts', async () => ({
  WorkerProcess: (await import('./workers/worker-process.case.ts')).FakeWorker,
}));
beforeEach(() => void (FakeWorker.workers.length = 0));

const deadLetters = { topics: ['dead'], partitions: [], groups: new Map([['g', 0]]) };
const readDeadLetters = () => Promise.resolve(deadLetters);
const admin = { offsets: () => undefined } as unknown as Admin;

function partitionTo(lastStableOffset: number): AuditedPartition {
  return { topic: 't', partition: 0, begin: 0, from: 0, end: { highWatermark: 10, lastStableOffset } };
}

/** @param stable the last stable offset, each time that somebody asks; the last one stays */
function scene(stable: readonly number[] = [10], more: Partial<AuditOptions> = {}) {
  const audited: (string | null)[] = [];
  const asked: (Admin | null)[] = [];
  const verification = {
    plan: { directory: 'evidence', topics: ['t'] },
    readUncommitted: true,
    measureStart: { monotonic: 5e6, wall: 1_772_600_767_000 },
    partitions: (by: Admin | null) => {
      asked.push(by);
      return Promise.resolve([partitionTo(stable[Math.min(asked.length, stable.length) - 1]!)]);
    },
    deadLetters: readDeadLetters,
    readWhatItShould: () => Promise.resolve(),
    audited: (failure: string | null) => audited.push(failure),
  };
  const heard: (readonly ClientProgress[])[] = [];
  const [stop, cut] = [new AbortController(), new AbortController()];
  const done = auditLog({
    verification: verification as unknown as Verification,
    run: 77,
    admin,
    config: { 'bootstrap.servers': 'b:1', 'auto.offset.reset': 'latest' },
    keys: true,
    limit: 10e6,
    stop: stop.signal,
    cut: cut.signal,
    progress: (reader) => heard.push(reader),
    ...more,
  });
  const worker = () => vi.waitUntil(() => FakeWorker.workers[0], { interval: 5 });
  return { done, audited, asked, heard, stop, cut, worker };
}

const planOf = (worker: FakeWorker) => worker.plan as AuditPlan;

describe('auditLog', () => {
  it('reads by itself, whatever the scenario’s clients are', async () => {
    const { done, worker, asked } = scene();
    const reader = await worker();
    expect(planOf(reader)).toMatchObject({
      ...{ role: 'audit', run: 77, keys: true, evidence: { directory: 'evidence', topics: ['t'] } },
      ...{ partitions: [partitionTo(10)], deadLetters },
      measureStart: 1_772_600_767_000,
      patience: 30e6,
      config: {
        'bootstrap.servers': 'b:1',
        'isolation.level': 'read_uncommitted',
        'enable.auto.commit': false,
        'auto.offset.reset': 'earliest',
        'check.crcs': true,
      },
    });
    expect(asked).toEqual([admin]);
    reader.beReady();
    reader.finish();
    await done;
  });

  it('reads committed records only where nothing else is promised', async () => {
    const verification = {
      partitions: () => Promise.resolve([]),
      deadLetters: readDeadLetters,
      audited: () => undefined,
    };
    const { done, worker } = scene([10], {
      verification: { ...verification, readUncommitted: false } as unknown as Verification,
    });
    const reader = await worker();
    expect(planOf(reader).config['isolation.level']).toBe('read_committed');
    reader.fail(new Error());
    await done;
  });

  it('starts the reader when it is ready, tells how far it is and ends it when it has read all', async () => {
    const { done, worker, heard, audited } = scene();
    const reader = await worker();
    expect(reader.starts).toEqual([]);
    reader.beReady();
    await vi.waitUntil(() => reader.starts.length > 0, { interval: 5 });
    expect(Math.abs(reader.starts[0]! - monotonic.now())).toBeLessThan(1e6);
    const progress = clientProgress({ side: 'consumer', received: 5 });
    reader.progress(progress);
    reader.tell({ type: 'heartbeat' });
    expect(heard).toEqual([[progress]]);
    expect(await isSettled(done)).toBe(false);
    expect(audited).toEqual([]);
    reader.finish();
    await done;
    expect(audited).toEqual([null]);
    expect(reader.ended).toBe(1);
  });

  it('says what its reader met where it gave up', async () => {
    const { done, worker } = scene();
    const reader = await worker();
    reader.beReady();
    await vi.waitUntil(() => reader.starts.length > 0, { interval: 5 });
    const met = { code: 'TOPIC_AUTHORIZATION_FAILED', message: 'Broker: Topic authorization failed' };
    reader.progress(clientProgress({ name: 'audit', atEnd: false, met }));
    reader.finish();
    expect(await done).toEqual([
      {
        code: 'audit-incomplete',
        message:
          'the audit gave up before the end of the logs: nothing more came; its last error: TOPIC_AUTHORIZATION_FAILED: Broker: Topic authorization failed',
      },
    ]);
  });

  it('says what its reader could not do', async () => {
    const { done, worker } = scene();
    const reader = await worker();
    reader.beReady();
    await vi.waitUntil(() => reader.starts.length > 0, { interval: 5 });
    const warning = { code: 'audit-incomplete', message: 'once more' };
    reader.tell({ type: 'warning', warning });
    reader.tell({ type: 'warning', warning: { code: '_TRANSPORT', message: 'refused' } });
    reader.progress(clientProgress({ name: 'audit', atEnd: true }));
    reader.finish();
    expect(await done).toEqual([warning]);
  });

  it('waits for transactions that are still open', async () => {
    const { done, worker, asked } = scene([6, 10]);
    const from = monotonic.now();
    const reader = await worker();
    expect(monotonic.now() - from).toBeGreaterThan(150_000);
    expect(asked).toHaveLength(2);
    expect(planOf(reader).partitions).toEqual([partitionTo(10)]);
    reader.fail(new Error());
    await done;
  });

  /** The high watermark stands at `end`, and the leader's log goes on. */
  const behind = (end: number, logEnd: number) => {
    const to = ended(0, end, end);
    return { ...to, end: { ...to.end, logEnd } };
  };
  const ended = (partition: number, highWatermark: number, lastStableOffset: number, from = 0) => ({
    ...{ topic: 't', partition, begin: 0, from },
    end: { highWatermark, lastStableOffset },
  });

  it.each([
    {
      what: 'ends where logs ended at first, beside transactions of somebody else that never cease',
      looks: [[ended(0, 10, 6)], [ended(0, 14, 9)], [ended(0, 19, 12)], [ended(0, 25, 20)]],
      asks: 3,
      read: [ended(0, 10, 10)],
    },
    {
      what: 'waits for replicas that are behind, and for nothing that came later',
      looks: [[behind(10, 13)], [behind(10, 15)], [behind(14, 19)]],
      asks: 3,
      read: [ended(0, 13, 13)],
    },
    {
      what: 'says what replicas have not got when they do not catch up',
      looks: [[behind(10, 13)]],
      asks: 3,
      read: [behind(10, 13)],
    },
    {
      what: 'looks anew at a log whose end was cut off before it was replicated',
      looks: [[behind(10, 13)], [behind(10, 11)], [behind(11, 11)]],
      asks: 3,
      read: [ended(0, 11, 11)],
    },
    {
      what: 'calls open what was so at first, and nothing behind it',
      looks: [[ended(0, 10, 6)], [ended(0, 14, 6)]],
      asks: 3,
      read: [ended(0, 10, 6)],
    },
    {
      what: 'waits for partitions that are added meanwhile, each from its own first look on',
      looks: [[ended(0, 10, 6)], [ended(0, 14, 12), ended(1, 3, 1)], [ended(0, 15, 12), ended(1, 5, 4)]],
      asks: 3,
      read: [ended(0, 10, 10), ended(1, 3, 3)],
    },
    {
      what: 'looks anew at a log that was made again or cut off',
      looks: [[ended(0, 10, 6)], [ended(0, 4, 4)]],
      asks: 2,
      read: [ended(0, 4, 4)],
    },
    {
      what: 'takes the tail that belongs to that end',
      looks: [[ended(0, 10, 6, 5)], [ended(0, 40, 30, 35)]],
      asks: 2,
      read: [ended(0, 10, 10, 5)],
    },
  ])('$what', async ({ looks, asks, read }) => {
    let asked = 0;
    const verification = {
      readUncommitted: true,
      measureStart: null,
      partitions: () => Promise.resolve(looks[Math.min(asked++, looks.length - 1)]!),
      deadLetters: readDeadLetters,
      audited: () => undefined,
    };
    const { done, worker } = scene([10], {
      verification: verification as unknown as Verification,
      limit: 300_000,
    });
    const reader = await worker();
    expect(planOf(reader).partitions).toEqual(read);
    expect(asked).toBe(asks);
    reader.fail(new Error());
    await done;
  });

  it('reads what it can when they hang', async () => {
    const { done, worker } = scene([6], { limit: 50_000 });
    const reader = await worker();
    expect(planOf(reader).partitions).toEqual([partitionTo(6)]);
    reader.fail(new Error());
    await done;
  });
});

describe('an audit that fails', () => {
  it('is part of the verdict, not of the run', async () => {
    const { done, worker, audited } = scene();
    const reader = await worker();
    reader.beReady();
    reader.fail(new Error('audit was killed by SIGKILL while it was working'));
    await done;
    expect(audited).toEqual(['audit was killed by SIGKILL while it was working']);
    expect(reader.ended).toBe(1);
  });

  it('needs no reader for that: the cluster may not answer', async () => {
    const audited: (string | null)[] = [];
    const verification = {
      partitions: () => Promise.reject(new Error('no broker')),
      audited: (failure: string | null) => audited.push(failure),
    };
    const { done } = scene([10], { verification: verification as unknown as Verification });
    await done;
    expect(audited).toEqual(['no broker']);
    expect(FakeWorker.workers).toHaveLength(0);
  });

  it.each(['before its reader is ready', 'while it reads'])('is cut short with the run, %s', async (when) => {
    const { done, worker, audited, cut } = scene();
    const reader = await worker();
    if (when === 'while it reads') {
      reader.beReady();
      await vi.waitUntil(() => reader.starts.length > 0, { interval: 5 });
    }
    cut.abort();
    await done;
    expect(audited).toEqual(['the run was cut short']);
    expect(reader.ended).toBe(1);
  });

  it('ends where it is when the run is asked to stop meanwhile, and what it has read is judged', async () => {
    const { done, worker, audited, stop } = scene();
    const reader = await worker();
    reader.onStop = () => reader.finish();
    reader.beReady();
    await vi.waitUntil(() => reader.starts.length > 0, { interval: 5 });
    expect(reader.stops).toEqual([]);
    stop.abort();
    await done;
    expect(reader.stops).toHaveLength(1);
    expect(audited).toEqual(['interrupted']);
    expect(reader.ended).toBe(1);
  });

  it('waits neither for its reader nor for open transactions once it is asked to stop', async () => {
    const { done, worker, audited, stop } = scene([6]);
    stop.abort();
    const reader = await worker();
    reader.onStop = () => reader.finish();
    reader.beReady();
    await done;
    expect(audited).toEqual(['interrupted']);
  });

  it('reads all of a run that had been stopped before', async () => {
    const { done, worker, audited } = scene([10], { stop: AbortSignal.abort() });
    const reader = await worker();
    reader.beReady();
    await vi.waitUntil(() => reader.starts.length > 0, { interval: 5 });
    expect(reader.stops).toEqual([]);
    reader.finish();
    await done;
    expect(audited).toEqual([null]);
  });

  it('does not wait for open transactions once it is cut', async () => {
    const { done, cut, audited } = scene([6]);
    const from = monotonic.now();
    setTimeout(() => cut.abort(), 10);
    await done;
    expect(audited).toEqual(['the run was cut short']);
    expect(monotonic.now() - from).toBeLessThan(8e6);
  });
});
