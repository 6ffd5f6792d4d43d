import { crc32 } from 'node:zlib';
import { RECORD_BYTES } from './record.ts';

/** `KBEV` as its bytes stand in the file. */
export const SEGMENT_MAGIC = 0x5645424b;
export const SEGMENT_VERSION = 1;
export const SEGMENT_HEADER_BYTES = 64;
const SEALED = 1;
const FINAL = 2;
const HEADER_CRC_AT = 60;

/** The head of a segment, before `capacity` records (docs/evidence.md). */
export interface SegmentHeader {
  /** As in the envelope. */
  readonly run: number;
  /** Number of the writing process in the run. */
  readonly writer: number;
  /** From 0, without gaps. */
  readonly segment: number;
  /** Records that the segment has room for. */
  readonly capacity: number;
  /** Null while the segment is being written, and for ever where its writer was killed. */
  readonly sealed: {
    readonly count: number;
    readonly crc: number;
    /** The writer ended in order: there is no further segment. */
    readonly final: boolean;
  } | null;
}

export function writeSegmentHeader(into: Buffer, at: number, header: SegmentHeader): void {
  into.fill(0, at, at + SEGMENT_HEADER_BYTES);
  into.writeUInt32LE(SEGMENT_MAGIC, at);
  into.writeUInt16LE(SEGMENT_VERSION, at + 4);
  into.writeUInt16LE(SEGMENT_HEADER_BYTES, at + 6);
  into.writeUInt16LE(RECORD_BYTES, at + 8);
  into.writeUInt16LE(header.sealed ? SEALED | (header.sealed.final ? FINAL : 0) : 0, at + 10);
  into.writeUInt32LE(header.run, at + 12);
  into.writeUInt32LE(header.writer, at + 16);
  into.writeUInt32LE(header.segment, at + 20);
  into.writeUInt32LE(header.capacity, at + 24);
  into.writeUInt32LE(header.sealed?.count ?? 0, at + 28);
  into.writeUInt32LE(header.sealed?.crc ?? 0, at + 32);
  into.writeUInt32LE(crc32(into.subarray(at, at + HEADER_CRC_AT)), at + HEADER_CRC_AT);
}

/** Null where no segment of this version begins, or its header is damaged. */
export function readSegmentHeader(from: Buffer, at: number): SegmentHeader | null {
  if (from.length < at + SEGMENT_HEADER_BYTES) return null;
  if (from.readUInt32LE(at) !== SEGMENT_MAGIC || from.readUInt16LE(at + 4) !== SEGMENT_VERSION) return null;
  if (from.readUInt32LE(at + HEADER_CRC_AT) !== crc32(from.subarray(at, at + HEADER_CRC_AT))) return null;
  const flags = from.readUInt16LE(at + 10);
  return {
    run: from.readUInt32LE(at + 12),
    writer: from.readUInt32LE(at + 16),
    segment: from.readUInt32LE(at + 20),
    capacity: from.readUInt32LE(at + 24),
    sealed:
      (flags & SEALED) === 0
        ? null
        : {
            count: from.readUInt32LE(at + 28),
            crc: from.readUInt32LE(at + 32),
            final: (flags & FINAL) !== 0,
          },
  };
}

export const segmentBytes = (capacity: number): number => SEGMENT_HEADER_BYTES + capacity * RECORD_BYTES;
