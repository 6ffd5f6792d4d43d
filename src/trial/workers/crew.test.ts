import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BenchError } from '../../base/errors.ts';
import { monotonic } from '../../base/clock.ts';
import type { IntervalReport, ShownMessage } from '../../protocol/report.ts';
import {
  clientProgress,
  consumePlan,
  consumerClientPlan,
  producePlan,
  producerClientPlan,
} from '../../protocol/protocol.case.ts';
import { Crew, leaveMillis } from './crew.ts';
import { workerReport } from '../evidence.case.ts';
import { FakeWorker, isSettled } from './worker-process.case.ts';

vi.mock('./worker-process.ts', async () => ({
  WorkerProcess: (await import('./worker-process.case.ts')).FakeWorker,
}));
beforeEach(() => void (FakeWorker.workers.length = 0));

const reading = consumePlan(consumerClientPlan());
const writing = producePlan(producerClientPlan());

/** One process that consumes and one that produces. */
function scene() {
  const heard: unknown[] = [];
  const crew = new Crew([reading, writing], {
    interval: (interval) => heard.push(interval),
    shown: (message) => heard.push(message),
    warning: (warning) => heard.push(warning),
  });
  const [reader, writer] = FakeWorker.workers as [FakeWorker, FakeWorker];
  return { crew, reader, writer, heard };
}

describe('Crew', () => {
  it('is ready when all of its workers are', async () => {
    const { crew, reader, writer } = scene();
    const ready = crew.ready();
    reader.beReady({ role: 'consume', librdkafka: '2.12.1', features: ['sasl'] });
    expect(await isSettled(ready)).toBe(false);
    writer.beReady();
    expect(await ready).toEqual({ role: 'consume', librdkafka: '2.12.1', features: ['sasl'] });
  });

  it('agrees on one start, a moment ahead, in whole microseconds', () => {
    const { crew, reader, writer } = scene();
    const before = monotonic.now();
    const start = crew.start();
    expect([reader.starts, writer.starts]).toEqual([[start], [start]]);
    expect(start - before).toBeGreaterThanOrEqual(100_000);
    expect(Number.isInteger(start)).toBe(true);
  });

  it('says that it ends, before it waits for its workers', () => {
    const { crew } = scene();
    expect(crew.ending.aborted).toBe(false);
    void crew.end(1000);
    expect(crew.ending.aborted).toBe(true);
  });

  it('tells of a client that starts again what its new process says', () => {
    const { crew, reader } = scene();
    reader.progress(clientProgress({ side: 'consumer', name: 'reader' }));
    crew.start();
    expect(crew.stopClient(reading, 'kill', 0)).toBe(true);
    expect(crew.livingProgress).toEqual([]);
    const again = { ...reading, worker: "consumer-1'" };
    void crew.join(again);
    expect(crew.living).toEqual([writing, again]);
    expect(crew.livingProgress).toEqual([]);
    const told = clientProgress({ side: 'consumer', name: 'reader' });
    FakeWorker.workers.at(-1)!.progress(told);
    expect(crew.livingProgress).toEqual([told]);
  });

  it('passes on what workers say', () => {
    const { reader, heard } = scene();
    const interval = { second: 3 } as unknown as IntervalReport;
    const shown = { offset: 5 } as unknown as ShownMessage;
    const warning = { code: '_TRANSPORT', message: 'broker down' };
    reader.tell({ type: 'interval', interval });
    reader.tell({ type: 'shown', shown });
    reader.tell({ type: 'warning', warning });
    reader.tell({ type: 'heartbeat' });
    expect(heard).toEqual([interval, shown, warning]);
  });

  it('knows the last that each client said', () => {
    const { crew, reader, writer } = scene();
    const other = clientProgress({ side: 'consumer', index: 1 });
    reader.progress(clientProgress({ side: 'consumer', received: 1 }), other);
    writer.progress(clientProgress({ settled: 4 }));
    reader.progress(clientProgress({ side: 'consumer', received: 2 }));
    expect(crew.progress).toEqual([
      clientProgress({ side: 'consumer', received: 2 }),
      other,
      clientProgress({ settled: 4 }),
    ]);
  });

  it('adds up what its producers have acknowledged; errors are none', () => {
    const { crew, reader, writer } = scene();
    reader.progress(clientProgress({ side: 'consumer', settled: 1000 }));
    const other = clientProgress({ name: 'other', settled: 50, failed: 11 });
    writer.progress(clientProgress({ settled: 60 }), other);
    expect(crew.acked).toBe(99);
  });

  it('knows who has stopped: each of its clients, by itself or with its process', async () => {
    const { crew, reader, writer } = scene();
    const stopped = () => ['reader', 'writer', 'nobody'].map((name) => crew.hasStopped(name));
    expect(stopped()).toEqual([false, false, false]);
    reader.progress(clientProgress({ side: 'consumer', name: 'reader', state: 'done' }));
    expect(stopped()).toEqual([true, false, false]);
    writer.finish();
    await crew.producersFinished();
    expect(stopped()).toEqual([true, true, false]);
  });

  it('has finished on each side when the workers of that side have', async () => {
    const { crew, reader, writer } = scene();
    expect([crew.hasConsumers, crew.hasProducers]).toEqual([true, true]);
    writer.finish();
    await crew.producersFinished();
    const consumers = crew.consumersFinished();
    expect(await isSettled(consumers)).toBe(false);
    reader.finish();
    await consumers;
  });

  it('keeps the reports of those that gave one, and the last word of the others', async () => {
    const { crew, reader, writer } = scene();
    const report = workerReport({ worker: 'producer-1' });
    reader.progress(clientProgress({ side: 'consumer', received: 7 }));
    writer.progress(clientProgress({ settled: 4 }));
    writer.finish(report);
    await crew.producersFinished();
    expect(crew.reports).toEqual([report]);
    expect(crew.finished).toEqual([writing]);
    expect(crew.unreported).toEqual([
      { ...clientProgress({ side: 'consumer', received: 7 }), killedByPlan: false },
    ]);
    expect(crew.pids).toEqual([reader.pid, writer.pid]);
  });

  it('fails when any worker does, and waits for it no longer than the run does', async () => {
    const { crew, reader } = scene();
    reader.fail(new BenchError('worker', 'consumer-1 was killed by SIGKILL while it was working'));
    await expect(crew.failure).rejects.toThrow('killed by SIGKILL');
    expect(await isSettled(crew.consumersFinished())).toBe(false);
    await expect(crew.ready()).rejects.toThrow('killed by SIGKILL');
  });

  it('tells all workers that the measured phase has ended, also those that join later', async () => {
    const { crew, reader, writer } = scene();
    crew.start();
    crew.endPhase(7e6);
    const joining = crew.join({ ...reading });
    const joined = FakeWorker.workers[2]!;
    joined.beReady();
    await joining;
    expect([reader, writer, joined].map(({ phaseEnds }) => phaseEnds)).toEqual([[7e6], [7e6], [7e6]]);
    expect(joined.starts).toHaveLength(1);
  });

  it('stops each side by itself', () => {
    const { crew, reader, writer } = scene();
    crew.stopProducers(700);
    expect([reader.stops, writer.stops]).toEqual([[], [700]]);
    crew.stopConsumers();
    expect([reader.stops, writer.stops]).toEqual([[leaveMillis], [700]]);
  });
});

describe('a client that the scenario stops', () => {
  it('leaves in order: it reports, and is waited for until then', async () => {
    const { crew, reader } = scene();
    expect(crew.stopClient(reading, 'leave', 250)).toBe(true);
    expect([reader.stops, reader.ended]).toEqual([[250], 0]);
    const consumers = crew.consumersFinished();
    expect(await isSettled(consumers)).toBe(false);
    reader.finish();
    await consumers;
    expect(crew.finished).toEqual([reading]);
  });

  it('is gone when it is killed: nobody waits for it, and that is no failure', async () => {
    const { crew, reader } = scene();
    reader.progress(clientProgress({ side: 'consumer', received: 7, atEnd: false }));
    expect(crew.stopClient(reading, 'kill', 250)).toBe(true);
    expect([reader.stops, reader.ended]).toEqual([[], 1]);
    await crew.consumersFinished();
    expect(crew.finished).toEqual([]);
    expect(await isSettled(crew.failure)).toBe(false);
    const last = clientProgress({ side: 'consumer', received: 7, atEnd: true, state: 'done' });
    expect(crew.progress).toEqual([last]);
    expect(crew.unreported).toEqual([{ ...last, killedByPlan: true }]);
    // What it had said before may still be on its way.
    reader.progress(clientProgress({ side: 'consumer', received: 8, atEnd: false }));
    expect(crew.progress).toEqual([last]);
  });

  it('ends a wait that had begun before it was killed', async () => {
    const { crew } = scene();
    const consumers = crew.consumersFinished();
    expect(await isSettled(consumers)).toBe(false);
    crew.stopClient(reading, 'kill', 250);
    await consumers;
  });

  it('starts again as one more worker with the same time zero, which is waited for', async () => {
    const { crew, reader } = scene();
    const start = crew.start();
    crew.stopClient(reading, 'kill', 0);
    const again = { ...reading, worker: "consumer-1'" };
    const joining = crew.join(again);
    const [, , joined] = FakeWorker.workers;
    expect(joined!.plan).toBe(again);
    expect(joined!.starts).toEqual([]);
    joined!.beReady();
    await joining;
    expect(joined!.starts).toEqual([start]);
    const consumers = crew.consumersFinished();
    expect(await isSettled(consumers)).toBe(false);
    joined!.finish();
    await consumers;
    expect(crew.finished).toEqual([again]);
    // A stop of the first one, which is over, is nobody's.
    expect(crew.stopClient(reading, 'leave', 1)).toBe(false);
    expect([reader.stops, joined!.stops]).toEqual([[], []]);
  });

  it('keeps the wait for its side going when it joins meanwhile', async () => {
    const { crew, reader } = scene();
    crew.start();
    const consumers = crew.consumersFinished();
    await isSettled(consumers);
    void crew.join({ ...reading });
    reader.finish();
    expect(await isSettled(consumers)).toBe(false);
    FakeWorker.workers[2]!.finish();
    await consumers;
  });

  it('fails the run when it does not come up', async () => {
    const { crew } = scene();
    crew.start();
    const joining = crew.join({ ...reading });
    FakeWorker.workers[2]!.fail(new Error('no partitions'));
    await expect(joining).rejects.toThrow('no partitions');
    await expect(crew.failure).rejects.toThrow('no partitions');
  });

  it('does not start again when all are leaving, or before anybody has started', async () => {
    const { crew } = scene();
    await crew.join({ ...reading });
    crew.start();
    crew.stopConsumers();
    await crew.join({ ...reading });
    expect(FakeWorker.workers).toHaveLength(2);
  });
});

describe('the end of a crew', () => {
  it('kills those that do not end when they have been stopped, and names them', async () => {
    const { crew, reader, writer } = scene();
    reader.progress(clientProgress({ side: 'consumer', name: 'reader', received: 7 }));
    crew.stopConsumers();
    expect(await crew.endLate('consume', 0)).toEqual([reader.plan.worker]);
    expect([reader.ended, writer.ended]).toEqual([1, 0]);
    expect(crew.unreported).toMatchObject([{ name: 'reader', received: 7, killedByPlan: false }]);
    expect(await crew.endLate('consume', 0)).toEqual([]);
  });

  it('is at once where nobody is given time', async () => {
    const { crew, reader, writer } = scene();
    await crew.end(0);
    expect([reader.stops, writer.stops, reader.ended, writer.ended]).toEqual([[], [], 1, 1]);
  });

  it('lets those that still run report first', async () => {
    const { crew, reader, writer } = scene();
    reader.onStop = () => reader.finish();
    writer.onStop = () => writer.finish();
    const from = monotonic.now();
    await crew.end(10_000);
    expect(monotonic.now() - from).toBeLessThan(5e6);
    expect([reader.stops, writer.stops, reader.ended, writer.ended]).toEqual([[5000], [5000], 1, 1]);
    expect(crew.reports).toHaveLength(2);
  });

  it('does not wait longer than that for one that does not', async () => {
    const { crew, reader, writer } = scene();
    writer.onStop = () => writer.finish();
    await crew.end(20);
    expect([reader.ended, writer.ended]).toEqual([1, 1]);
    expect(crew.reports).toHaveLength(1);
  });
});
