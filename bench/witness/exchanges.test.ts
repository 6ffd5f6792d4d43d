import { expect, test } from 'vitest';
import type { Packet } from './capture.ts';
import { produceExchanges } from './exchanges.ts';

const broker = 9092;
const client = 40_000;

/** What travels one way: each part is a packet at its time (ns), in the order of sending. */
function sent(from: number, to: number, parts: readonly [at: number, bytes: Buffer][]): Packet[] {
  // The first number is near the end of its range, which sequences run over.
  let sequence = 2 ** 32 - 10;
  const packet = (at: number, payload: Buffer, opens = false): Packet => {
    const made = { at: BigInt(at), from, to, sequence, opens, payload };
    sequence = (sequence + (opens ? 1 : payload.length)) >>> 0;
    return made;
  };
  return [packet(0, Buffer.alloc(0), true), ...parts.map(([at, bytes]) => packet(at, bytes))];
}

const framed = (content: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(content.length);
  return Buffer.concat([length, content]);
};

/** ProduceRequest version 7: one topic, one partition, batches with that many records. */
function request(correlation: number, ...batches: number[]): Buffer {
  const int16 = (value: number) => Buffer.from([(value >> 8) & 255, value & 255]);
  const int32 = (value: number) => Buffer.concat([int16(value >> 16), int16(value & 65_535)]);
  const records = batches.map((count) => {
    const batch = Buffer.alloc(61 + 7 * count);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt32BE(count, 57);
    return batch;
  });
  const bytes = Buffer.concat(records);
  return framed(
    Buffer.concat([
      ...[int16(0), int16(7), int32(correlation), int16(2), Buffer.from('me')],
      ...[int16(-1), int16(-1), int32(30_000), int32(1), int16(1), Buffer.from('t'), int32(1), int32(0)],
      ...[int32(bytes.length), bytes],
    ]),
  );
}

/** Of the key and version of some other request. */
const other = (correlation: number): Buffer => {
  const content = Buffer.alloc(10);
  content.writeInt16BE(3, 0);
  content.writeInt32BE(correlation, 4);
  return framed(content);
};
const response = (correlation: number): Buffer => {
  const content = Buffer.alloc(30);
  content.writeInt32BE(correlation, 0);
  return framed(content);
};

test('a request lasts from its first byte to the last of the response with its number', () => {
  const first = request(1, 2, 3);
  const packets = [
    ...sent(client, broker, [
      [100, Buffer.concat([other(0), first.subarray(0, 50)])],
      [110, first.subarray(50)],
      [200, request(2, 1)],
    ]),
    ...sent(broker, client, [
      [300, Buffer.concat([response(0), response(2), response(1).subarray(0, 9)])],
      [400, response(1).subarray(9)],
    ]),
  ];
  expect(produceExchanges(packets, broker)).toEqual([
    { messages: 5, asked: 100n, answered: 400n },
    { messages: 1, asked: 200n, answered: 300n },
  ]);
  expect(produceExchanges(packets, 9093)).toEqual([]);
});

test('what came twice, or out of order, is put in its place; what is missing is an error', () => {
  const whole = request(1, 4);
  const [opening, head, middle, tail] = sent(client, broker, [
    [10, whole.subarray(0, 30)],
    [20, whole.subarray(30, 60)],
    [30, whole.subarray(60)],
  ]);
  const answer = sent(broker, client, [[50, response(1)]]);
  const again = { ...head!, at: 40n };
  expect(produceExchanges([opening!, tail!, head!, again, middle!, ...answer], broker)).toEqual([
    { messages: 4, asked: 10n, answered: 50n },
  ]);
  expect(() => produceExchanges([opening!, head!, tail!, ...answer], broker)).toThrow('has a hole');
  expect(() => produceExchanges([opening!, head!, middle!, tail!], broker)).toThrow('was not answered');
});
