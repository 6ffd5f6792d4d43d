import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CrcSuffix } from './crc-suffix.ts';
import { CRC_START, crcBytes } from './crc32.ts';

test('gives the state that reading the bytes gives, behind any others', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ minLength: 250, maxLength: 1500 })),
      (front, bytes) => {
        const state = crcBytes(CRC_START, front, 0, front.length);
        const own = crcBytes(0, bytes, 0, bytes.length);
        expect(new CrcSuffix(bytes.length).after(state, own)).toBe(crcBytes(state, bytes, 0, bytes.length));
      },
    ),
    { numRuns: 200 },
  );
});

test('a bit that is not what was read gives another state', () => {
  const suffix = new CrcSuffix(68);
  const bytes = new Uint8Array(68).fill(7);
  const own = crcBytes(0, bytes, 0, 68);
  bytes[50]! ^= 4;
  expect(suffix.after(CRC_START, own)).not.toBe(crcBytes(CRC_START, bytes, 0, 68));
});
