import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { monotonic, sleep, type Clock, type Micros } from '../../../base/clock.ts';
import { virtualTime } from '../../../base/virtual-time.case.ts';
import type { AckSource } from '../../kafka/ack-source.ts';
import type { RawProducer } from '../../kafka/binding.ts';
import type { ClientEvents } from '../../kafka/connect.ts';
import type { HandOver } from '../../kafka/producer.ts';
import { readEnvelope, emptyEnvelope } from '../../../protocol/envelope.ts';
import type { SettledRun } from '../../tap/cells.ts';
import type { Channel } from '../channel.ts';
import type { Pacer } from './pace.ts';
import { ProduceRole } from './produce.ts';
import type { FromWorker } from '../../../protocol/messages.ts';
import type { ProducePlan, ProducerClientPlan } from '../../../protocol/plan.ts';
import type { ProducerReport } from '../../../protocol/report.ts';
import { producerClientPlan } from '../../../protocol/protocol.case.ts';

virtualTime();

/** Each reading is a hundredth of a microsecond after the one before, so that they can be told apart. */
const clock: Clock = { now: () => monotonic.now() + ++readings / 100 };
let readings = 0;
/** Waits by timers alone, which virtual time passes: at least a millisecond, or a loop that waits for room stands still. */
const pacer: Pacer = {
  blocked: 0,
  pause: (wake: Micros) => sleep(Math.min(Math.max(1, Math.ceil((wake - clock.now()) / 1000)), 50)),
};

interface Produced {
  readonly partition: number;
  readonly value: Buffer;
  readonly key: Buffer | null;
  readonly sequence: number;
  readonly due: number;
  readonly opaque: number | undefined;
}

/** A producer client whose queue, refusals and reports the test decides; it reports at every poll unless told not to. */
class FakeClient {
  readonly produced: Produced[] = [];
  readonly waiting: Produced[] = [];
  readonly flushes: number[] = [];
  /** What flush() answers: false when its time was over first. */
  flushed = true;
  readonly emitter = new EventEmitter();
  answer: (sequence: number) => HandOver = () => 'queued';
  reporting = true;
  inBackground = false;
  closed = false;
  readonly acks: AckSource;
  readonly events: ClientEvents;

  constructor(acks: AckSource, events: ClientEvents) {
    this.acks = acks;
    this.events = events;
    acks.attach(this.emitter as unknown as RawProducer);
  }
  get outstanding() {
    return this.acks.outstanding;
  }
  handOver(
    _topic: string,
    partition: number,
    value: Buffer,
    key: Buffer | null,
    _headers: unknown,
    sequence: number,
    due: number,
    at: number,
  ): HandOver {
    const answer = this.answer(sequence);
    if (answer !== 'queued') return answer;
    const opaque = this.acks.handOver(sequence, due, at);
    const message = { partition, value: Buffer.from(value), key, sequence, due, opaque };
    this.produced.push(message);
    this.waiting.push(message);
    return 'queued';
  }
  report(error: number | null = null): void {
    for (const { opaque, value, key } of this.waiting.splice(0)) {
      const code = error === null ? null : Object.assign(new Error('failed'), { code: error });
      const report = { topic: 't', partition: 0, offset: 5, key, size: value.length, opaque };
      this.emitter.emit('delivery-report', code, report);
    }
  }
  poll() {
    if (this.reporting) this.report();
  }
  pollInBackground() {
    this.inBackground = true;
  }
  async flush(timeoutMillis: number) {
    this.flushes.push(timeoutMillis);
    await sleep(1);
    if (this.reporting) this.report();
    return this.flushed;
  }
  close() {
    this.closed = true;
    return Promise.resolve();
  }
}

const clients: FakeClient[] = [];
let prepare: (client: FakeClient) => void = () => undefined;
vi.mock('../../kafka/producer.ts', () => ({
  ProducerClient: {
    connect: (_config: unknown, _topic: string, acks: AckSource, events: ClientEvents) => {
      const client = new FakeClient(acks, events);
      prepare(client);
      clients.push(client);
      return Promise.resolve(client);
    },
  },
}));
/** A tap that has seen each message acknowledged as soon as it is asked. */
class FakeTap {
  readonly attached = true;
  readonly config = {};
  messages = 0;
  #told = 0;
  begin = () => undefined;
  prepare = (sequence: number) => {
    this.messages = sequence + 1;
  };
  collect(settled: SettledRun): void {
    const count = this.messages - this.#told;
    const now = monotonic.now();
    if (count > 0) settled(this.#told, count, true, now, now, 0, 0, this.#told, 'persisted');
    this.#told = this.messages;
  }
  latencies = () => [];
  bytes = () => 0;
  oddities = () => ({ strange: 0, unplaced: 0, repeated: 0 });
  close = () => undefined;
}
vi.mock('../open-tap.ts', () => ({ openTap: () => Promise.resolve(new FakeTap()) }));
beforeEach(() => {
  clients.length = 0;
  prepare = () => undefined;
});

const clientPlan = (more: Partial<ProducerClientPlan> = {}) => producerClientPlan({ messages: 50, ...more });

async function connected(plans: readonly ProducerClientPlan[], more: Partial<ProducePlan> = {}) {
  const sent: FromWorker[] = [];
  const channel: Channel = { send: (message) => sent.push(message), onMessage: () => undefined };
  const plan: ProducePlan = {
    role: 'produce',
    worker: 'producer-1',
    run: 9,
    seed: 1,
    showMessagesPerSecond: 0,
    evidence: null,
    warmup: 0,
    drain: 100_000,
    fault: 0,
    ackSource: 'delivery-reports',
    clients: plans,
    ...more,
  };
  const role = new ProduceRole(plan, channel, clock, pacer);
  await role.connect();
  const run = async () => {
    const report = await role.run(clock.now() + 2000);
    return { report, clients: report.clients as ProducerReport[] };
  };
  return { role, sent, run };
}

describe('a closed loop', () => {
  it('hands over its messages and ends when the last one is settled', async () => {
    const { run, sent } = await connected([clientPlan()]);
    const { report, clients: reports } = await run();
    expect(reports[0]).toMatchObject({
      ackSource: 'delivery-reports',
      measured: { attempted: 50, acked: 50, indeterminate: 0, bytes: 5000 },
      firstDue: null,
      lastDue: null,
    });
    expect(clients[0]!.produced.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
    expect(clients[0]!.closed).toBe(true);
    const [latency] = report.latency;
    expect(Object.keys(latency!.measured)).toEqual(['serviceAck']);
    expect(latency!.measured.serviceAck!.exact.count).toBe(50);
    const intervals = sent.flatMap((message) =>
      message.type === 'interval' ? [message.interval.counts] : [],
    );
    expect(intervals.reduce((sum, { settled }) => sum + settled, 0)).toBe(50);
    expect(intervals.reduce((sum, { attempted }) => sum + attempted, 0)).toBe(50);
  });

  it('tries a message again while the queue is full: none is lost, skipped or sent twice', async () => {
    let refusals = 0;
    prepare = (client) => {
      client.answer = () => (++refusals % 3 === 0 ? 'queued' : 'full');
    };
    const { run } = await connected([clientPlan({ key: { kind: 'sequence', count: 1000 } })]);
    const { clients: reports } = await run();
    expect(clients[0]!.produced.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
    expect(new Set(clients[0]!.produced.map(({ key }) => key!.toString())).size).toBe(50);
    expect(reports[0]).toMatchObject({ queueFull: 100, measured: { attempted: 50, acked: 50 } });
  });

  it.each([
    { ackSource: 'tap', size: 100, together: 8 },
    { ackSource: 'tap', size: 1024, together: 4 },
    { ackSource: 'tap', size: 5000, together: 1 },
    { ackSource: 'delivery-reports', size: 100, together: 1 },
  ] as const)(
    'reads the clock once for $together messages of $size B with $ackSource',
    async ({ ackSource, size, together }) => {
      const value = { kind: 'bytes', sizes: [{ size, weight: 1 }], compressibility: 0 } as const;
      const { run } = await connected([clientPlan({ value, messages: 48 })], { ackSource });
      const { clients: reports } = await run();
      expect(reports[0]).toMatchObject({ ackSource, measured: { attempted: 48, acked: 48 } });
      const dues = clients[0]!.produced.map(({ due }) => due);
      expect(dues.filter((due, i) => due !== dues[i - 1]).length).toBe(48 / together);
      expect(dues).toEqual([...dues].sort((a, b) => a - b));
    },
  );

  it('counts what produce() refuses as rejected, and shows it as failed', async () => {
    prepare = (client) => {
      client.answer = (sequence) => (sequence % 5 === 0 ? { refused: 10 } : 'queued');
    };
    const { run, sent } = await connected([clientPlan()], { showMessagesPerSecond: 1000 });
    const { clients: reports } = await run();
    expect(reports[0]!.measured).toMatchObject({ attempted: 50, acked: 40, rejected: 10 });
    expect(reports[0]!.errors).toEqual([{ code: 'MSG_SIZE_TOO_LARGE', phase: 'measure', count: 10 }]);
    const told = sent.flatMap((message) =>
      message.type === 'interval' ? [message.interval.errors?.['MSG_SIZE_TOO_LARGE'] ?? 0] : [],
    );
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(10);
    const shown = sent.flatMap((message) => (message.type === 'shown' ? [message.shown] : []));
    expect(shown).toHaveLength(50);
    expect(shown.filter(({ error }) => error === 'MSG_SIZE_TOO_LARGE')).toHaveLength(10);
    expect(shown.every(({ value }) => value !== null)).toBe(true);
  });

  it('calls what no report came for indeterminate, after the drain’s limit, and a later report changes nothing', async () => {
    prepare = (client) => {
      client.reporting = false;
      client.answer = () => 'queued';
    };
    const { run } = await connected([clientPlan({ messages: 4 })], { drain: 20_000 });
    const { clients: reports, report } = await run();
    clients[0]!.report();
    expect(reports[0]!.measured).toMatchObject({ attempted: 4, acked: 0, indeterminate: 4 });
    expect(report.latency[0]!.measured).toEqual({});
  });

  it('tells a failed delivery by its error', async () => {
    prepare = (client) => (client.reporting = false);
    const { run } = await connected([clientPlan({ messages: 2 })]);
    const running = run();
    while (clients[0]!.waiting.length < 2) await sleep(1);
    clients[0]!.report(-192);
    const { clients: reports } = await running;
    expect(reports[0]!.measured).toMatchObject({ attempted: 2, acked: 0, indeterminate: 2, bytes: 0 });
    expect(reports[0]!.errors).toEqual([{ code: '_MSG_TIMED_OUT', phase: 'measure', count: 2 }]);
  });

  it.each([
    {
      config: { 'retry.backoff.ms': 300_000, 'retry.backoff.max.ms': 300_000 },
      rejected: 2,
      indeterminate: 0,
    },
    { config: { 'retry.backoff.ms': 0 }, rejected: 0, indeterminate: 2 },
    // Nor does `retries` say that there was one attempt.
    { config: { 'retry.backoff.ms': 0, retries: 0 }, rejected: 0, indeterminate: 2 },
  ])('takes a broker’s refusal for certain after one attempt: $config', async (row) => {
    prepare = (client) => (client.reporting = false);
    const { run } = await connected([clientPlan({ messages: 2, config: row.config })]);
    const running = run();
    while (clients[0]!.waiting.length < 2) await sleep(1);
    clients[0]!.report(10);
    const { clients: reports } = await running;
    const { rejected, indeterminate } = row;
    expect(reports[0]!.measured).toMatchObject({ attempted: 2, acked: 0, rejected, indeterminate });
    expect(reports[0]!.errors).toEqual([{ code: 'MSG_SIZE_TOO_LARGE', phase: 'measure', count: 2 }]);
  });

  it('waits for each flush, of every client on its own', async () => {
    const flushed = clientPlan({ messages: 10, of: 2, flush: 1 });
    const { run } = await connected([flushed, { ...flushed, index: 1, producerId: 1 }]);
    const { clients: reports } = await run();
    expect(reports.map(({ measured }) => measured.acked)).toEqual([5, 5]);
    expect(clients.map(({ flushes }) => flushes.filter((timeout) => timeout > 100).length)).toEqual([5, 5]);
    expect(clients[0]!.inBackground).toBe(false);
  });

  it('takes partitions in turn where it is asked to', async () => {
    const { run } = await connected([clientPlan({ partition: 'roundRobin', messages: 7 })]);
    await run();
    expect(clients[0]!.produced.map(({ partition }) => partition)).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });

  const warningsOf = (sent: readonly FromWorker[]) =>
    sent.flatMap((message) => (message.type === 'warning' ? [message.warning] : []));

  it.each<Partial<ProducerClientPlan>>([{ rate: 'max' }, { rate: { kind: 'constant', perSecond: 100 } }])(
    'is ended where its queue stays full after the schedule and nothing moves: %j',
    async (more) => {
      prepare = (client) => {
        client.reporting = false;
        client.answer = (sequence) => (sequence < 5 ? 'queued' : 'full');
      };
      const { run, sent } = await connected([clientPlan({ messages: null, duration: 200_000, ...more })]);
      const { clients: reports } = await run();
      expect(reports[0]!.measured).toMatchObject({ attempted: 5, acked: 0, indeterminate: 5 });
      expect(warningsOf(sent)).toEqual([
        { code: 'cut-off writer-0', message: expect.stringContaining('5 messages were under way') as string },
      ]);
    },
  );

  it('is ended where a flush never ends after the schedule', async () => {
    prepare = (client) => {
      client.reporting = false;
      client.flushed = false;
    };
    const { run, sent } = await connected([clientPlan({ messages: null, duration: 200_000, flush: 1 })]);
    const { clients: reports } = await run();
    expect(reports[0]!.measured).toMatchObject({ attempted: 1, indeterminate: 1 });
    expect(warningsOf(sent).map(({ code }) => code)).toEqual(['cut-off writer-0']);
  });

  it('goes on while messages are settled, however late it is', async () => {
    const inQueue = 2;
    prepare = (client) => {
      client.reporting = false;
      client.answer = () => (client.waiting.length < inQueue ? 'queued' : 'full');
      const timer = setInterval(() => client.report(), 80);
      client.close = () => {
        clearInterval(timer);
        return Promise.resolve();
      };
    };
    const plan = clientPlan({
      messages: null,
      duration: 100_000,
      rate: { kind: 'constant', perSecond: 200 },
    });
    const { run, sent } = await connected([plan]);
    const { clients: reports } = await run();
    expect(reports[0]!.measured).toMatchObject({ attempted: 20, acked: 20 });
    expect(warningsOf(sent)).toEqual([]);
  });

  it('fails over a value for which the queue never has room', async () => {
    prepare = (client) => (client.answer = () => 'full');
    const config = { 'queue.buffering.max.kbytes': 1 };
    const value = { kind: 'json', template: `"${'x'.repeat(1023)}"` } as const;
    const { run } = await connected([clientPlan({ config, value, envelope: 'header' })]);
    await expect(run()).rejects.toMatchObject({
      code: 'scenario',
      message: expect.stringContaining('message 0 has 1025 bytes, and') as string,
    });
  });

  it('hands over nothing more once it is stopped', async () => {
    const { run, role } = await connected([clientPlan({ messages: null, duration: 60e6 })]);
    const running = run();
    while (clients[0]!.produced.length <= 10) await sleep(1);
    role.stop(50);
    const { clients: reports } = await running;
    const { attempted, acked } = reports[0]!.measured;
    expect(attempted).toBe(clients[0]!.produced.length);
    expect(acked).toBe(attempted);
    expect(role.progress()[0]).toMatchObject({ attempted, settled: attempted, failed: 0, state: 'draining' });
  });
});

describe('an open loop', () => {
  const rate = { kind: 'constant' as const, perSecond: 2000 };

  it('sends every message when it is due, warm-up beside the measured ones, and stamps the due time', async () => {
    const { run } = await connected([clientPlan({ rate, messages: 100 })], { warmup: 20_000 });
    const { clients: reports, report } = await run();
    expect(reports[0]).toMatchObject({
      warmup: { attempted: 40, acked: 40 },
      measured: { attempted: 100, acked: 100 },
    });
    const { firstDue, lastDue, firstHandedOver } = reports[0]!;
    expect(lastDue! - firstDue!).toBeCloseTo((99 / 2000) * 1e6, 3);
    expect(firstHandedOver!).toBeGreaterThanOrEqual(firstDue!);
    const { measured, warmup } = report.latency[0]!;
    for (const name of ['scheduleDelay', 'serviceAck', 'ack'] as const) {
      expect(measured[name]!.exact).toMatchObject({ count: 100, negative: 0 });
      expect(warmup[name]!.exact.count).toBe(40);
    }
    const envelope = emptyEnvelope();
    for (const { value, due, sequence } of clients[0]!.produced) {
      expect(readEnvelope(value, 0, envelope)).toBe(true);
      expect(envelope).toMatchObject({ run: 9, producer: 0, sequence });
      expect(envelope.due).toBeCloseTo(due, 2);
    }
    expect(clients[0]!.inBackground).toBe(true);
  });

  it('ends on a stop while a flush cannot end: the broker may be down', async () => {
    prepare = (client) => {
      client.flushed = false;
      client.reporting = false;
    };
    const { role, run } = await connected([clientPlan({ messages: 10, flush: 1 })], { drain: 1000 });
    setTimeout(() => role.stop(1), 50);
    const { clients: reports } = await run();
    expect(reports[0]!.measured).toMatchObject({ attempted: 1, indeterminate: 1 });
    expect(clients[0]!.flushes.length).toBeGreaterThan(1);
  });

  it('sends late what it could not send in time, and counts the delay from when it was due', async () => {
    let full = true;
    prepare = (client) => {
      client.answer = () => (full ? 'full' : 'queued');
      setTimeout(() => (full = false), 60);
    };
    const { run } = await connected([clientPlan({ rate, messages: 40 })]);
    const { clients: reports, report } = await run();
    expect(reports[0]!.measured).toMatchObject({ attempted: 40, acked: 40 });
    const { scheduleDelay, ack, serviceAck } = report.latency[0]!.measured;
    expect(scheduleDelay!.exact.max).toBeGreaterThan(30_000);
    expect(ack!.exact.max).toBeGreaterThan(30_000);
    expect(ack!.exact.sum).toBeCloseTo(scheduleDelay!.exact.sum + serviceAck!.exact.sum, 0);
    expect(reports[0]!.lastHandedOver!).toBeGreaterThan(reports[0]!.lastDue!);
  });
});

it('passes librdkafka’s own errors on', async () => {
  const { run, sent } = await connected([clientPlan({ messages: 1 })]);
  clients[0]!.events.error('_TRANSPORT', 'broker down');
  await run();
  expect(sent).toContainEqual({ type: 'warning', warning: { code: '_TRANSPORT', message: 'broker down' } });
});
