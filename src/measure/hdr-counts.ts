import { deflateSync, inflateSync } from 'node:zlib';
import { decodeFromCompressedBase64, Float64Histogram, JsHistogram } from 'hdr-histogram-js';
// What it adds to the class is not among the types of its entrance.
import type {} from 'hdr-histogram-js/dist/JsHistogram.encoding.js';
import { HIGHEST_MICROS, LOWEST_MICROS, SIGNIFICANT_DIGITS } from './slots.ts';

/**
 * HdrHistogram's V2 compressed encoding, big-endian: a cookie and a length, then deflated a header of 40 bytes and the
 * counts as ZigZag LEB128.
 *
 * hdr-histogram-js 3.0.1 writes two fields of that header wrong, normalizingIndexOffset and the ratio; they are mended
 * here. docs/dependencies.md has the words for its maintainers.
 */
const header = {
  cookie: { at: 0, value: 0x1c849303 | 0x10 },
  payloadBytes: { at: 4 },
  normalizingIndexOffset: { at: 8, value: 0 },
  significantDigits: { at: 12, value: SIGNIFICANT_DIGITS },
  lowest: { at: 16, value: BigInt(LOWEST_MICROS) },
  highest: { at: 24, value: BigInt(HIGHEST_MICROS) },
  ratio: { at: 32, value: 1 },
} as const;
const HEADER_BYTES = 40;
const COMPRESSED_COOKIE = 0x1c849304 | 0x10;
const PREFIX_BYTES = 8;

/** hdr-histogram-js' histogram in our range, with a correct encoding, also where its own log writer asks for one. */
export class HdrCounts extends Float64Histogram {
  constructor() {
    super(LOWEST_MICROS, HIGHEST_MICROS, SIGNIFICANT_DIGITS);
  }

  override readonly encodeIntoCompressedBase64 = (level?: number): string =>
    mended(JsHistogram.prototype.encodeIntoCompressedBase64.call(this, level));
}

function mended(base64: string): string {
  const bytes = inflateSync(Buffer.from(base64, 'base64').subarray(PREFIX_BYTES));
  bytes.writeInt32BE(header.normalizingIndexOffset.value, header.normalizingIndexOffset.at);
  bytes.writeDoubleBE(header.ratio.value, header.ratio.at);
  const deflated = deflateSync(bytes);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeInt32BE(COMPRESSED_COOKIE, 0);
  prefix.writeInt32BE(deflated.length, 4);
  return Buffer.concat([prefix, deflated]).toString('base64');
}

/**
 * Counts of an encoded histogram.
 * @throws Error for anything but a V2 encoding of our range and precision: hdr-histogram-js looks at the cookies alone.
 */
export function readHdrCounts(base64: string): JsHistogram {
  const bytes = Buffer.from(base64, 'base64');
  expectRoom(bytes, PREFIX_BYTES);
  expectNumber('cookie', bytes.readInt32BE(0), COMPRESSED_COOKIE);
  const deflated = bytes.readInt32BE(4);
  expectRoom(bytes, PREFIX_BYTES + deflated);
  const inflated = inflateSync(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + deflated));
  expectRoom(inflated, HEADER_BYTES);
  const { cookie, payloadBytes, normalizingIndexOffset, significantDigits, lowest, highest } = header;
  expectNumber('cookie', inflated.readInt32BE(cookie.at), cookie.value);
  expectNumber(
    'normalizing index offset',
    inflated.readInt32BE(normalizingIndexOffset.at),
    normalizingIndexOffset.value,
  );
  expectNumber(
    'number of significant digits',
    inflated.readInt32BE(significantDigits.at),
    significantDigits.value,
  );
  expectNumber('lowest value', inflated.readBigInt64BE(lowest.at), lowest.value);
  expectNumber('highest value', inflated.readBigInt64BE(highest.at), highest.value);
  expectRoom(inflated, HEADER_BYTES + inflated.readInt32BE(payloadBytes.at));
  const counts = decodeFromCompressedBase64(base64, 64);
  if (!(counts instanceof JsHistogram)) throw new TypeError('it is a WebAssembly histogram');
  return counts;
}

function expectRoom(bytes: Buffer, end: number): void {
  if (end > bytes.length) throw new RangeError('it is cut off');
}

function expectNumber(what: string, found: number | bigint, expected: number | bigint): void {
  if (found !== expected) throw new RangeError(`its ${what} is ${found}, not ${expected}`);
}
