import { crc32 } from 'node:zlib';

// Slicing-by-8 (Kounavis & Berry 2005) over the reflected polynomial of zlib. Measured on Node 20: 68 bytes take
// 60 ns here and 165 ns through zlib.crc32 (231 with the subarray it needs); at 256 bytes they meet, at 1 KiB
// zlib is twice as fast.
const NATIVE_FROM_BYTES = 256;

const tables = Array.from({ length: 8 }, () => new Int32Array(256));
const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  t0[byte] = crc;
}
for (let k = 1; k < 8; k++) {
  for (let byte = 0; byte < 256; byte++) {
    const before = tables[k - 1]![byte]!;
    tables[k]![byte] = (before >>> 8) ^ t0[before & 255]!;
  }
}

/** The state before the first byte. A state is the running remainder; `crcOf` turns it into the CRC-32. */
export const CRC_START = -1;

/** State → CRC-32 as an unsigned number. */
export function crcOf(state: number): number {
  return ~state >>> 0;
}

/** State after eight more bytes, given as two little-endian 32-bit words. */
export function crcWords(state: number, low: number, high: number): number {
  const first = state ^ low;
  return (
    t7[first & 255]! ^
    t6[(first >>> 8) & 255]! ^
    t5[(first >>> 16) & 255]! ^
    t4[first >>> 24]! ^
    t3[high & 255]! ^
    t2[(high >>> 8) & 255]! ^
    t1[(high >>> 16) & 255]! ^
    t0[high >>> 24]!
  );
}

/** State after four more bytes, given as one little-endian 32-bit word. */
export function crcWord(state: number, word: number): number {
  const first = state ^ word;
  return t3[first & 255]! ^ t2[(first >>> 8) & 255]! ^ t1[(first >>> 16) & 255]! ^ t0[first >>> 24]!;
}

/** State after one more byte. */
export function crcByte(state: number, byte: number): number {
  return (state >>> 8) ^ t0[(state ^ byte) & 255]!;
}

/** State after `bytes[start..end)`. */
export function crcBytes(state: number, bytes: Uint8Array, start: number, end: number): number {
  if (end - start >= NATIVE_FROM_BYTES) return ~crc32(bytes.subarray(start, end), ~state >>> 0);
  let at = start;
  for (const last = end - 8; at <= last; at += 8) {
    state ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    state =
      t7[state & 255]! ^
      t6[(state >>> 8) & 255]! ^
      t5[(state >>> 16) & 255]! ^
      t4[state >>> 24]! ^
      t3[bytes[at + 4]!]! ^
      t2[bytes[at + 5]!]! ^
      t1[bytes[at + 6]!]! ^
      t0[bytes[at + 7]!]!;
  }
  for (; at < end; at++) state = crcByte(state, bytes[at]!);
  return state;
}
