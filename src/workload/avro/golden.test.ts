import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { avroPayload } from '../payload/avro.ts';
import { compileReader } from './reader.ts';
import { compileSchema } from './schema.ts';

/** By another implementation: golden/by_fastavro.py. */
const fastavro = JSON.parse(readFileSync(join(import.meta.dirname, 'golden/fastavro.json'), 'utf8')) as {
  everything: Described & { hex: string };
  evolution: { old: Described & { value: unknown; hex: string }; new: Described & { read: unknown } };
};
interface Described {
  schema: unknown;
  canonical: string;
  sha256: string;
}

/** The record that `by_fastavro.py` writes, as a scenario would; numbers count from message 7. */
const values = {
  nothing: null,
  yes: 'true',
  int: '-2147483648',
  long: 9007199254740990,
  float: '1.${random:int:5:5}',
  double: -0.1,
  bytes: 'züge',
  string: 'message ${seq}',
  fixed: 'abcd',
  enum: 'HEARTS',
  array: ['0', -1, '64'],
  map: { a: 'SPADES' },
  union: { string: 'text' },
  date: '2026-01-02',
  time: '03:04:05.678901',
  millis: '2026-01-02T03:04:05.678Z',
  micros: '2026-01-02T04:04:05.678901+01:00',
  uuid: '9f1c2b3a-4d5e-4f60-8a7b-0c1d2e3f4a5b',
  price: '-12.34',
};
const everything = { ...values, next: { ...values, union: '${seq}' } };

const written = (schema: unknown, record: unknown, schemaId: number | null = null): Buffer =>
  avroPayload({ kind: 'avro', schema, record, schemaId }, 0, {
    random: seededRandom(1),
    producer: 'writer',
    wallClock: () => Date.parse('2026-01-02T03:04:05.678Z'),
  }).next(7);

describe('bytes of the specification', () => {
  // https://avro.apache.org/docs/1.12.0/specification/#binary-encoding: its own examples.
  test.each([
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [-2, '03'],
    [2, '04'],
    [-64, '7f'],
    [64, '8001'],
  ])('long %d', (value, hex) => expect(written('long', value).toString('hex')).toBe(hex));

  it('writes its examples', () => {
    const record = {
      type: 'record',
      name: 'test',
      fields: [
        { name: 'a', type: 'long' },
        { name: 'b', type: 'string' },
      ],
    };
    expect(written(record, { a: 27, b: 'foo' }).toString('hex')).toBe('3606666f6f');
    expect(written({ type: 'array', items: 'long' }, [3, 27]).toString('hex')).toBe('04063600');
    expect(written(['null', 'string'], null).toString('hex')).toBe('00');
    expect(written(['null', 'string'], 'a').toString('hex')).toBe('020261');
  });

  it('puts Confluent’s frame in front: a zero byte and the id, big-endian', () => {
    expect(written('string', 'foo', 0x01020304).toString('hex')).toBe('000102030406666f6f');
  });
});

describe('as fastavro has it', () => {
  it('writes the same bytes for every type', () => {
    const { schema, hex } = fastavro.everything;
    expect(written(schema, everything).toString('hex')).toBe(hex);
  });

  it.each(['everything', 'old', 'new'])('has the same fingerprint of %s', (name) => {
    const { schema, sha256 } = { everything: fastavro.everything, ...fastavro.evolution }[name]!;
    expect(compileSchema(schema).fingerprint).toBe(sha256);
  });

  it('reads what it wrote', () => {
    const { schema, hex } = fastavro.everything;
    const read = compileReader({
      framing: 'bare',
      readerSchema: schema,
      writers: [{ id: null, schema }],
    })(Buffer.from(hex, 'hex'), 0);
    expect(read).toMatchObject({
      value: {
        nothing: null,
        yes: true,
        int: -(2 ** 31),
        long: 2 ** 53 - 2,
        bytes: 'zÃ¼ge',
        fixed: 'abcd',
        enum: 'HEARTS',
        array: [0, -1, 64],
        map: { a: 'SPADES' },
        union: 'text',
        date: 20_455,
        millis: 1_767_323_045_678,
        micros: 1_767_323_045_678_901,
        next: { union: 7, next: null },
      },
    });
  });

  it('reads the old version as the new one alike', () => {
    const { old, new: next } = fastavro.evolution;
    const read = compileReader({
      framing: 'bare',
      readerSchema: next.schema,
      writers: [{ id: null, schema: old.schema }],
    });
    expect(read(Buffer.from(old.hex, 'hex'), 0)).toEqual({ value: next.read });
    expect(next.read).toEqual({ id: 7, customer: 'customer 7', currency: 'EUR' });
  });
});
