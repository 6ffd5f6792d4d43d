import { expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { avroPayload, type AvroSpec } from './avro.ts';

const payload = (spec: Omit<AvroSpec, 'kind'>, room = 0) =>
  avroPayload({ kind: 'avro', ...spec }, room, {
    random: seededRandom(1),
    producer: 'writer',
    wallClock: () => 0,
  });

test('each message has its own values, behind the room for an envelope and the frame', () => {
  const made = payload({ schema: 'long', record: '${seq}', schemaId: 9 }, 4);
  expect(made.next(1).subarray(4).toString('hex')).toBe('000000000902');
  const second = made.next(64);
  second.fill(0xee, 0, 4);
  expect(second.toString('hex')).toBe('eeeeeeee00000000098001');
  expect(made.next(2).toString('hex')).toBe('eeeeeeee000000000904');
});

test('a record longer than the buffer makes it grow, frame included', () => {
  const made = payload({ schema: 'string', record: '${random:text:5000}', schemaId: 9 });
  const long = made.next(0);
  // 5000 in zigzag: 10000 = 90 4e.
  expect(long.toString('hex', 0, 7)).toBe('0000000009904e');
  expect(long.length).toBe(5 + 2 + 5000);
});

test('what does not fit is a scenario error, before the first message or at the one that does not', () => {
  expect(() => payload({ schema: 'int', record: 'x', schemaId: null })).toThrow('value.avro: "x" is no int');
  const made = payload({ schema: 'int', record: '${seq}', schemaId: null });
  expect(() => made.next(2 ** 31)).toThrow('value.avro: 2147483648 does not fit');
});
