import { deflateSync, inflateSync } from 'node:zlib';
import { BenchError, messageOf } from '../base/errors.ts';
import type { ExactStatistics } from './histogram.ts';
import {
  HIGHEST_MICROS,
  Histogram,
  LOWEST_MICROS,
  SIGNIFICANT_DIGITS,
  SLOTS,
  slotFloor,
} from './histogram.ts';

/**
 * HdrHistogram's V2 compressed encoding, big-endian: a cookie and a length, then deflated a 40-byte header and the
 * counts as ZigZag LEB128, runs of empty slots as one negative number.
 *
 * hdr-histogram-js 3.0.1 is our test oracle, not our encoder: its V2 header says normalizingIndexOffset 1 instead
 * of 0 and a ratio with the bits 0x1 instead of the double 1.0, which makes HdrHistogram_c return another mean.
 */
const COOKIE = 0x1c849303 | 0x10;
const COMPRESSED_COOKIE = 0x1c849304 | 0x10;
const HEADER_BYTES = 40;
/** A count below 2^53 takes at most 8 bytes. */
const MAX_VARINT_BYTES = 8;

/** The counts as base64 text, as it stands in results and `.hlog` lines (where it begins with HISTF). */
export function encodeHdr(histogram: Histogram): string {
  const payload = encodeCounts(histogram);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32BE(COOKIE, 0);
  header.writeInt32BE(payload.length, 4);
  header.writeInt32BE(0, 8); // normalizingIndexOffset
  header.writeInt32BE(SIGNIFICANT_DIGITS, 12);
  header.writeBigInt64BE(BigInt(LOWEST_MICROS), 16);
  header.writeBigInt64BE(BigInt(HIGHEST_MICROS), 24);
  header.writeDoubleBE(1, 32); // integerToDoubleValueConversionRatio
  const deflated = deflateSync(Buffer.concat([header, payload]));
  const prefix = Buffer.alloc(8);
  prefix.writeInt32BE(COMPRESSED_COOKIE, 0);
  prefix.writeInt32BE(deflated.length, 4);
  return Buffer.concat([prefix, deflated]).toString('base64');
}

/**
 * The histogram of an encoded one. The encoding holds counts alone: hand in the exact statistics that stand beside
 * it, or min, max and sum are those of the slots' edges and middles, without what was out of range.
 *
 * @throws BenchError `results` for anything but a V2 encoding of our range and precision.
 */
export function decodeHdr(base64: string, exact?: ExactStatistics): Histogram {
  const bytes = inflate(Buffer.from(base64, 'base64'));
  expectNumber('cookie', bytes.readInt32BE(0), COOKIE);
  expectNumber('normalizing index offset', bytes.readInt32BE(8), 0);
  expectNumber('number of significant digits', bytes.readInt32BE(12), SIGNIFICANT_DIGITS);
  expectNumber('lowest value', Number(bytes.readBigInt64BE(16)), LOWEST_MICROS);
  const end = HEADER_BYTES + bytes.readInt32BE(4);
  if (end > bytes.length) throw unreadable('it is cut off');
  const histogram = new Histogram();
  const { indices, counts } = decodeCounts(bytes, end);
  const edges = edgeStatistics(indices, counts);
  if (exact && exact.count - exact.overflow - exact.negative !== edges.count) {
    throw unreadable(`it holds ${edges.count} samples, where ${exact.count} were recorded`);
  }
  histogram.addSparse({ indices, counts, exact: exact ?? edges });
  return histogram;
}

function encodeCounts(histogram: Histogram): Buffer {
  const { indices, counts } = histogram.toSparse();
  // Each used slot is one number, and so is the gap before it.
  const target = Buffer.alloc((2 * indices.length + 1) * MAX_VARINT_BYTES);
  let at = 0;
  let next = 0;
  for (let i = 0; i < indices.length; i++) {
    const gap = indices[i]! - next;
    if (gap === 1) at = writeZigZag(target, at, 0);
    else if (gap > 1) at = writeZigZag(target, at, -gap);
    at = writeZigZag(target, at, counts[i]!);
    next = indices[i]! + 1;
  }
  return target.subarray(0, at);
}

function decodeCounts(bytes: Buffer, end: number): { indices: Uint32Array; counts: Float64Array } {
  const indices: number[] = [];
  const counts: number[] = [];
  let slot = 0;
  for (let at = HEADER_BYTES; at < end;) {
    let zigzag = 0;
    for (let scale = 1, more = true; more; scale *= 128) {
      if (at >= end || scale > 2 ** 49) throw unreadable('a count is cut off or exceeds 2^53');
      const byte = bytes[at++]!;
      zigzag += (byte & 127) * scale;
      more = byte >= 128;
    }
    if (zigzag % 2 === 1) {
      slot += (zigzag + 1) / 2;
      continue;
    }
    if (slot >= SLOTS) throw unreadable(`it has more than ${SLOTS} slots`);
    if (zigzag > 0) {
      indices.push(slot);
      counts.push(zigzag / 2);
    }
    slot++;
  }
  return { indices: Uint32Array.from(indices), counts: Float64Array.from(counts) };
}

/** Arithmetic instead of shifts: counts may exceed 32 bits. */
function writeZigZag(target: Buffer, at: number, value: number): number {
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  while (rest >= 128) {
    target[at++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  target[at++] = rest;
  return at;
}

function inflate(bytes: Buffer): Buffer {
  if (bytes.length < 8) throw unreadable('it is cut off');
  expectNumber('cookie', bytes.readInt32BE(0), COMPRESSED_COOKIE);
  const length = bytes.readInt32BE(4);
  if (length < 0 || 8 + length > bytes.length) throw unreadable('it is cut off');
  let inflated: Buffer;
  try {
    inflated = inflateSync(bytes.subarray(8, 8 + length));
  } catch (error) {
    throw unreadable(messageOf(error));
  }
  if (inflated.length < HEADER_BYTES) throw unreadable('it is cut off');
  return inflated;
}

function edgeStatistics(indices: Uint32Array, counts: Float64Array): ExactStatistics {
  const first = indices[0];
  const last = indices.at(-1);
  if (first === undefined || last === undefined) {
    return { count: 0, min: null, max: null, sum: 0, overflow: 0, negative: 0 };
  }
  let count = 0;
  let sum = 0;
  for (const [i, slot] of indices.entries()) {
    count += counts[i]!;
    sum += counts[i]! * Math.floor((slotFloor(slot) + slotFloor(slot + 1)) / 2);
  }
  return { count, min: slotFloor(first), max: slotFloor(last + 1) - 1, sum, overflow: 0, negative: 0 };
}

function expectNumber(what: string, found: number, expected: number): void {
  if (found !== expected) throw unreadable(`its ${what} is ${found} instead of ${expected}`);
}

function unreadable(why: string): BenchError {
  return new BenchError('results', `cannot read a stored histogram: ${why}`, {
    hint: 'the file was damaged or written by another tool; run the scenario again',
  });
}
