import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { monotonic, sleep } from '../../base/clock.ts';
import { virtualTime } from '../../base/virtual-time.case.ts';
import type { ConsumerEvents } from '../kafka/consumer.ts';
import { ENVELOPE_BYTES } from '../../protocol/envelope.ts';
import { recordKinds } from '../../protocol/evidence/record.ts';
import { ConsumerEvidence } from './consumer/consumer-evidence.ts';
import {
  joined,
  leaveMillis,
  message,
  placed,
  run,
  scene as sceneOf,
  settleMillis,
  type FakeClient,
} from './consumer/consumer-session.case.ts';
import { evidenceDirectory, evidenceIn } from './evidence-file.case.ts';
import { EvidenceFile } from './evidence-file.ts';
import type { ConsumerClientPlan } from '../../protocol/plan.ts';

virtualTime();

vi.mock('../kafka/consumer.ts', () => ({
  ConsumerClient: {
    connect: ({ client }: { client: FakeClient }, events: ConsumerEvents) => {
      client.events = events;
      return Promise.resolve(client);
    },
  },
}));

const directories: string[] = [];
afterAll(() => directories.forEach((each) => rmSync(each, { recursive: true, force: true })));

const { assigned, revoked, processed, committed, broken } = recordKinds;
const names = new Map(Object.entries(recordKinds).map(([name, kind]) => [kind, name]));
const refusal = Object.assign(new Error('rebalance'), { code: 27 });

/** A session that writes down what it does, and its file as it is at any moment: what a SIGKILL would leave. */
function scene(more: Partial<ConsumerClientPlan> = {}) {
  const directory = evidenceDirectory();
  directories.push(directory);
  const file = new EvidenceFile(directory, 'member-0.kbev', run, 65_536);
  const evidence = new ConsumerEvidence({ group: 0, member: 0, topics: ['t'] }, file, monotonic);
  const made = sceneOf({ idleTimeout: 100_000, ...more }, evidence);
  const found = () => evidenceIn(join(directory, 'member-0.kbev'));
  const of = (...kinds: readonly number[]) => found().records.filter(({ kind }) => kinds.includes(kind));
  /** The offsets of partition 0 that the file has as processed. */
  const offsets = (): number[] =>
    of(processed)
      .filter(({ partition }) => partition === 0)
      .flatMap(({ offset, count }) => Array.from({ length: count }, (_, i) => offset + i));
  /** The run's start to its end, with messages that come once it reads. */
  const taking = async (work: () => void) => {
    await joined(made.session, made.client);
    const running = made.begin();
    await sleep(settleMillis);
    work();
    await running;
  };
  const push = (from: number, to: number) => {
    for (let i = from; i < to; i++) made.client.log.push(message(0, i, 0));
  };
  return { ...made, found, of, offsets, taking, push };
}

describe('the evidence of a consumer', () => {
  it.each([
    { kind: 'each' as const },
    { kind: 'every' as const, messages: 4 },
    { kind: 'interval' as const, interval: 1 },
  ])('is in its file before an offset is committed: $kind', async (commit) => {
    const { client, taking, push, offsets, of } = scene({ commit });
    const missing: number[] = [];
    client.onCommit = ([position]) => {
      const there = new Set(offsets());
      for (let i = 0; i < position!.offset!; i++) if (!there.has(i)) missing.push(i);
      return null;
    };
    await taking(() => push(0, 10));
    expect(client.commits.length).toBeGreaterThan(0);
    expect(missing).toEqual([]);
    expect(offsets()).toHaveLength(10);
    // And each commit that was confirmed is written down.
    expect(of(committed).map(({ offset }) => offset)).toEqual(
      client.commits.map(([position]) => position!.offset),
    );
  });

  it('shows that an offset was committed before its message was processed', async () => {
    const { client, taking, push, offsets, of } = scene({ commit: { kind: 'before-processing' } });
    const processedBefore: number[] = [];
    client.onCommit = () => {
      processedBefore.push(offsets().length);
      return null;
    };
    await taking(() => push(0, 10));
    expect(processedBefore).toEqual([0]);
    expect(
      of(committed, processed).map(({ kind, offset, count }) => [names.get(kind), offset, count]),
    ).toEqual([
      ['committed', 10, 1],
      ['processed', 0, 10],
    ]);
  });

  it('does not take a refused commit for one', async () => {
    const { client, taking, push, of, offsets } = scene({ commit: { kind: 'each' } });
    client.onCommit = () => (client.commits.length === 1 ? refusal : null);
    await taking(() => push(0, 2));
    expect(of(committed).map(({ offset }) => offset)).toEqual([2]);
    expect(offsets()).toEqual([0, 1]);
  });

  it('has a commit at the time of its request, before a rebalance that came ahead of the answer', async () => {
    const { client, taking, push, of } = scene({ commit: { kind: 'each' } });
    client.commitMillis = 20;
    client.onCommit = () => {
      if (client.commits.length === 1) setTimeout(client.revoke, 5);
      return null;
    };
    await taking(() => push(0, 1));
    const records = of(committed, revoked);
    expect(records.map(({ kind }) => names.get(kind))).toEqual(['committed', 'revoked', 'revoked']);
    expect(records[1]!.time - records[0]!.time).toBeGreaterThan(3e6);
  });

  it('is ahead of what librdkafka commits by itself: after each batch, and before the client closes', async () => {
    const { client, taking, push, offsets, found } = scene({
      commit: { kind: 'auto' },
      mode: { kind: 'batch', size: 5 },
    });
    const atBatch: number[] = [];
    const receive = client.receive.bind(client);
    client.receive = (max, timeout) => {
      atBatch.push(offsets().length);
      return receive(max, timeout);
    };
    client.onClose = () => expect(found()).toMatchObject({ open: true });
    await taking(() => push(0, 10));
    expect(atBatch.filter((count) => count > 0).slice(0, 2)).toEqual([5, 10]);
    expect(client.closed).toBe(true);
  });

  it('tells all that was processed before the client closes, whatever commits', async () => {
    const { client, taking, push, offsets } = scene({ commit: { kind: 'none' } });
    let atClose: number[] = [];
    client.onClose = () => (atClose = offsets());
    await taking(() => push(0, 3));
    expect(atClose).toEqual([0, 1, 2]);
  });

  it('names broken messages, which it processes as an application would', async () => {
    const { client, taking, push, of, offsets } = scene();
    await taking(() => {
      push(0, 3);
      client.log[1]!.value![ENVELOPE_BYTES]! ^= 1;
      // Of nobody's: foreign, not broken.
      client.log.push(message(1, 0));
    });
    expect(of(broken)).toMatchObject([{ topic: 0, partition: 0, offset: 1, count: 1 }]);
    expect(offsets()).toEqual([0, 1, 2]);
    expect(of(processed)).toHaveLength(2);
  });

  it('says nothing of messages that were read ahead of the start: nobody has processed them', async () => {
    const { client, session, push, begin, offsets } = scene();
    push(0, 5);
    const connecting = session.connect();
    await sleep(1);
    client.assign(0);
    await connecting;
    await placed(session);
    session.tick();
    expect(client.log).toEqual([]);
    expect(offsets()).toEqual([]);
    await begin();
    expect(offsets()).toEqual([0, 1, 2, 3, 4]);
  });

  it('tells which partitions it had, and ends whole: with those that closing took away', async () => {
    const { client, session, taking, push, found } = scene();
    client.onClose = client.revoke;
    await taking(() => push(0, 1));
    // A look at the wrong time.
    session.tick();
    const records = found().records.map(({ kind, partition }) => [names.get(kind), partition]);
    expect(records).toEqual([
      ['assigned', 0],
      ['assigned', 1],
      ['processed', 0],
      ['revoked', 0],
      ['revoked', 1],
    ]);
    expect(found()).toMatchObject({ open: false, damage: [] });
  });

  it('has the partitions of a client without a group too', async () => {
    const { client, session, push, begin, of, offsets } = scene({ group: null });
    client.assigned = [{ topic: 't', partition: 0 }];
    push(0, 1);
    await session.connect();
    await begin();
    expect(of(assigned)).toMatchObject([{ topic: 0, partition: 0 }]);
    expect(offsets()).toEqual([0]);
  });

  it('is brought up to date a few times a second', async () => {
    const { client, session, begin, push, offsets } = scene({ commit: { kind: 'none' }, idleTimeout: null });
    await joined(session, client);
    const running = begin();
    await sleep(settleMillis);
    push(0, 3);
    await vi.waitFor(() => expect(session.report().processed).toBe(3));
    expect(offsets()).toEqual([]);
    session.tick();
    expect(offsets()).toEqual([0, 1, 2]);
    session.stop(leaveMillis);
    await running;
  });
});
