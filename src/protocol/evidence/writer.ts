import { crc32 } from 'node:zlib';
import { RECORD_BYTES, writeRecord, type EvidenceRecord } from './record.ts';
import { SEGMENT_HEADER_BYTES, segmentBytes, writeSegmentHeader, type SegmentHeader } from './segment.ts';

/** Writes `bytes` at `position` of the file; they are the writer's again when it returns. */
export type WriteAt = (bytes: Buffer, position: number) => void;

export interface EvidenceWriterOptions {
  readonly run: number;
  /** Number of this process in the run: one file each. */
  readonly writer: number;
  readonly write: WriteAt;
  /** Records a segment, default 16 384 (768 KiB). */
  readonly capacity?: number;
}

/**
 * Lays records out as segments. Nothing is in the file before flush(); what was flushed before a client commits
 * survives its process.
 */
export class EvidenceWriter {
  /** Records written so far. */
  records = 0;
  readonly #options: EvidenceWriterOptions;
  readonly #capacity: number;
  readonly #segment: Buffer;
  /** The same memory. */
  readonly #view: DataView;
  #number = 0;
  #count = 0;
  /** Bytes of the segment that are in the file. */
  #flushed = 0;

  constructor(options: EvidenceWriterOptions) {
    this.#options = options;
    this.#capacity = options.capacity ?? 16_384;
    this.#segment = Buffer.alloc(segmentBytes(this.#capacity));
    this.#view = viewOf(this.#segment);
    this.#writeHeader(null);
  }

  append(record: EvidenceRecord): void {
    if (this.#count === this.#capacity) this.#next();
    writeRecord(this.#view, this.#end, record);
    this.#count++;
    this.records++;
  }

  flush(): void {
    if (this.#flushed === this.#end) return;
    this.#write(this.#flushed, this.#end);
    this.#flushed = this.#end;
  }

  /** Flushes and seals: what was written can be proven whole from now on. */
  close(): void {
    this.#seal(true);
  }

  get #end(): number {
    return SEGMENT_HEADER_BYTES + this.#count * RECORD_BYTES;
  }

  #next(): void {
    this.#seal(false);
    this.#number++;
    this.#count = 0;
    this.#flushed = 0;
    this.#segment.fill(0);
    this.#writeHeader(null);
  }

  /** Records first: a header never vouches for what is not there. */
  #seal(final: boolean): void {
    this.flush();
    this.#writeHeader({
      count: this.#count,
      final,
      crc: crc32(this.#segment.subarray(SEGMENT_HEADER_BYTES, this.#end)),
    });
    this.#write(0, SEGMENT_HEADER_BYTES);
  }

  #writeHeader(sealed: SegmentHeader['sealed']): void {
    const { run, writer } = this.#options;
    const header = { run, writer, segment: this.#number, capacity: this.#capacity, sealed };
    writeSegmentHeader(this.#segment, 0, header);
  }

  #write(from: number, to: number): void {
    const position = this.#number * segmentBytes(this.#capacity);
    this.#options.write(this.#segment.subarray(from, to), position + from);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
