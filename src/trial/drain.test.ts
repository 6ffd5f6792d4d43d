import { describe, expect, it } from 'vitest';
import type { Admin } from '../cluster/admin/admin.ts';
import { monotonic } from '../base/clock.ts';
import { virtualTime } from '../base/virtual-time.case.ts';
import type { ProducePlan } from '../protocol/plan.ts';
import type { ClientProgress } from '../protocol/report.ts';
import type { Crew } from './workers/crew.ts';
import { deliveredByTopic, drainConsumers, readersOf } from './drain.ts';
import {
  clientProgress,
  consumePlan as planOf,
  consumerClientPlan as client,
} from '../protocol/protocol.case.ts';

const second = 1e6;

const progress = (more: Partial<ClientProgress> = {}) =>
  clientProgress({ side: 'consumer', name: 'reader', ...more });

/** A crew whose clients say what the test lets them say. */
class FakeCrew {
  progress: ClientProgress[];
  stops = 0;
  constructor(...clients: ClientProgress[]) {
    this.progress = clients;
  }
  stopConsumers(): void {
    this.stops++;
  }
}

/** Partitions by topic; without an end of the leader's log it does not tell. */
function adminAt(ends: Record<string, readonly (readonly [start: number, end: number, logEnd?: number])[]>) {
  const asked: string[] = [];
  const admin = {
    offsets: (topic: string) => {
      asked.push(topic);
      return Promise.resolve(
        ends[topic]!.map(([start, end], partition) => ({ partition, start, end, stable: end })),
      );
    },
    logEnds: (topic: string) => {
      const told = ends[topic]!.flatMap(([, , logEnd], i) =>
        logEnd === undefined ? [] : [[i, logEnd] as const],
      );
      return told.length > 0 ? Promise.resolve(new Map(told)) : Promise.reject(new Error('too old'));
    },
  } as unknown as Admin;
  return { admin, asked };
}

async function drained(
  crew: FakeCrew,
  more: Partial<Parameters<typeof drainConsumers>[0]> = {},
): Promise<{ codes: string[]; messages: string[]; unread: number[]; took: number }> {
  const from = monotonic.now();
  const { warnings, unread } = await drainConsumers({
    crew: crew as unknown as Crew,
    admin: null,
    readers: readersOf([planOf(client())]),
    delivered: new Map([['t', 100]]),
    stamped: true,
    limit: 10 * second,
    cut: new AbortController().signal,
    ...more,
  });
  return {
    codes: warnings.map(({ code }) => code),
    messages: warnings.map(({ message }) => message),
    unread: [...unread],
    took: (monotonic.now() - from) / second,
  };
}

virtualTime();

describe('drainConsumers', () => {
  it('ends at once when the members of the group have everything together', async () => {
    const crew = new FakeCrew(progress({ received: 60 }), progress({ index: 1, received: 40 }));
    const readers = readersOf([planOf(client({ of: 2 }), client({ index: 1, of: 2 }))]);
    expect(await drained(crew, { readers })).toMatchObject({ codes: [] });
    expect(crew.stops).toBe(1);
  });

  it('waits for messages that are still under way', async () => {
    const crew = new FakeCrew(progress({ received: 99 }));
    setTimeout(() => (crew.progress = [progress({ received: 100 })]), 150);
    const { codes, took } = await drained(crew);
    expect(codes).toEqual([]);
    expect(took).toBeGreaterThan(0.14);
  });

  it('does not take a backlog for this run’s messages', async () => {
    const crew = new FakeCrew(progress({ received: 150, foreign: 100 }));
    expect((await drained(crew, { limit: 0.3 * second })).codes).toEqual(['drain-incomplete']);
    // Where nothing is stamped they cannot be told apart, and the count is all there is.
    expect((await drained(crew, { stamped: false })).codes).toEqual([]);
  });

  it('waits for what the leader has and its replicas have not, which is unread where nobody may read it', async () => {
    const { admin } = adminAt({ t: [[0, 50, 100]] });
    const crew = new FakeCrew(progress({ received: 50, positions: { 't/0': 50 } }));
    expect(await drained(crew, { admin, limit: 3 * second })).toMatchObject({
      ...{ codes: ['drain-incomplete'], unread: [0] },
    });
    setTimeout(() => (crew.progress = [progress({ received: 100, positions: { 't/0': 100 } })]), 2000);
    const { codes, unread, took } = await drained(crew, { admin });
    expect({ codes, unread }).toEqual({ codes: [], unread: [] });
    expect(took).toBeGreaterThan(1.9);
  });

  it('waits for the logs’ ends, not for a number: messages that never arrived are not waited for', async () => {
    const { admin, asked } = adminAt({
      t: [
        [0, 50],
        [7, 47],
        [0, 0],
      ],
    });
    const crew = new FakeCrew(progress({ received: 90, positions: { 't/0': 50, 't/1': 46 } }));
    setTimeout(
      () => (crew.progress = [progress({ received: 91, positions: { 't/0': 50, 't/1': 47 } })]),
      200,
    );
    const { codes, took } = await drained(crew, { admin });
    expect(codes).toEqual([]);
    expect(took).toBeGreaterThan(0.19);
    expect(asked).toEqual(['t']);
  });

  it('takes an end back when nobody comes to it: a log may have been cut', async () => {
    const ends: Record<string, [number, number][]> = { t: [[0, 50]] };
    const { admin } = adminAt(ends);
    setTimeout(() => (ends['t'] = [[0, 40]]), 100);
    const crew = new FakeCrew(progress({ received: 90, positions: { 't/0': 40 } }));
    const { codes, unread, took } = await drained(crew, { admin });
    expect([codes, unread]).toEqual([[], []]);
    expect(took).toBeGreaterThan(1);
  });

  it('says who still had something to read', async () => {
    const { admin } = adminAt({ t: [[0, 50]] });
    const crew = new FakeCrew(progress({ received: 90, positions: { 't/0': 49 } }));
    expect(await drained(crew, { admin, limit: 0.3 * second })).toMatchObject({
      codes: ['drain-incomplete'],
      unread: [0],
    });
  });

  it('warns at its limit, naming the reader, when messages are missing and nobody knows the end', async () => {
    const crew = new FakeCrew(progress({ received: 99 }));
    const readers = readersOf([planOf(client()), planOf(client({ name: 'alone', group: null }))]);
    crew.progress.push(progress({ name: 'alone', received: 100 }));
    const { codes, took } = await drained(crew, { readers, limit: 0.3 * second });
    expect(codes).toEqual(['drain-incomplete']);
    expect(took).toBeGreaterThan(0.25);
    expect(crew.stops).toBe(1);
  });

  it('asks once where nobody answers, however many wait for it, and each for as long as it may', async () => {
    const asked: string[] = [];
    const ends = [{ partition: 0, start: 0, end: 0, stable: 0 }];
    const offsets = (topic: string) => {
      asked.push(topic);
      return topic === 't' ? new Promise(() => undefined) : Promise.resolve(ends);
    };
    const plans = ['a', 'b', 'c'].map((name) => planOf(client({ name, group: name })));
    const other = planOf(client({ name: 'd', group: 'd', topics: ['u'] }));
    const crew = new FakeCrew(...['a', 'b', 'c', 'd'].map((name) => progress({ name })));
    const readers = readersOf([...plans, other]);
    const admin = { offsets, logEnds: () => Promise.resolve(new Map()) } as unknown as Admin;
    const { codes, took } = await drained(crew, { admin, readers, limit: 0.3 * second });
    expect(codes).toEqual(Array(3).fill('drain-incomplete'));
    expect(took).toBeLessThan(0.5);
    expect(asked).toEqual(['t', 'u']);
  });

  it('says what the reader met last', async () => {
    const met = { code: '_TRANSPORT', message: 'b:1/1: Connection refused' };
    const { messages } = await drained(new FakeCrew(progress({ received: 60, met })));
    expect(messages).toEqual([
      'g had not received everything after the drain limit of 10 s; its last error: _TRANSPORT: b:1/1: Connection refused',
    ]);
  });

  it('leaves consumers with an idle timeout to end by themselves', async () => {
    const readers = readersOf([planOf(client({ idleTimeout: 1000 }))]);
    const crew = new FakeCrew(progress({ received: 100 }));
    setTimeout(() => (crew.progress = [progress({ received: 100, state: 'done' })]), 250);
    const { codes, took } = await drained(crew, { readers });
    expect(codes).toEqual([]);
    expect(took).toBeGreaterThan(0.2);
  });

  it('does not wait for those that have ended, whatever they got', async () => {
    const crew = new FakeCrew(progress({ received: 3, state: 'done' }));
    expect(await drained(crew)).toMatchObject({ codes: [] });
  });

  it('ends without a warning when it is cut', async () => {
    const cut = new AbortController();
    setTimeout(() => cut.abort(), 50);
    const { codes, took } = await drained(new FakeCrew(progress()), { cut: cut.signal, limit: 20 * second });
    expect(codes).toEqual([]);
    expect(took).toBeLessThan(5);
  });
});

describe('readersOf', () => {
  it('takes the members of a group together, and each client without one by itself', () => {
    const readers = readersOf([
      planOf(client({ of: 2 }), client({ name: 'tail', group: null, of: 2 })),
      planOf(
        client({ index: 1, of: 2, topics: ['u', 't'] }),
        client({ name: 'tail', index: 1, group: null, of: 2 }),
      ),
    ]);
    expect(readers.map(({ label, topics }) => [label, topics])).toEqual([
      ['g', ['t', 'u']],
      ['tail/0', ['t']],
      ['tail/1', ['t']],
    ]);
    expect(readers[0]!.includes(progress({ index: 1 }))).toBe(true);
    expect(readers[0]!.includes(progress({ side: 'producer', index: 1 }))).toBe(false);
    expect(readers[1]!.includes(progress({ name: 'tail', index: 1 }))).toBe(false);
  });
});

it('deliveredByTopic counts what succeeded, by the cluster’s name of the topic', () => {
  const produce = {
    role: 'produce',
    clients: [
      { name: 'a', topic: 't-1' },
      { name: 'b', topic: 't-1' },
      { name: 'c', topic: 'u-1' },
    ],
  } as unknown as ProducePlan;
  const delivered = deliveredByTopic(
    [produce, planOf(client())],
    [
      progress({ side: 'producer', name: 'a', attempted: 20, settled: 10, failed: 2 }),
      progress({ side: 'producer', name: 'a', index: 1, settled: 5 }),
      progress({ side: 'producer', name: 'b', settled: 1 }),
      progress({ side: 'producer', name: 'c', settled: 4, failed: 4 }),
      progress({ received: 99 }),
    ],
  );
  expect([...delivered]).toEqual([
    ['t-1', 14],
    ['u-1', 0],
  ]);
});
