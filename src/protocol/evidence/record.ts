import { CRC_START, crcByte, crcBytes, crcOf, crcWord, crcWords } from '../../base/crc32.ts';

/** Bytes of a record; docs/evidence.md has the layout. */
export const RECORD_BYTES = 48;

/** Byte 0 of a record. 0 is space that nobody has written to yet. */
export const recordKinds = {
  opened: 1,
  sends: 2,
  transaction: 3,
  ended: 4,
  owes: 16,
  assigned: 17,
  revoked: 18,
  processed: 19,
  committed: 20,
  reset: 21,
  deadLettered: 22,
  broken: 23,
  skipped: 24,
  log: 32,
  logRange: 33,
  logEnd: 34,
  logTime: 35,
  deadLetter: 36,
  deadLetterEnd: 37,
  deadLetterKey: 38,
  committedRecord: 39,
  committedEnd: 40,
  logUnreplicated: 41,
} as const;
export type RecordKind = (typeof recordKinds)[keyof typeof recordKinds];
const kinds: ReadonlySet<number> = new Set(Object.values(recordKinds));

/** Byte 1, by kind. */
export const codes = {
  opened: { acksNone: 0, acksSome: 1, transactional: 2 },
  sends: { confirmed: 1, failed: 2, refused: 3, handedOver: 4 },
  transaction: { committed: 1, aborted: 2, unknown: 3 },
  ended: { drained: 1 },
  log: { ok: 1, corrupt: 2, foreign: 3, corruptOfOtherRun: 4 },
  deadLetter: { ok: 1, corrupt: 2 },
} as const;

/** One record as its fields; what they mean depends on the kind (docs/evidence.md). */
export interface EvidenceRecord {
  kind: RecordKind;
  code: number;
  /** Number of the topic in the run's list. */
  topic: number;
  /** −1: not told. */
  partition: number;
  sequence: number;
  /** −1: not told. */
  offset: number;
  /** Messages described: at sequence, sequence + stride …, and offset, offset + 1 …. Of a dead letter: its partition. */
  count: number;
  /** 0: `count` is a mask, bit i set where sequence + i is among them. Of a dead letter: its topic in their list. */
  stride: number;
  /** ns on CLOCK_MONOTONIC; of `log` records the key's hash + 1, 0 without one; of `logTime` ms since 1970. */
  time: number;
  /** librdkafka's error code, or the leader epoch. */
  value: number;
  /** Producer, or the member of a group. */
  client: number;
  /** Incarnation, or the number of the group in the run's list. */
  part: number;
}

export function emptyRecord(): EvidenceRecord {
  return {
    kind: recordKinds.sends,
    code: 0,
    topic: 0,
    partition: -1,
    sequence: 0,
    offset: -1,
    count: 1,
    stride: 1,
    time: 0,
    value: 0,
    client: 0,
    part: 0,
  };
}

const TWO_32 = 2 ** 32;

/** Writes one record at `at`. Whole numbers below 2^53, times to the microsecond; wider ones lose their high bits. */
export function writeRecord(into: DataView, at: number, record: EvidenceRecord): void {
  const { kind, code, partition, count, sequence, offset, time, value } = record;
  const place = record.topic | (record.stride << 16);
  const sequenceHigh = highOf(sequence);
  const offsetHigh = highOf(offset);
  const timeHigh = highOf(time);
  const writer = record.client | (record.part << 16);
  // The words are at hand, so their check is taken from them and not from the bytes: this is a message's whole cost
  // where a partitioner scatters them.
  let state = crcWords(crcHead(kind, code), place, partition);
  state = crcWords(state, count, sequence | 0);
  state = crcWords(state, sequenceHigh, offset | 0);
  state = crcWords(state, offsetHigh, time | 0);
  state = crcWord(crcWords(state, timeHigh, value), writer);
  into.setInt32(at, kind | (code << 8) | (~state << 16), true);
  into.setInt32(at + 4, place, true);
  into.setInt32(at + 8, partition, true);
  into.setInt32(at + 12, count, true);
  into.setInt32(at + 16, sequence | 0, true);
  into.setInt32(at + 20, sequenceHigh, true);
  into.setInt32(at + 24, offset | 0, true);
  into.setInt32(at + 28, offsetHigh, true);
  into.setInt32(at + 32, time | 0, true);
  into.setInt32(at + 36, timeHigh, true);
  into.setInt32(at + 40, value, true);
  into.setInt32(at + 44, writer, true);
}

/** Fills `record`; false where nothing was written there, or not what its check says. */
export function readRecord(from: Buffer, at: number, record: EvidenceRecord): boolean {
  const kind = from[at]!;
  if (!kinds.has(kind) || from.readUInt16LE(at + 2) !== checkOf(from, at)) return false;
  record.kind = kind as RecordKind;
  record.code = from[at + 1]!;
  record.topic = from.readUInt16LE(at + 4);
  record.stride = from.readUInt16LE(at + 6);
  record.partition = from.readInt32LE(at + 8);
  record.count = from.readUInt32LE(at + 12);
  record.sequence = read64(from, at + 16);
  record.offset = read64(from, at + 24);
  record.time = read64(from, at + 32);
  record.value = from.readInt32LE(at + 40);
  record.client = from.readUInt16LE(at + 44);
  record.part = from.readUInt16LE(at + 46);
  return true;
}

/** The low half of the CRC-32 over all of the record but the check itself. */
function checkOf(bytes: Buffer, at: number): number {
  const head = crcHead(bytes[at]!, bytes[at + 1]!);
  return crcOf(crcBytes(head, bytes, at + 4, at + RECORD_BYTES)) & 0xffff;
}

/** The CRC state behind the two bytes in front of the check. */
const crcHead = (kind: number, code: number): number => crcByte(crcByte(CRC_START, kind), code);

/** Of two's complement; −1 is all ones. */
const highOf = (value: number): number => Math.floor(value / TWO_32) | 0;

function read64(from: Buffer, at: number): number {
  return from.readInt32LE(at + 4) * TWO_32 + from.readUInt32LE(at);
}
