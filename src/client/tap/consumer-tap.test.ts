import { beforeAll, expect, test as always } from 'vitest';
import { monotonic } from '../../base/clock.ts';
import { binding, type ReceivedMessage } from '../kafka/binding.ts';
import { startMockCluster } from '../kafka/mock.ts';
import { Histogram } from '../../measure/histogram.ts';
import { ENVELOPE_HEADER, EnvelopeWriter } from '../../protocol/envelope.ts';
import { missing } from '../../../test/requirements.ts';
import { compileTap } from './compile-tap.ts';
import { ConsumerTap } from './consumer-tap.ts';

const here = !missing('c-compiler');
const test = always.runIf(here);
const run = 78;
let library: string;
let bootstrap: string;

beforeAll(async () => {
  if (!here) return;
  library = await compileTap();
  bootstrap = (await startMockCluster(1)).map(({ host, port }) => `${host}:${port}`).join(',');
});

/** Sends values, with or without an envelope as a header, and waits until they are there. */
async function send(topic: string, messages: readonly { value: Buffer; header?: Buffer }[]): Promise<void> {
  const client = new binding.Producer({ 'bootstrap.servers': bootstrap });
  await new Promise<void>((resolve) => client.connect({ topic }, () => resolve()));
  for (const { value, header } of messages) {
    const headers = header === undefined ? undefined : [{ [ENVELOPE_HEADER]: header }];
    client.produce(topic, 0, value, Buffer.from('key'), undefined, undefined, headers);
  }
  await new Promise<void>((resolve) => client.flush(5000, () => resolve()));
  await new Promise<void>((resolve) => client.disconnect(100, () => resolve()));
}

test('end-to-end latency, checksums and foreign messages, before JavaScript has them', async () => {
  const tap = new ConsumerTap(library, run, monotonic.now());
  const topic = 'consumed';
  const writer = new EnvelopeWriter({ run, producer: 1, incarnation: 0 });
  const key = Buffer.from('key');
  const start = monotonic.now();
  const stamped = (sequence: number, due: number, asHeader: boolean) => {
    const value = Buffer.alloc(100, 97);
    const header = asHeader ? Buffer.alloc(32) : value;
    writer.stamp(header, 0, sequence, due, key, value, asHeader ? 0 : 32);
    return asHeader ? { value, header } : { value };
  };
  const good = Array.from({ length: 1000 }, (_, i) => stamped(i, start + i, i % 2 === 0));
  const broken = [stamped(1000, start, false), stamped(1001, start, true)];
  for (const { value } of broken) value.writeUInt8(98, 50);
  const foreign = [{ value: Buffer.from('of somebody else') }, { value: Buffer.alloc(40) }];
  const other = Buffer.alloc(64);
  new EnvelopeWriter({ run: run + 1, producer: 1, incarnation: 0 }).stamp(other, 0, 0, 0, key, other, 32);
  await send(topic, [...good, ...broken, ...foreign, { value: other }]);

  const client = new binding.KafkaConsumer({
    'bootstrap.servers': bootstrap,
    'group.id': 'g',
    'auto.offset.reset': 'earliest',
    ...tap.config,
  });
  await new Promise<void>((resolve, reject) =>
    client.connect({ timeout: 5000 }, (error) => (error ? reject(error) : resolve())),
  );
  expect(tap.attached).toBe(true);
  tap.begin(start + 400);
  client.assign([{ topic, partition: 0, offset: 0 }]);
  client.setDefaultConsumeTimeout(200);
  const received: ReceivedMessage[] = [];
  while (received.length < 1005) {
    const batch = await new Promise<readonly ReceivedMessage[]>((resolve, reject) =>
      client.consume(1000, (error, messages) => (error ? reject(error) : resolve(messages))),
    );
    received.push(...batch);
  }
  const end = monotonic.now();
  expect(tap.corrupt).toBe(2);
  const latencies = tap.latencies();
  expect(latencies.map(({ latency, phase, growth }) => [latency, phase, growth.exact.count])).toEqual([
    [0, 'warmup', 400],
    [0, 'measure', 600],
  ]);
  const histogram = new Histogram();
  for (const { growth } of latencies) histogram.addSparse(growth);
  expect(histogram.min!).toBeGreaterThan(0);
  expect(histogram.max!).toBeLessThan(end - start);
  // What librdkafka gives out before its application has it is checked, and timed elsewhere.
  const take = async (...more: { value: Buffer; header?: Buffer }[]) => {
    await send(topic, more);
    for (let left = more.length; left > 0;) {
      left -= await new Promise<number>((resolve, reject) =>
        client.consume(left, (error, { length }) => (error ? reject(error) : resolve(length))),
      );
    }
  };
  tap.times = false;
  await take(stamped(1002, start, false), broken[0]!);
  expect([tap.corrupt, tap.latencies()]).toEqual([3, []]);
  tap.times = true;
  await take(stamped(1003, start, true));
  expect(tap.latencies().map(({ growth }) => growth.exact.count)).toEqual([1]);
  await new Promise<void>((resolve) => client.disconnect(() => resolve()));
  tap.close();
});

test('nothing is recorded before it begins', async () => {
  const tap = new ConsumerTap(library, run, monotonic.now());
  const value = Buffer.alloc(64);
  new EnvelopeWriter({ run, producer: 1, incarnation: 0 }).stamp(
    value,
    0,
    0,
    0,
    Buffer.from('key'),
    value,
    32,
  );
  value.writeUInt8(9, 40);
  await send('early', [{ value }]);
  const client = new binding.KafkaConsumer({
    'bootstrap.servers': bootstrap,
    'group.id': 'e',
    ...tap.config,
  });
  await new Promise<void>((resolve) => client.connect({ timeout: 5000 }, () => resolve()));
  client.assign([{ topic: 'early', partition: 0, offset: 0 }]);
  client.setDefaultConsumeTimeout(2000);
  const [message] = await new Promise<readonly ReceivedMessage[]>((resolve) =>
    client.consume(1, (_, messages) => resolve(messages)),
  );
  expect(message!.size).toBe(64);
  expect(tap.corrupt).toBe(0);
  expect(tap.latencies()).toEqual([]);
  await new Promise<void>((resolve) => client.disconnect(() => resolve()));
  tap.close();
});
