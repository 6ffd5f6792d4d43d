import type { Micros } from '../base/clock.ts';
import { CRC_START, crcBytes, crcOf, crcWord, crcWords } from '../base/crc32.ts';

/**
 * The 32 bytes that identify a message, little-endian, version 1:
 *
 *     0 magic u16 · 2 version (low 4 bits) and flags (high 4) u8 · 3 hop u8 · 4 run u32 · 8 producer u16
 *     10 incarnation u16 · 12 sequence u64 · 20 due u64 (ns, CLOCK_MONOTONIC)
 *     28 CRC-32 u32 over the envelope with this field zero, the key, the value behind the envelope
 *
 * A message's identity is (run, producer, incarnation, sequence).
 */
export const ENVELOPE_BYTES = 32;
/** On the wire 4c be: no text in ASCII or UTF-8 begins so, nor does Confluent's Avro framing (00). */
export const ENVELOPE_MAGIC = 0xbe4c;
export const ENVELOPE_VERSION = 1;
/** Name of the record header that carries the envelope where the value must stay as the user wrote it. */
export const ENVELOPE_HEADER = 'kafka-bench';

const TWO_32 = 2 ** 32;
const CRC_AT = 28;

export interface EnvelopeOrigin {
  /** u32 */
  readonly run: number;
  /** u16 */
  readonly producer: number;
  /** u16; a restarted client is a new incarnation, whose sequences begin at 0. */
  readonly incarnation: number;
  /** u8, default 0: pipeline stages passed. */
  readonly hop?: number;
}

/** Stamps one client's messages. Only sequence, due time and CRC differ between them. */
export class EnvelopeWriter {
  readonly #first: number;
  readonly #run: number;
  readonly #client: number;
  /** CRC state after the first 12 bytes, which never change. */
  readonly #state: number;

  constructor({ run, producer, incarnation, hop = 0 }: EnvelopeOrigin) {
    assertUnsigned('run', run, 32);
    assertUnsigned('producer', producer, 16);
    assertUnsigned('incarnation', incarnation, 16);
    assertUnsigned('hop', hop, 8);
    this.#first = ENVELOPE_MAGIC | (ENVELOPE_VERSION << 16) | (hop << 24);
    this.#run = run | 0;
    this.#client = producer | (incarnation << 16);
    this.#state = crcWord(crcWords(CRC_START, this.#first, this.#run), this.#client);
  }

  /**
   * Writes the envelope of one message at `target[offset..offset + 32)`.
   *
   * @param sequence whole number below 2^53
   * @param value the value, of which the bytes from `valueStart` are covered: 32 where it begins with the
   *   envelope, 0 where the envelope is a header. Its content must be in place.
   */
  stamp(
    target: Uint8Array,
    offset: number,
    sequence: number,
    due: Micros,
    key: Uint8Array | null,
    value: Uint8Array | null,
    valueStart: number,
  ): void {
    const sequenceLow = sequence | 0;
    const sequenceHigh = (sequence / TWO_32) | 0;
    const nanos = Math.round(due * 1000);
    const dueLow = nanos | 0;
    const dueHigh = (nanos / TWO_32) | 0;
    put32(target, offset, this.#first);
    put32(target, offset + 4, this.#run);
    put32(target, offset + 8, this.#client);
    put32(target, offset + 12, sequenceLow);
    put32(target, offset + 16, sequenceHigh);
    put32(target, offset + 20, dueLow);
    put32(target, offset + 24, dueHigh);
    let state = this.#stateBehind(sequenceLow, sequenceHigh, dueLow, dueHigh, key);
    if (value !== null) state = crcBytes(state, value, valueStart, value.length);
    put32(target, offset + CRC_AT, ~state);
  }

  /**
   * The same, of a payload that is not read for it.
   *
   * @param view where the envelope goes, from its first byte
   * @param payload tells the CRC state behind the covered bytes of the value from that in front of them
   */
  stampKnown(
    view: DataView,
    sequence: number,
    due: Micros,
    key: Uint8Array | null,
    payload: { crcAfter(state: number): number },
  ): void {
    const sequenceLow = sequence | 0;
    const sequenceHigh = (sequence / TWO_32) | 0;
    const nanos = Math.round(due * 1000);
    const dueLow = nanos | 0;
    const dueHigh = (nanos / TWO_32) | 0;
    view.setInt32(0, this.#first, true);
    view.setInt32(4, this.#run, true);
    view.setInt32(8, this.#client, true);
    view.setInt32(12, sequenceLow, true);
    view.setInt32(16, sequenceHigh, true);
    view.setInt32(20, dueLow, true);
    view.setInt32(24, dueHigh, true);
    const state = this.#stateBehind(sequenceLow, sequenceHigh, dueLow, dueHigh, key);
    view.setInt32(CRC_AT, ~payload.crcAfter(state), true);
  }

  /** The CRC state behind the envelope, its CRC field as zero, and the key. */
  #stateBehind(
    sequenceLow: number,
    sequenceHigh: number,
    dueLow: number,
    dueHigh: number,
    key: Uint8Array | null,
  ): number {
    const state = crcWords(crcWords(this.#state, sequenceLow, sequenceHigh), dueLow, dueHigh);
    return key === null ? crcWord(state, 0) : crcBytes(crcWord(state, 0), key, 0, key.length);
  }
}

/**
 * A due time as a reader of its envelope will see it: whole nanoseconds. A sender that decides by due time (which
 * phase a message belongs to) rounds first, or both ends may decide differently.
 */
export function carriedDue(due: Micros): Micros {
  return Math.round(due * 1000) / 1000;
}

export interface Envelope {
  flags: number;
  hop: number;
  run: number;
  producer: number;
  incarnation: number;
  sequence: number;
  due: Micros;
}

export function emptyEnvelope(): Envelope {
  return { flags: 0, hop: 0, run: 0, producer: 0, incarnation: 0, sequence: 0, due: 0 };
}

/** True where an envelope of this version begins at `offset`; says nothing about the CRC. */
export function isEnvelope(bytes: Uint8Array, offset: number): boolean {
  return (
    bytes.length >= offset + ENVELOPE_BYTES &&
    (bytes[offset]! | (bytes[offset + 1]! << 8)) === ENVELOPE_MAGIC &&
    (bytes[offset + 2]! & 15) === ENVELOPE_VERSION
  );
}

/** Fills `into` and returns true, or returns false (`into` untouched) where no envelope of ours begins. */
export function readEnvelope(bytes: Uint8Array, offset: number, into: Envelope): boolean {
  if (!isEnvelope(bytes, offset)) return false;
  into.flags = bytes[offset + 2]! >>> 4;
  into.hop = bytes[offset + 3]!;
  into.run = get32(bytes, offset + 4) >>> 0;
  into.producer = bytes[offset + 8]! | (bytes[offset + 9]! << 8);
  into.incarnation = bytes[offset + 10]! | (bytes[offset + 11]! << 8);
  into.sequence = get64(bytes, offset + 12);
  into.due = get64(bytes, offset + 20) / 1000;
  return true;
}

export type EnvelopeCheck = 'ok' | 'corrupt' | 'foreign';

/**
 * `foreign`: no envelope of this version begins at `offset`. `corrupt`: envelope, key or value is not what was
 * stamped. `valueStart` is 32 where the value begins with the envelope, 0 where the envelope is a header.
 */
export function checkEnvelope(
  bytes: Uint8Array,
  offset: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  valueStart: number,
): EnvelopeCheck {
  if (!isEnvelope(bytes, offset)) return 'foreign';
  return get32(bytes, offset + CRC_AT) >>> 0 === checksum(bytes, offset, key, value, valueStart)
    ? 'ok'
    : 'corrupt';
}

/** Computes the CRC of an envelope edited in place (a pipeline's next hop) and writes it. */
export function sealEnvelope(
  bytes: Uint8Array,
  offset: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  valueStart: number,
): void {
  put32(bytes, offset + CRC_AT, checksum(bytes, offset, key, value, valueStart));
}

function checksum(
  bytes: Uint8Array,
  offset: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  valueStart: number,
): number {
  let state = crcWord(crcBytes(CRC_START, bytes, offset, offset + CRC_AT), 0);
  if (key !== null) state = crcBytes(state, key, 0, key.length);
  if (value !== null) state = crcBytes(state, value, valueStart, value.length);
  return crcOf(state);
}

function put32(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word;
  bytes[at + 1] = word >>> 8;
  bytes[at + 2] = word >>> 16;
  bytes[at + 3] = word >>> 24;
}

function get32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function get64(bytes: Uint8Array, at: number): number {
  return (get32(bytes, at + 4) >>> 0) * TWO_32 + (get32(bytes, at) >>> 0);
}

function assertUnsigned(name: string, value: number, bits: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new RangeError(`envelope: ${name} is ${value}, which is not an unsigned ${bits}-bit number`);
  }
}
