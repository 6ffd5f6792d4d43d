import { beforeAll, describe, expect, test as always } from 'vitest';
import { monotonic } from '../../base/clock.ts';
import { binding, type RawProducer } from '../kafka/binding.ts';
import { startMockCluster } from '../kafka/mock.ts';
import { Histogram } from '../../measure/histogram.ts';
import { ENVELOPE_HEADER, EnvelopeWriter } from '../../protocol/envelope.ts';
import { missing } from '../../../test/requirements.ts';
import { compileTap } from './compile-tap.ts';
import { ProducerTap } from './producer-tap.ts';

const here = !missing('c-compiler');
const test = always.runIf(here);
const run = 77;
let library: string;
let bootstrap: string;

beforeAll(async () => {
  if (!here) return;
  library = await compileTap();
  const brokers = await startMockCluster(3);
  bootstrap = brokers.map(({ host, port }) => `${host}:${port}`).join(',');
});

async function connect(tap: ProducerTap, more: object = {}): Promise<RawProducer> {
  const client = new binding.Producer({
    'bootstrap.servers': bootstrap,
    'linger.ms': 5,
    'delivery.report.only.error': true,
    ...more,
    ...tap.config,
  });
  await new Promise<void>((resolve, reject) => {
    client.connect({ topic: 'tapped', timeout: 10_000 }, (error) => (error ? reject(error) : resolve()));
  });
  return client;
}

interface Outcome {
  readonly measured: boolean;
  /** Of its run. */
  readonly first: number;
  readonly at: number;
  readonly error: number;
  readonly partition: number;
  readonly offset: number;
}

function collector(tap: ProducerTap) {
  const outcomes = new Map<number, Outcome>();
  return {
    outcomes,
    collect: () =>
      tap.collect((sequence, count, measured, first, at, error, partition, offset) => {
        for (let i = 0; i < count; i++) {
          expect(outcomes.has(sequence + i)).toBe(false);
          outcomes.set(sequence + i, { measured, first, at, error, partition, offset: offset + i });
        }
      }),
  };
}

const flush = (client: RawProducer) => new Promise<void>((resolve) => client.flush(10_000, () => resolve()));
const close = (client: RawProducer) =>
  new Promise<void>((resolve) => client.disconnect(100, () => resolve()));

describe.each(['prefix', 'header'] as const)('a producer with a tap, envelope as %s', (carrier) => {
  test('every message is settled once, with its place and its latencies', async () => {
    const identity = { run, producer: 3, incarnation: 1, carrier };
    const tap = new ProducerTap(library, identity, monotonic.now());
    const client = await connect(tap);
    expect(tap.attached).toBe(true);
    const start = Math.ceil(monotonic.now());
    const warm = 5000;
    const messages = 40_000;
    const measureStart = start + warm;
    tap.begin(measureStart);

    const writer = new EnvelopeWriter(identity);
    const value = Buffer.alloc(100, 97);
    const envelope = carrier === 'prefix' ? value : Buffer.alloc(32);
    const { outcomes, collect } = collector(tap);
    for (let sequence = 0; sequence < messages; sequence++) {
      tap.prepare(sequence);
      writer.stamp(envelope, 0, sequence, start + sequence, null, value, carrier === 'prefix' ? 32 : 0);
      const headers = carrier === 'header' ? [{ [ENVELOPE_HEADER]: envelope }] : undefined;
      client.produce('tapped', -1, value, null, undefined, undefined, headers);
      if (sequence % 1000 === 999) {
        collect();
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await flush(client);
    collect();

    expect(outcomes.size).toBe(messages);
    expect(tap.oddities()).toEqual({ strange: 0, unplaced: 0, repeated: 0 });
    const places = new Set([...outcomes.values()].map(({ partition, offset }) => `${partition}/${offset}`));
    expect(places.size).toBe(messages);
    expect([...outcomes.values()].filter(({ error }) => error !== 0)).toEqual([]);
    expect([...outcomes].filter(([sequence, { measured }]) => measured !== sequence >= warm)).toEqual([]);
    const now = monotonic.now();
    expect([...outcomes.values()].filter(({ at }) => at < start || at > now)).toEqual([]);

    const ack = new Histogram();
    const serviceAck = new Histogram();
    for (const { latency, growth } of tap.latencies()) (latency === 0 ? serviceAck : ack).addSparse(growth);
    expect(serviceAck.count).toBe(messages);
    expect(ack.count).toBe(messages);
    // The same instants, taken twice: the cells' whole microseconds and the histogram's nanoseconds.
    // Those of a run lie between its first and its last.
    const sum = (time: (outcome: Outcome) => number): number =>
      [...outcomes].reduce((total, [sequence, each]) => total + time(each) - (start + sequence), 0);
    expect(ack.sum).toBeGreaterThanOrEqual(sum(({ first }) => first) - messages);
    expect(ack.sum).toBeLessThanOrEqual(sum(({ at }) => at) + messages);
    expect(serviceAck.min).toBeGreaterThan(0);
    expect(tap.latencies()).toEqual([]);
    const each = 100;
    expect(tap.bytes('measure')).toBe((messages - warm) * each);
    expect(tap.bytes('warmup')).toBe(warm * each);
    await close(client);
    expect(tap.attached).toBe(false);
    tap.close();
  });
});

test('a message that cannot be delivered is settled with its error', async () => {
  const identity = { run, producer: 4, incarnation: 0, carrier: 'prefix' } as const;
  const tap = new ProducerTap(library, identity, monotonic.now());
  const client = await connect(tap, { 'message.timeout.ms': 300, 'bootstrap.servers': bootstrap });
  tap.begin(0);
  const writer = new EnvelopeWriter(identity);
  const value = Buffer.alloc(64);
  const { outcomes, collect } = collector(tap);
  tap.prepare(0);
  writer.stamp(value, 0, 0, monotonic.now(), null, value, 32);
  // The mock has four partitions: librdkafka refuses another one, after the interceptor has seen it.
  let refused: unknown;
  try {
    client.produce('tapped', 99, value, null, undefined, undefined, undefined);
  } catch (error) {
    refused = (error as { code?: number }).code;
  }
  expect(refused).toBe(-190);
  collect();
  expect(outcomes.get(0)).toMatchObject({ error: -190, measured: true, offset: -1 });
  expect(tap.events()).toMatchObject([
    { kind: 'failed', sequence: 0, error: -190, partition: 99, status: 'not persisted' },
  ]);
  await close(client);
  tap.close();
});

test('a refusal that JavaScript has met is told by nobody else', async () => {
  const identity = { run, producer: 5, incarnation: 0, carrier: 'prefix' } as const;
  const tap = new ProducerTap(library, identity, monotonic.now());
  const client = await connect(tap);
  const writer = new EnvelopeWriter(identity);
  const value = Buffer.alloc(64);
  const { outcomes, collect } = collector(tap);
  tap.prepare(0);
  writer.stamp(value, 0, 0, monotonic.now(), null, value, 32);
  expect(() => client.produce('tapped', 99, value, null, undefined, undefined, undefined)).toThrow();
  tap.drop(0);
  collect();
  expect(outcomes.size).toBe(0);
  await close(client);
  tap.close();
});

test('messages of somebody else are counted as strange, and as nothing else', async () => {
  const identity = { run, producer: 6, incarnation: 0, carrier: 'prefix' } as const;
  const tap = new ProducerTap(library, identity, monotonic.now());
  const client = await connect(tap);
  const value = Buffer.alloc(64);
  new EnvelopeWriter({ ...identity, run: run + 1 }).stamp(value, 0, 0, monotonic.now(), null, value, 32);
  client.produce('tapped', -1, value, null, undefined, undefined, undefined);
  client.produce('tapped', -1, Buffer.from('short'), null, undefined, undefined, undefined);
  client.produce('tapped', -1, null, null, undefined, undefined, undefined);
  new EnvelopeWriter(identity).stamp(value, 0, 123_456, monotonic.now(), null, value, 32);
  client.produce('tapped', -1, value, null, undefined, undefined, undefined);
  await flush(client);
  expect(tap.oddities()).toEqual({ strange: 3, unplaced: 1, repeated: 0 });
  expect(tap.latencies()).toEqual([]);
  await close(client);
  tap.close();
});
