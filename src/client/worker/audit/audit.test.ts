import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ReceivedMessage, TopicPartition } from '../../kafka/binding.ts';
import type { ConsumerEvents } from '../../kafka/consumer.ts';
import { ENVELOPE_BYTES, EnvelopeWriter } from '../../../protocol/envelope.ts';
import { headersOf } from '../consumer/dead-letter-headers.ts';
import { codes, recordKinds } from '../../../protocol/evidence/record.ts';
import { keyHash } from '../../../protocol/evidence/key-hash.ts';
import { AuditRole } from './audit.ts';
import type { Channel } from '../channel.ts';
import { evidenceDirectory, evidenceIn } from '../evidence-file.case.ts';
import type { FromWorker } from '../../../protocol/messages.ts';
import type { AuditedPartition, AuditPlan } from '../../../protocol/plan.ts';

type Step = (client: FakeClient) => readonly ReceivedMessage[];

/** Each receive() takes the next step of the test; when there is none, it waits for its time in vain. */
class FakeClient {
  events!: ConsumerEvents;
  config: unknown;
  assigned: readonly Required<TopicPartition>[] = [];
  readonly low = new Map<number, number>();
  readonly high = new Map<number, number>();
  readonly time = { now: 0 };
  steps: Step[] = [];
  calls = 0;
  closed = false;
  /** Why no reader of committed records is made of it, and for which topic nobody tells offsets. */
  refusesCommitted: Error | null = null;
  refusedTopic = '';
  /** How many partitions each question for their offsets named. */
  readonly asked: number[] = [];

  readonly assignFrom = (partitions: readonly Required<TopicPartition>[]) => (this.assigned = partitions);

  logOffsets(at: 'start' | 'end', partitions: readonly TopicPartition[]) {
    if (partitions.length > 0) this.asked.push(partitions.length);
    if (partitions.some(({ topic }) => topic === this.refusedTopic)) {
      const cause = Object.assign(new Error('Broker: Topic authorization failed'), { code: 29 });
      return Promise.reject(new Error(`no offsets of ${this.refusedTopic}/0`, { cause }));
    }
    const offsets = at === 'start' ? this.low : this.high;
    return Promise.resolve(partitions.map(({ partition }) => offsets.get(partition) ?? 0));
  }
  async receive(_max: number, timeoutMillis: number): Promise<readonly ReceivedMessage[]> {
    if (++this.calls > 10_000) throw new Error('the reader goes on for ever');
    await Promise.resolve();
    const step = this.steps.shift();
    if (step === undefined) this.time.now += timeoutMillis * 1000;
    return step === undefined ? [] : step(this);
  }
  close() {
    this.closed = true;
    return Promise.resolve();
  }
}

vi.mock('../../kafka/consumer.ts', () => ({
  ConsumerClient: {
    connect: (config: { client: FakeClient; 'isolation.level': string }, events: ConsumerEvents) => {
      const { refusesCommitted } = config.client;
      if (refusesCommitted !== null && config['isolation.level'] === 'read_committed')
        return Promise.reject(refusesCommitted);
      config.client.events = events;
      config.client.config = config;
      return Promise.resolve(config.client);
    },
  },
}));

let directory: string;
beforeEach(() => (directory = evidenceDirectory()));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const run = 77;
const patience = 5e6;
const writer = new EnvelopeWriter({ run, producer: 3, incarnation: 1 });

/** Of this run, its sequence the same as its offset. */
function message(partition: number, offset: number, key: Buffer | null = null, by = writer): ReceivedMessage {
  const value = Buffer.alloc(ENVELOPE_BYTES + 4, 'x');
  by.stamp(value, 0, offset, 0, key, value, ENVELOPE_BYTES);
  return { topic: 't', partition, offset, key, value, size: value.length, leaderEpoch: 2 };
}

const messages = (partition: number, from: number, to: number): ReceivedMessage[] =>
  Array.from({ length: to - from }, (_, i) => message(partition, from + i));

const eof =
  (partition: number, offset: number): Step =>
  (client) => {
    client.events.endOfPartition('t', partition, offset);
    return [];
  };

function partitionOf(more: Partial<AuditedPartition> = {}): AuditedPartition {
  const end = { highWatermark: 10, lastStableOffset: 10 };
  return { topic: 't', partition: 0, begin: 0, from: 0, end, ...more };
}

async function scene(
  partitions: readonly AuditedPartition[],
  more: {
    committed?: boolean;
    keys?: boolean;
    measureStart?: number;
    deadLetters?: AuditPlan['deadLetters'];
  } = {},
) {
  const client = new FakeClient();
  const sent: FromWorker[] = [];
  const channel: Channel = { send: (each) => sent.push(each), onMessage: () => undefined };
  const isolation = more.committed ? 'read_committed' : 'read_uncommitted';
  const plan: AuditPlan = {
    role: 'audit',
    worker: 'audit',
    run,
    seed: 0,
    showMessagesPerSecond: 0,
    evidence: { directory, topics: ['other', 't'] },
    config: { client, 'isolation.level': isolation } as unknown as AuditPlan['config'],
    partitions,
    deadLetters: more.deadLetters ?? { topics: [], partitions: [], groups: new Map() },
    keys: more.keys ?? false,
    measureStart: more.measureStart ?? null,
    patience,
  };
  const role = new AuditRole(plan, channel, { now: () => client.time.now });
  await role.connect();
  const found = () => evidenceIn(join(directory, 'audit.kbev'));
  const of = (kind: number, partition = 0) =>
    found().records.filter((record) => record.kind === kind && record.partition === partition);
  return {
    ...{ client, role, sent, found },
    log: (partition?: number) => of(recordKinds.log, partition),
    ranges: (partition?: number) => of(recordKinds.logRange, partition),
    times: (partition?: number) => of(recordKinds.logTime, partition),
    end: (partition?: number) => of(recordKinds.logEnd, partition)[0],
    atEnd: () => role.progress()[0]!.atEnd,
    met: () => role.progress()[0]!.met,
  };
}

describe('AuditRole', () => {
  it('reads dead letters first, and how far it came', async () => {
    const dead = (offset: number, original: number): ReceivedMessage => {
      const of = message(0, original);
      const headers = headersOf(of, { group: 'g-1', attempts: 1, error: 'no' });
      return { ...of, topic: 'dead', offset, headers };
    };
    const topic = { topic: 'dead', partition: 0, begin: 5, from: 5 };
    const end = { highWatermark: 9, lastStableOffset: 9 };
    const deadLetters = { topics: ['dead'], partitions: [{ ...topic, end }], groups: new Map([['g-1', 2]]) };
    const { client, role, found, log } = await scene([partitionOf()], { deadLetters });
    const assigned: unknown[] = [];
    const foreign = { ...message(0, 6), topic: 'dead', value: Buffer.from('x') };
    client.steps = [
      () => [dead(5, 3), foreign, dead(7, 4)],
      () => (assigned.push(client.assigned), [dead(8, 4)]),
      () => (assigned.push(client.assigned), messages(0, 0, 10)),
    ];
    await role.run();
    expect(assigned).toEqual([
      [{ topic: 'dead', partition: 0, offset: 5 }],
      [{ topic: 't', partition: 0, offset: 0 }],
    ]);
    const letter = { code: codes.deadLetter.ok, topic: 1, partition: 0, client: 3, part: 1, value: 2 };
    expect(found().records.slice(0, 4)).toMatchObject([
      { kind: recordKinds.deadLetter, ...letter, sequence: 3, offset: 3, stride: 0, count: 0, time: 5 },
      { kind: recordKinds.deadLetter, ...letter, sequence: 4, offset: 4, time: 7 },
      { kind: recordKinds.deadLetter, ...letter, sequence: 4, offset: 4, time: 8 },
      { kind: recordKinds.deadLetterEnd, stride: 0, count: 0, offset: 9, sequence: 9, time: 0 },
    ]);
    expect(log()).toMatchObject([{ sequence: 0, offset: 0, count: 10 }]);
  });

  it('reads each partition from its place to its end, and seals what it found', async () => {
    const { client, role, found, log, end, atEnd } = await scene([
      partitionOf(),
      partitionOf({ partition: 1, begin: 5, from: 5, end: { highWatermark: 7, lastStableOffset: 7 } }),
    ]);
    client.low.set(1, 5);
    client.steps = [() => messages(0, 0, 4), () => messages(1, 5, 7), () => messages(0, 4, 10)];
    await role.run();
    expect(client.assigned).toEqual([
      { topic: 't', partition: 0, offset: 0 },
      { topic: 't', partition: 1, offset: 5 },
    ]);
    const ours = { code: codes.log.ok, topic: 1, client: 3, part: 1, value: 2, stride: 1, time: 0 };
    expect(log()).toMatchObject([{ ...ours, sequence: 0, offset: 0, count: 10 }]);
    expect(log(1)).toMatchObject([{ ...ours, sequence: 5, offset: 5, count: 2 }]);
    expect([end(), end(1)]).toMatchObject([
      { topic: 1, offset: 10, sequence: 10, time: 10 },
      { topic: 1, offset: 7, sequence: 7, time: 7 },
    ]);
    expect(found()).toMatchObject({ open: false, damage: [] });
    expect(atEnd()).toBe(true);
    expect(role.progress()[0]).toMatchObject({ side: 'consumer', name: 'audit', received: 12 });
    expect(client.closed).toBe(true);
  });

  it('asks once for all partitions where their logs begin, before it reads and after', async () => {
    const partitions = Array.from({ length: 300 }, (_, partition) => partitionOf({ partition, end: null }));
    const { client, role, ranges } = await scene(partitions);
    client.high.set(7, 2);
    client.steps = [() => messages(7, 0, 2)];
    await role.run();
    expect(client.asked).toEqual([300, 300, 300]);
    expect(client.assigned).toEqual([{ topic: 't', partition: 7, offset: 0 }]);
    expect(ranges(299)).toHaveLength(2);
  });

  it('comes to an end in offsets that no message has when it is told of it', async () => {
    const { client, role, end } = await scene([partitionOf()]);
    client.steps = [() => messages(0, 0, 7), eof(0, 10)];
    await role.run();
    expect(end()).toMatchObject({ offset: 10, sequence: 10 });
    expect(client.calls).toBe(2);
  });

  it('has not read to the end where nobody says that it is one', async () => {
    const { client, role, end, atEnd } = await scene([partitionOf()]);
    client.steps = [() => messages(0, 0, 7)];
    await role.run();
    expect(end()).toMatchObject({ offset: 7, sequence: 10 });
    expect(atEnd()).toBe(false);
  });

  it('reads committed records to the last stable offset, others beyond it', async () => {
    const end = { highWatermark: 10, lastStableOffset: 6 };
    const committed = await scene([partitionOf({ end })], { committed: true });
    committed.client.steps = [() => messages(0, 0, 4), eof(0, 6)];
    await committed.role.run();
    expect(committed.end()).toMatchObject({ offset: 6, sequence: 10, time: 6 });
    expect(committed.client.calls).toBe(2);

    rmSync(join(directory, 'audit.kbev'));
    const all = await scene([partitionOf({ end })]);
    all.client.steps = [() => messages(0, 0, 6), () => messages(0, 6, 10)];
    await all.role.run();
    expect(all.end()).toMatchObject({ offset: 10, sequence: 10, time: 6 });
  });

  it('leaves out what came behind the end', async () => {
    const { client, role, log, end } = await scene([partitionOf()]);
    client.steps = [() => messages(0, 0, 14), () => messages(0, 14, 20)];
    await role.run();
    expect(log()).toMatchObject([{ offset: 0, count: 10 }]);
    expect(end()).toMatchObject({ offset: 10 });
    expect(role.progress()[0]).toMatchObject({ received: 10 });
    expect(client.calls).toBe(1);
  });

  it('comes to an end in offsets that no message has when a record behind it comes: nobody tells of an end', async () => {
    const topic = { topic: 'dead', partition: 0, begin: 0, from: 0 };
    const deadEnd = { highWatermark: 5, lastStableOffset: 5 };
    const { client, role, found, log, end, atEnd } = await scene([partitionOf()], {
      deadLetters: { topics: ['dead'], partitions: [{ ...topic, end: deadEnd }], groups: new Map() },
    });
    client.steps = [
      () => [{ ...message(0, 5), topic: 'dead' }],
      // Offset 9 is a transaction's marker, or compacted; somebody else goes on writing.
      () => messages(0, 0, 9),
      () => messages(0, 10, 12),
    ];
    await role.run();
    expect(client.calls).toBe(3);
    const letters = found().records.find(({ kind }) => kind === recordKinds.deadLetterEnd);
    expect(letters).toMatchObject({ offset: 5, sequence: 5 });
    expect(log()).toMatchObject([{ offset: 0, count: 9 }]);
    expect(end()).toMatchObject({ offset: 10 });
    expect(atEnd()).toBe(true);
    expect(role.progress()[0]).toMatchObject({ received: 9 });
  });

  it('skips a beginning that was deleted, and tells how much of it was', async () => {
    const { client, role, ranges, log, end } = await scene([partitionOf({ begin: 2, from: 2 })]);
    client.low.set(0, 5);
    client.steps = [
      () => messages(0, 5, 8),
      // Deleted while the reader was there: it is asked again at the end.
      () => {
        client.low.set(0, 8);
        return messages(0, 8, 10);
      },
    ];
    await role.run();
    expect(ranges()).toMatchObject([
      { topic: 1, sequence: 2, offset: 5, time: 0 },
      { topic: 1, sequence: 2, offset: 8, time: 0 },
    ]);
    expect(log()).toMatchObject([{ offset: 5, count: 5 }]);
    expect(end()).toMatchObject({ offset: 10 });
  });

  it('does not wait for what is deleted whole, nor for what is empty', async () => {
    const { client, role, end, atEnd } = await scene([
      partitionOf(),
      partitionOf({ partition: 1, end: { highWatermark: 0, lastStableOffset: 0 } }),
    ]);
    // Others wrote behind the end, and that is deleted too.
    client.low.set(0, 12);
    await role.run();
    expect(client.calls).toBe(0);
    expect([end(), end(1)]).toMatchObject([{ offset: 10 }, { offset: 0 }]);
    expect(atEnd()).toBe(true);
  });

  it('reads the tail that it is asked for, and says so', async () => {
    const { client, role, ranges, log } = await scene([partitionOf({ begin: 1, from: 7 })]);
    client.steps = [() => messages(0, 7, 10)];
    await role.run();
    expect(client.assigned).toEqual([{ topic: 't', partition: 0, offset: 7 }]);
    expect(ranges()).toMatchObject([
      { sequence: 1, offset: 0, time: 7 },
      { sequence: 1, offset: 0, time: 7 },
    ]);
    expect(log()).toMatchObject([{ offset: 7, count: 3 }]);
  });

  it('asks for the ends itself where nobody tells them', async () => {
    const { client, role, end } = await scene([partitionOf({ end: null })]);
    client.high.set(0, 3);
    client.steps = [() => messages(0, 0, 3)];
    await role.run();
    expect(end()).toMatchObject({ offset: 3, sequence: 3, time: 3 });
  });

  it('tells broken messages, those of others and the keys that it is asked for', async () => {
    const { client, role, log } = await scene([partitionOf()], { keys: true });
    const key = Buffer.from('k');
    const broken = message(0, 1);
    broken.value![ENVELOPE_BYTES]! ^= 1;
    const other = new EnvelopeWriter({ run: 78, producer: 3, incarnation: 1 });
    const brokenOther = message(0, 3, null, other);
    brokenOther.value![ENVELOPE_BYTES]! ^= 1;
    const stranger = { ...message(0, 4), value: Buffer.from('hello') };
    client.steps = [
      () => [message(0, 0, key), broken, message(0, 2, null, other), brokenOther, stranger, message(0, 5)],
      eof(0, 10),
    ];
    await role.run();
    expect(log().map(({ code, offset, count, time }) => [code, offset, count, time])).toEqual([
      [codes.log.ok, 0, 1, keyHash(key) + 1],
      [codes.log.corrupt, 1, 1, 0],
      [codes.log.foreign, 2, 1, 0],
      [codes.log.corruptOfOtherRun, 3, 1, 0],
      [codes.log.foreign, 4, 1, 0],
      [codes.log.ok, 5, 1, 0],
    ]);
  });

  it('reads compacted partitions with keys of others once more, for what was committed', async () => {
    const partitions = [partitionOf({ keys: true }), partitionOf({ partition: 1, keys: true })];
    const { client, role, found } = await scene(partitions);
    const key = Buffer.from('k');
    const theirs = (offset: number) => ({ ...message(0, offset, key), value: Buffer.from('theirs') });
    const isolations: unknown[] = [];
    const assigned: unknown[] = [];
    client.steps = [
      () => [...messages(1, 0, 10), message(0, 0, key), theirs(1), theirs(2), ...messages(0, 3, 10)],
      (each) => {
        isolations.push((each.config as Record<string, unknown>)['isolation.level']);
        assigned.push(each.assigned);
        return [message(0, 0, key), theirs(2), ...messages(0, 3, 7)];
      },
      eof(0, 10),
    ];
    await role.run();
    expect(isolations).toEqual(['read_committed']);
    expect(assigned).toEqual([[{ topic: 't', partition: 0, offset: 0 }]]);
    const told = found().records.filter(
      ({ kind }) => kind === recordKinds.committedRecord || kind === recordKinds.committedEnd,
    );
    expect(told).toMatchObject([
      { kind: recordKinds.committedRecord, topic: 1, partition: 0, offset: 2, time: keyHash(key) + 1 },
      { kind: recordKinds.committedEnd, topic: 1, partition: 0, offset: 10 },
    ]);
    expect(role.progress()[0]).toMatchObject({ received: 20 });
  });

  describe('where it reads once more, for what was committed', () => {
    const key = Buffer.from('k');
    const theirs = { ...message(0, 1, key), value: Buffer.from('theirs') };
    const shared = () => [message(0, 0, key), theirs, ...messages(0, 2, 10)];
    const warned = (why: string) => ({
      type: 'warning',
      warning: {
        code: 'audit-incomplete',
        message: `the audit could not read compacted topics once more for what others had committed${why}`,
      },
    });

    it('keeps what it had read when it cannot', async () => {
      const { client, role, sent, found, end, atEnd } = await scene([partitionOf({ keys: true })]);
      client.steps = [shared];
      client.refusesCommitted = new Error('the audit could not connect: _TRANSPORT: refused');
      await role.run();
      expect(end()).toMatchObject({ offset: 10 });
      expect(found()).toMatchObject({ open: false });
      expect(atEnd()).toBe(true);
      expect(sent).toEqual([warned(': the audit could not connect: _TRANSPORT: refused')]);
    });

    it('says so when it gives up, and has read the logs to their ends', async () => {
      const { client, role, sent, found, atEnd } = await scene([partitionOf({ keys: true })]);
      client.steps = [
        shared,
        ({ events }) => {
          events.error('_TRANSPORT', 'b:1/1: Connection refused');
          return [];
        },
      ];
      await role.run();
      expect(atEnd()).toBe(true);
      expect(sent).toContainEqual(warned('; its last error: _TRANSPORT: b:1/1: Connection refused'));
      const ended = found().records.find(({ kind }) => kind === recordKinds.committedEnd);
      expect(ended).toMatchObject({ offset: 0 });
    });

    it('has not read to the end what it had not before', async () => {
      const partitions = [partitionOf({ keys: true }), partitionOf({ partition: 1 })];
      const { client, role, atEnd, met } = await scene(partitions);
      client.steps = [
        shared,
        ({ events }) => {
          events.error('_TRANSPORT', 'b:1/1: Connection refused');
          return [];
        },
        ...Array<Step>(51).fill((each) => {
          each.time.now += 100_000;
          return [];
        }),
        () => messages(0, 0, 10),
      ];
      await role.run();
      expect(client.steps).toEqual([]);
      expect(atEnd()).toBe(false);
      expect(met()).toMatchObject({ code: '_TRANSPORT' });
    });
  });

  it('tells where the times of records pass into another second of the measured phase', async () => {
    const { client, role, log, times } = await scene([partitionOf()], { measureStart: 100_500 });
    const at = (offset: number, timestamp: number) => ({ ...message(0, offset), timestamp });
    client.steps = [
      () => [at(0, 100_400), at(1, 100_500), at(2, 101_499), at(3, 101_500), message(0, 4)],
      eof(0, 10),
    ];
    await role.run();
    expect(times().map(({ topic, offset, time }) => [topic, offset, time])).toEqual([
      [1, 0, 100_400],
      [1, 1, 100_500],
      [1, 3, 101_500],
      [1, 4, -1],
    ]);
    expect(log().map(({ offset, count }) => [offset, count])).toEqual([
      [0, 1],
      [1, 2],
      [3, 1],
      [4, 1],
    ]);
  });

  it('tells no keys unless it is asked to', async () => {
    const { client, role, log } = await scene([partitionOf()]);
    client.steps = [() => [message(0, 0, Buffer.from('k'))], eof(0, 10)];
    await role.run();
    expect(log()).toMatchObject([{ code: codes.log.ok, time: 0 }]);
  });
});

describe('the patience of AuditRole', () => {
  it('lasts from the last news on', async () => {
    const { client, role, end } = await scene([partitionOf()]);
    const after =
      (share: number, step: Step): Step =>
      (each) => {
        each.time.now += patience * share;
        return step(each);
      };
    client.steps = [
      after(0.9, () => messages(0, 0, 3)),
      after(0.9, () => messages(0, 3, 4)),
      after(0.9, eof(0, 6)),
      after(0.9, () => []),
      after(0.2, () => []),
      () => messages(0, 6, 10),
    ];
    await role.run();
    expect(end()).toMatchObject({ offset: 6, sequence: 10 });
    expect(client.steps).toHaveLength(1);
  });

  it('is not used up by a process that stood still: it looks again', async () => {
    const { client, role, end } = await scene([partitionOf()]);
    client.steps = [
      (each) => {
        each.time.now += patience * 5;
        return [];
      },
      () => messages(0, 0, 10),
    ];
    await role.run();
    expect(end()).toMatchObject({ offset: 10 });
  });

  it('is not kept up by what others go on writing behind the end of another partition', async () => {
    const { client, role, end, atEnd } = await scene([partitionOf(), partitionOf({ partition: 1 })]);
    client.steps = [() => messages(0, 0, 10)];
    for (let i = 0; i < 300; i++) {
      client.steps.push((each) => {
        each.time.now += 100_000;
        each.events.endOfPartition('t', 0, 11 + i);
        return [message(0, 11 + i)];
      });
    }
    await role.run();
    expect(client.calls).toBeLessThan(100);
    expect([end(), end(1)]).toMatchObject([{ offset: 10 }, { offset: 0 }]);
    expect(atEnd()).toBe(false);
  });

  it('outlasts a broker that is away', async () => {
    const { client, role, end } = await scene([partitionOf()]);
    const away: Step = () => {
      throw Object.assign(new Error('broker'), { code: -195 });
    };
    client.steps = [() => messages(0, 0, 3), away, away, () => messages(0, 3, 10)];
    await role.run();
    expect(end()).toMatchObject({ offset: 10 });
  });

  const refuse: Step = () => {
    throw Object.assign(new Error('Broker: Topic authorization failed'), { code: 29 });
  };

  it('ends soon where an error lasts, but not before all is read that can be', async () => {
    const partitions = [partitionOf(), partitionOf({ partition: 1 })];
    const { client, role, end, atEnd, met } = await scene(partitions);
    const later: Step = (each) => {
      each.time.now += 1.5e6;
      return [];
    };
    client.steps = [refuse, later, () => messages(1, 0, 4), later, () => messages(1, 4, 10)];
    await role.run();
    expect([end(), end(1)]).toMatchObject([{ offset: 0 }, { offset: 10 }]);
    expect(client.time.now).toBeGreaterThanOrEqual(5e6);
    expect(client.time.now).toBeLessThan(5.5e6);
    expect(atEnd()).toBe(false);
    expect(met()).toMatchObject({ code: 'TOPIC_AUTHORIZATION_FAILED' });
  });

  const deadLetters = (topic: string): AuditPlan['deadLetters'] => ({
    topics: [topic],
    partitions: [{ ...partitionOf(), topic }],
    groups: new Map(),
  });

  it.each<{ what: string; step: Step }>([
    { what: 'by a partition', step: refuse },
    {
      what: 'as librdkafka’s own error',
      step: ({ events }) => {
        events.error('TOPIC_AUTHORIZATION_FAILED', 'Broker: Topic authorization failed');
        return [];
      },
    },
  ])('begins anew with messages where dead letters are refused, $what', async ({ step }) => {
    const { client, role, end, atEnd, met } = await scene([partitionOf()], {
      deadLetters: deadLetters('dead'),
    });
    client.steps = [
      step,
      ...Array<Step>(21).fill((each) => {
        each.time.now += 100_000;
        return [];
      }),
      () => messages(0, 0, 10),
    ];
    await role.run();
    expect(end()).toMatchObject({ offset: 10 });
    expect(atEnd()).toBe(false);
    expect(met()).toMatchObject({ code: 'TOPIC_AUTHORIZATION_FAILED' });
  });

  it('reads other topics where nobody tells the offsets of one', async () => {
    const partitions = [{ ...partitionOf(), topic: 'other' }, partitionOf()];
    const { client, role, end, found, atEnd, met } = await scene(partitions);
    client.refusedTopic = 'other';
    client.steps = [() => messages(0, 0, 10)];
    await role.run();
    expect(end()).toMatchObject({ topic: 1, offset: 10 });
    expect(found().records.filter(({ kind }) => kind === recordKinds.logEnd)).toHaveLength(1);
    expect(atEnd()).toBe(false);
    expect(met()).toMatchObject({ code: 'TOPIC_AUTHORIZATION_FAILED' });
  });

  it('is not asked for where librdkafka names no error', async () => {
    const { client, role } = await scene([partitionOf()]);
    client.steps = [
      () => {
        throw new TypeError('a bug');
      },
    ];
    await expect(role.run()).rejects.toThrow('a bug');
  });

  it('ends when it is told to stop, with what there is', async () => {
    const { client, role, found, log, end } = await scene([partitionOf()]);
    client.steps = [
      () => messages(0, 0, 3),
      () => {
        role.stop();
        return [];
      },
    ];
    await role.run();
    expect(client.calls).toBe(2);
    expect(log()).toMatchObject([{ offset: 0, count: 3 }]);
    expect(end()).toMatchObject({ offset: 3 });
    expect(found()).toMatchObject({ open: false });
  });
});

it('passes librdkafka’s own errors on', async () => {
  const { client, sent } = await scene([partitionOf()]);
  client.events.error('_ALL_BROKERS_DOWN', 'no brokers');
  expect(sent).toEqual([{ type: 'warning', warning: { code: '_ALL_BROKERS_DOWN', message: 'no brokers' } }]);
});
