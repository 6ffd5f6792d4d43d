import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CRC_START, crcBytes, crcOf, crcWord, crcWords } from './crc32.ts';

describe('crc32', () => {
  it('gives the check value of CRC-32/ISO-HDLC', () => {
    expect(crcOf(crcBytes(CRC_START, Buffer.from('123456789'), 0, 9))).toBe(0xcbf43926);
  });

  it('equals zlib over any range, in any number of pieces', () => {
    const data = fc.uint8Array({ maxLength: 700, size: 'max' });
    fc.assert(
      fc.property(data, fc.nat(700), fc.nat(700), (bytes, one, other) => {
        const [from, to] = [Math.min(one, other, bytes.length), Math.min(Math.max(one, other), bytes.length)];
        const expected = crc32(bytes.subarray(from));
        const state = crcBytes(crcBytes(CRC_START, bytes, from, to), bytes, to, bytes.length);
        expect(crcOf(state)).toBe(expected);
      }),
    );
  });

  it('takes words as their little-endian bytes', () => {
    const bytes = Buffer.from('0123456789ab');
    const state = crcWord(
      crcWords(CRC_START, bytes.readInt32LE(0), bytes.readInt32LE(4)),
      bytes.readInt32LE(8),
    );
    expect(crcOf(state)).toBe(crc32(bytes));
  });
});
