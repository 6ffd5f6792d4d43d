import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BenchError, messageOf } from '../../base/errors.ts';
import { EvidenceWriter } from '../../protocol/evidence/writer.ts';
import type { EvidenceRecord } from '../../protocol/evidence/record.ts';

/** Records of a segment: 192 KiB a client. */
const capacity = 4096;

/** The file in which one client keeps what the delivery verdict rests on (docs/evidence.md). */
export class EvidenceFile {
  readonly #path: string;
  readonly #file: number;
  readonly #writer: EvidenceWriter;
  #closed = false;

  /** @param writer unique in the run: one file each. @throws BenchError `results` where it cannot be made */
  constructor(directory: string, name: string, run: number, writer: number) {
    this.#path = join(directory, name);
    this.#file = this.#attempt(() => openSync(this.#path, 'wx'));
    this.#writer = new EvidenceWriter({ run, writer, capacity, write: this.#write });
  }

  append(record: EvidenceRecord): void {
    this.#writer.append(record);
  }

  /** What was appended survives this process from here on. */
  flush(): void {
    if (!this.#closed) this.#writer.flush();
  }

  /** Seals the file: its writer ended in order. */
  close(): void {
    if (this.#closed) return;
    this.#writer.close();
    this.#closed = true;
    closeSync(this.#file);
  }

  readonly #write = (bytes: Buffer, position: number): void => {
    this.#attempt(() => {
      for (let at = 0; at < bytes.length;) {
        at += writeSync(this.#file, bytes, at, bytes.length - at, position + at);
      }
    });
  };

  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new BenchError(
        'results',
        `cannot write the delivery evidence ${this.#path}: ${messageOf(error)}`,
        {
          hint: 'free some space, choose another place with --results DIR, or set `verify: { audit: off }`',
          cause: error,
        },
      );
    }
  }
}
