import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  carriedDue,
  checkEnvelope,
  emptyEnvelope,
  ENVELOPE_BYTES,
  EnvelopeWriter,
  readEnvelope,
  sealEnvelope,
} from './envelope.ts';

const origin = { run: 0xdeadbeef, producer: 0x0102, incarnation: 0x0304 };

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const count = fc.maxSafeNat();
const messages = fc.record({
  sequence: count,
  due: fc.double({ min: 0, max: 1e13, noNaN: true }),
  key: fc.option(bytes(40)),
  // Beyond 256 bytes the checksum goes through zlib.
  payload: fc.oneof(
    bytes(80),
    fc.uint8Array({ minLength: 200, maxLength: 600 }).map((array) => Buffer.from(array)),
  ),
});

/** A message with the envelope before its payload, and one with the envelope in a header. */
function stamped({
  sequence,
  due,
  key,
  payload,
}: {
  sequence: number;
  due: number;
  key: Buffer | null;
  payload: Buffer;
}) {
  const writer = new EnvelopeWriter(origin);
  const value = Buffer.concat([Buffer.alloc(ENVELOPE_BYTES, 0xff), payload]);
  writer.stamp(value, 0, sequence, due, key, value, ENVELOPE_BYTES);
  const header = Buffer.alloc(ENVELOPE_BYTES, 0xff);
  writer.stamp(header, 0, sequence, due, key, payload, 0);
  return { value, header };
}

describe('envelope', () => {
  it('has the bytes that the format says', () => {
    const target = Buffer.alloc(ENVELOPE_BYTES + 2, 0xff);
    const sequence = 0x0001_0203_0405_06;
    new EnvelopeWriter(origin).stamp(
      target,
      1,
      sequence,
      1_000_000.5,
      Buffer.from('key'),
      Buffer.from('value'),
      0,
    );
    const envelope = [
      '4cbe', // magic
      '01', // version 1, no flags
      '00', // hop
      'efbeadde', // run
      '0201', // producer
      '0403', // incarnation
      '0605040302010000', // sequence
      'f4cb9a3b00000000', // due: 1 000 000 500 ns
    ].join('');
    const covered = Buffer.concat([Buffer.from(envelope, 'hex'), Buffer.alloc(4), Buffer.from('keyvalue')]);
    const crc = Buffer.alloc(4);
    crc.writeUInt32LE(crc32(covered));
    expect(target.toString('hex')).toBe(`ff${envelope}${crc.toString('hex')}ff`);
  });

  it('reads what was written, to the nanosecond, and is the same in a header and before the payload', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const { value, header } = stamped(message);
        const read = emptyEnvelope();
        expect(readEnvelope(value, 0, read)).toBe(true);
        expect(read).toMatchObject({ ...origin, sequence: message.sequence, flags: 0, hop: 0 });
        expect(Math.abs(read.due - message.due)).toBeLessThanOrEqual(0.0015);
        expect(value.subarray(0, ENVELOPE_BYTES)).toEqual(header);
        expect(checkEnvelope(value, 0, message.key, value, ENVELOPE_BYTES)).toBe('ok');
        expect(checkEnvelope(header, 0, message.key, message.payload, 0)).toBe('ok');
      }),
    );
  });

  it('detects any single flipped bit of envelope, key and payload', () => {
    fc.assert(
      fc.property(messages, count, (message, which) => {
        const { value } = stamped(message);
        const key = message.key;
        const bit = which % ((value.length + (key?.length ?? 0)) * 8);
        const at = bit >>> 3;
        const flipped = at < value.length ? value : key!;
        flipped[at < value.length ? at : at - value.length]! ^= 1 << (bit & 7);
        const expected = at < 2 || (at === 2 && (bit & 7) < 4) ? 'foreign' : 'corrupt';
        expect(checkEnvelope(value, 0, key, value, ENVELOPE_BYTES)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('covers every bit of one message', () => {
    const message = { sequence: 7, due: 123.456, key: Buffer.from('k'), payload: Buffer.from('payload') };
    const { value } = stamped(message);
    let undetected = 0;
    for (let bit = 0; bit < value.length * 8; bit++) {
      value[bit >>> 3]! ^= 1 << (bit & 7);
      if (checkEnvelope(value, 0, message.key, value, ENVELOPE_BYTES) === 'ok') undetected++;
      value[bit >>> 3]! ^= 1 << (bit & 7);
    }
    expect(undetected).toBe(0);
    expect(checkEnvelope(value, 0, message.key, value, ENVELOPE_BYTES)).toBe('ok');
  });

  it('calls foreign what is too short or of another version, and leaves the target alone', () => {
    const { value } = stamped({ sequence: 1, due: 1, key: null, payload: Buffer.from('text') });
    const read = emptyEnvelope();
    const version2 = Buffer.from(value);
    version2[2] = 2;
    for (const foreign of [
      value.subarray(0, 31),
      version2,
      Buffer.from('{"id": "a value that begins otherwise"}'),
    ]) {
      expect(readEnvelope(foreign, 0, read)).toBe(false);
      expect(checkEnvelope(foreign, 0, null, foreign, ENVELOPE_BYTES)).toBe('foreign');
    }
    expect(read).toEqual(emptyEnvelope());
  });

  it('can be edited and sealed again, as a pipeline does for its hop', () => {
    const { value } = stamped({ sequence: 1, due: 1, key: null, payload: Buffer.from('text') });
    value[3] = 1;
    expect(checkEnvelope(value, 0, null, value, ENVELOPE_BYTES)).toBe('corrupt');
    sealEnvelope(value, 0, null, value, ENVELOPE_BYTES);
    expect(checkEnvelope(value, 0, null, value, ENVELOPE_BYTES)).toBe('ok');
    const stampedAsHop = Buffer.from(value);
    new EnvelopeWriter({ ...origin, hop: 1 }).stamp(
      stampedAsHop,
      0,
      1,
      1,
      null,
      stampedAsHop,
      ENVELOPE_BYTES,
    );
    expect(stampedAsHop).toEqual(value);
  });

  it('refuses an origin that does not fit its fields', () => {
    expect(() => new EnvelopeWriter({ ...origin, producer: 65_536 })).toThrow('unsigned 16-bit');
    expect(() => new EnvelopeWriter({ ...origin, run: -1 })).toThrow('unsigned 32-bit');
  });
});

it('a carried due time is read back to the bit, so that both ends cut phases at the same message', () => {
  const writer = new EnvelopeWriter({ run: 1, producer: 0, incarnation: 0 });
  const bytes = Buffer.alloc(ENVELOPE_BYTES);
  const read = emptyEnvelope();
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), (micros) => {
      const due = carriedDue(micros);
      writer.stamp(bytes, 0, 0, due, null, null, 0);
      readEnvelope(bytes, 0, read);
      expect(read.due).toBe(due);
    }),
  );
});
