import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Micros } from '../../base/clock.ts';
import { BenchError, messageOf } from '../../base/errors.ts';
import {
  carriers,
  entriesAt,
  header,
  MAGIC,
  PAGE,
  segmentsAt,
  SEGMENT_BYTES,
  states,
  STATISTICS_AT,
  STATISTICS_BYTES,
  statistics,
  SHARD_BYTES,
  SHARD_HEAD_BYTES,
  roles,
  VERSION,
} from './layout.ts';

export interface TapIdentity {
  readonly role: keyof typeof roles;
  /** As in the envelope; of a consumer's messages only the run is asked for. */
  readonly run: number;
  readonly producer: number;
  readonly incarnation: number;
  readonly carrier: keyof typeof carriers;
}

/** Address space only; a producer of a million messages a second that loses its broker for an hour uses a tenth. */
const reserveBytes = 2 ** 36;
const memory = '/dev/shm';
/** Less left there, and the file goes to the disk. */
const leastFree = 64 * 2 ** 20;

let made = 0;

/**
 * The file that one client's tap maps, on memory-backed storage where there is one. It has no name: the tap gets the
 * descriptor, and whatever ends this process removes the file.
 */
export class TapFile {
  readonly fd: number;
  /** µs on CLOCK_MONOTONIC: times of cells count from here. */
  readonly base: Micros;
  readonly shards: number;
  readonly #word = Buffer.alloc(8);
  #size = 0;

  /** @throws BenchError `setup` where no file can be made */
  constructor(identity: TapIdentity, now: Micros, shards = 4) {
    this.shards = shards;
    this.base = Math.floor(now);
    this.fd = attempt('make', () => openNameless(directory()));
    try {
      this.#layOut(identity);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #layOut({ role, run, producer, incarnation, carrier }: TapIdentity): void {
    this.allocate(0, segmentsAt(this.shards));
    const page = Buffer.alloc(PAGE);
    page.writeUInt32LE(MAGIC, header.magic);
    page.writeUInt16LE(VERSION, header.version);
    page.writeUInt16LE(roles[role], header.role);
    page.writeUInt32LE(run, header.run);
    page.writeUInt16LE(producer, header.producer);
    page.writeUInt16LE(incarnation, header.incarnation);
    page.writeUInt32LE(carriers[carrier], header.carrier);
    page.writeUInt32LE(this.shards, header.shards);
    page.writeBigUInt64LE(BigInt(this.base) * 1000n, header.base);
    page.writeBigUInt64LE(BigInt(reserveBytes), header.reserve);
    page.writeBigUInt64LE(2n ** 64n - 1n, header.measureStart);
    this.write(page, 0);
    const head = Buffer.alloc(SHARD_HEAD_BYTES);
    for (let at = STATISTICS_AT; at < head.length; at += STATISTICS_BYTES) {
      head.writeBigInt64LE(2n ** 63n - 1n, at + statistics.min);
      head.writeBigInt64LE(-(2n ** 63n), at + statistics.max);
    }
    for (let shard = 0; shard < this.shards; shard++) this.write(head, PAGE + shard * SHARD_BYTES);
  }

  /** What a client's configuration carries. The order matters: the property belongs to the plugin. */
  config(library: string): Readonly<Record<string, string>> {
    return { 'plugin.library.paths': library, 'kafka.bench.tap': String(this.fd) };
  }

  /** Whether the client that was given the file records into it. */
  get attached(): boolean {
    return this.readNumber(header.state, 4) === states.attached;
  }

  /** What is due before it belongs to the warm-up; to be said before the first message. */
  begin(measureStart: Micros): void {
    this.writeNumber(header.measureStart, Math.round(measureStart * 1000));
  }

  get size(): number {
    return this.#size;
  }

  get entriesAt(): number {
    return entriesAt(this.shards);
  }

  /**
   * Zeros, for the first time or again. They are written: a page that the file system cannot provide is an error here,
   * and would be the end of the process in the tap.
   */
  allocate(at: number, length: number): void {
    if (at + length > reserveBytes) throw new BenchError('worker', 'a tap has no more room for messages');
    for (let done = 0; done < length; done += SEGMENT_BYTES) {
      this.write(zeros.subarray(0, Math.min(SEGMENT_BYTES, length - done)), at + done);
    }
    this.#size = Math.max(this.#size, at + length);
  }

  write(bytes: Uint8Array, at: number): void {
    attempt('write', () => {
      for (let done = 0; done < bytes.length;) {
        done += writeSync(this.fd, bytes, done, bytes.length - done, at + done);
      }
    });
  }

  read(into: Uint8Array, at: number, length: number): void {
    for (let done = 0; done < length;) {
      const got = readSync(this.fd, into, done, length - done, at + done);
      if (got === 0) throw new Error(`the file of a tap ends at ${at + done}`);
      done += got;
    }
  }

  readNumber(at: number, bytes: 4 | 8 = 8): number {
    this.read(this.#word, at, bytes);
    return bytes === 4 ? this.#word.readUInt32LE() : Number(this.#word.readBigUInt64LE());
  }

  writeNumber(at: number, value: number): void {
    this.#word.writeBigUInt64LE(BigInt(value));
    this.write(this.#word, at);
  }

  close(): void {
    closeSync(this.fd);
  }
}

const zeros = Buffer.alloc(SEGMENT_BYTES);

function directory(): string {
  try {
    accessSync(memory, constants.W_OK);
    const { bavail, bsize } = statfsSync(memory);
    if (bavail * bsize >= leastFree) return memory;
  } catch {
    // Not Linux, or a container without it.
  }
  return tmpdir();
}

function openNameless(where: string): number {
  const path = join(where, `kafka-bench-tap-${process.pid}-${made++}-${Date.now().toString(36)}`);
  const fd = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return fd;
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new BenchError('setup', `cannot ${what} the file of a tap: ${messageOf(error)}`, {
      hint: `free some space in ${memory}, or use --ack-source delivery-reports`,
      cause: error,
    });
  }
}
