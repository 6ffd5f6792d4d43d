import { readSegment } from './reader.ts';
import type { EvidenceRecord } from './record.ts';
import { readSegmentHeader, SEGMENT_HEADER_BYTES, segmentBytes } from './segment.ts';

/** Follows the segments of one file in their order, and says what is wrong with it. */
export class SegmentSequence {
  segments = 0;
  records = 0;
  readonly damage: string[] = [];
  #unsealed = false;
  #final = false;

  /** The bytes of the next segment. False where nobody knows where another one would begin. */
  take(bytes: Buffer, visit: (record: EvidenceRecord) => void): boolean {
    const reading = readSegment(bytes, visit);
    if (reading.damage !== null) this.damage.push(`segment ${this.segments}: ${reading.damage}`);
    if (reading.header === null) return false;
    if (reading.header.segment !== this.segments) this.damage.push(`segment ${this.segments} is missing`);
    if (this.#unsealed || this.#final) {
      this.damage.push(`segment ${this.segments} follows one that nothing should follow`);
    }
    this.records += reading.records;
    this.segments = reading.header.segment + 1;
    this.#unsealed = reading.open;
    this.#final = reading.header.sealed?.final ?? false;
    return true;
  }

  /** The writer did not end in order: what it did after its last record is unknown, and that is legal. */
  get open(): boolean {
    return !this.#final;
  }
}

export interface FileReading {
  readonly segments: number;
  readonly records: number;
  /** The writer did not end in order: what it did after its last record is unknown, and that is legal. */
  readonly open: boolean;
  readonly damage: readonly string[];
}

/** Reads a whole file that is in memory. Larger ones go segment by segment. */
export function readEvidence(bytes: Buffer, visit: (record: EvidenceRecord) => void): FileReading {
  const sequence = new SegmentSequence();
  for (let at = 0; at < bytes.length;) {
    // A writer that was killed before its next header was whole.
    if (bytes.length - at < SEGMENT_HEADER_BYTES || isEmpty(bytes, at)) break;
    const end = nextSegment(bytes, at);
    if (!sequence.take(bytes.subarray(at, end), visit)) break;
    at = end;
  }
  const { segments, records, open, damage } = sequence;
  return { segments, records, open, damage };
}

function isEmpty(bytes: Buffer, from: number): boolean {
  for (let at = from; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}

function nextSegment(bytes: Buffer, at: number): number {
  const header = readSegmentHeader(bytes, at);
  return header === null ? bytes.length : Math.min(bytes.length, at + segmentBytes(header.capacity));
}
