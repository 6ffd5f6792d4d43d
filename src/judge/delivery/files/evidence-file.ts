import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../base/errors.ts';
import { SegmentSequence } from '../../../protocol/evidence/segment-sequence.ts';
import { readSegmentHeader, SEGMENT_HEADER_BYTES, segmentBytes } from '../../../protocol/evidence/segment.ts';
import type { EvidenceRecord } from '../../../protocol/evidence/record.ts';

const chunkBytes = 65_536;
const isEmpty = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);

/** One file of evidence, a segment at a time: what it holds need not fit into memory. */
export class EvidenceFileReader {
  readonly name: string;
  readonly #path: string;
  readonly #ended: boolean;
  readonly #run: number;
  readonly #sequence = new SegmentSequence();
  #handle: FileHandle | undefined;
  #position = 0;
  #over = false;
  #failure: string | null = null;

  /** @param ended the writer said that it ended in order: what is missing then is damage */
  constructor(directory: string, name: string, ended: boolean, run: number) {
    this.name = name;
    this.#ended = ended;
    this.#run = run;
    this.#path = join(directory, name);
  }

  /** Gives the records of the next segment to `visit`, which must not keep them; false when there is none. */
  async next(visit: (record: EvidenceRecord) => void): Promise<boolean> {
    if (this.#over) return false;
    const bytes = await this.#readSegment();
    this.#over = bytes === null || !this.#sequence.take(bytes, visit);
    if (this.#over) await this.close();
    return bytes !== null;
  }

  async #readSegment(): Promise<Buffer | null> {
    try {
      this.#handle ??= await open(this.#path, 'r');
      const head = await this.#read(SEGMENT_HEADER_BYTES);
      // A writer that was killed before its next header was whole.
      if (head.length < SEGMENT_HEADER_BYTES || (isEmpty(head) && (await this.#isRestEmpty()))) return null;
      const header = readSegmentHeader(head, 0);
      if (header !== null && header.run !== this.#run) {
        this.#failure = `it is of run ${header.run}, not of ${this.#run}`;
        return null;
      }
      const bytes = header === null ? head : await this.#read(segmentBytes(header.capacity));
      this.#position += bytes.length;
      return bytes;
    } catch (error) {
      this.#failure = messageOf(error);
      return null;
    }
  }

  /** A mapped file ends in space that nobody wrote to; where something follows it, a header was wiped. */
  async #isRestEmpty(): Promise<boolean> {
    for (let at = this.#position; ; at += chunkBytes) {
      const bytes = await this.#read(chunkBytes, at);
      if (bytes.length === 0) return true;
      if (!isEmpty(bytes)) return false;
    }
  }

  async #read(length: number, at = this.#position): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#handle!.read(Buffer.allocUnsafe(length), 0, length, at);
    return buffer.subarray(0, bytesRead);
  }

  /** Lines that say what of this file is missing or broken; none where it is as its writer left it. */
  get damage(): readonly string[] {
    const failure = this.#failure === null ? [] : [this.#failure];
    // A file that was cut between two segments looks like that of a killed writer.
    const cut = this.#ended && this.#sequence.open ? ['its end is missing'] : [];
    return [...failure, ...this.#sequence.damage, ...cut].map((text) => `${this.name}: ${text}`);
  }

  async close(): Promise<void> {
    this.#over = true;
    await this.#handle?.close();
    this.#handle = undefined;
  }
}
