import { crc32 } from 'node:zlib';
import { emptyRecord, readRecord, RECORD_BYTES, type EvidenceRecord } from './record.ts';
import { readSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from './segment.ts';

export interface SegmentReading {
  readonly header: SegmentHeader | null;
  readonly records: number;
  readonly open: boolean;
  /** What is wrong with the bytes; null where nothing is. Evidence is missing then. */
  readonly damage: string | null;
}

/**
 * Reads one segment from `bytes`, which begin with its header, and gives each intact record to `visit`; the record is
 * the reader's own and changes with the next.
 *
 * An open segment ends at its first empty or half-written record. A sealed one holds what its CRC vouches for: where
 * that fails, records whose own check holds are still given, and the segment is reported as damaged.
 */
export function readSegment(bytes: Buffer, visit: (record: EvidenceRecord) => void): SegmentReading {
  const header = readSegmentHeader(bytes, 0);
  if (header === null) return { header, records: 0, open: false, damage: 'no header of this version' };
  const room = Math.max(0, Math.floor((bytes.length - SEGMENT_HEADER_BYTES) / RECORD_BYTES));
  const record = emptyRecord();
  let records = 0;
  const { sealed } = header;
  if (sealed === null) {
    const written = Math.min(room, header.capacity);
    while (records < written && readRecord(bytes, SEGMENT_HEADER_BYTES + records * RECORD_BYTES, record)) {
      records++;
      visit(record);
    }
    return { header, records, open: true, damage: brokenBehind(bytes, records, written, record) };
  }
  const written = Math.min(sealed.count, room);
  const body = bytes.subarray(SEGMENT_HEADER_BYTES, SEGMENT_HEADER_BYTES + written * RECORD_BYTES);
  let damage: string | null = null;
  if (written < sealed.count) damage = `${sealed.count - written} of ${sealed.count} records are cut off`;
  else if (crc32(body) !== sealed.crc) damage = 'records do not match the checksum';
  for (let i = 0; i < written; i++) {
    if (!readRecord(bytes, SEGMENT_HEADER_BYTES + i * RECORD_BYTES, record)) continue;
    records++;
    visit(record);
  }
  return { header, records, open: false, damage };
}

/** A writer works forwards: an intact record behind the end says that the end is not the writer's. */
function brokenBehind(
  bytes: Buffer,
  records: number,
  written: number,
  record: EvidenceRecord,
): string | null {
  for (let i = records + 1; i < written; i++) {
    if (readRecord(bytes, SEGMENT_HEADER_BYTES + i * RECORD_BYTES, record)) {
      return `record ${records} is damaged, and records follow it`;
    }
  }
  return null;
}
