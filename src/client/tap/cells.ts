import type { Micros } from '../../base/clock.ts';
import { BenchError } from '../../base/errors.ts';
import {
  CELL_BYTES,
  CELLS,
  ENTRIES,
  ENTRY_BYTES,
  messageStatuses,
  type MessageStatus,
  SEGMENT_BYTES,
} from './layout.ts';
import type { TapFile } from './tap-file.ts';

/**
 * Messages whose outcome the tap has seen: `count` of successive sequences that went into one partition at successive
 * offsets from `offset` on, within a millisecond. `error` is 0 or librdkafka's code; partition and offset −1 where not
 * told, of one message then; `status` is what librdkafka believes of it, null for a value of no meaning; `first` and `last` are the least and the greatest of their times, µs on CLOCK_MONOTONIC.
 */
export type SettledRun = (
  sequence: number,
  count: number,
  measured: boolean,
  first: Micros,
  last: Micros,
  error: number,
  partition: number,
  offset: number,
  status: MessageStatus | null,
) => void;

/** Times of one run are not farther apart. */
const together: Micros = 1000;

interface Segment {
  readonly index: number;
  /** In the file. */
  readonly at: number;
  /** 1 for each cell that has been told. */
  readonly told: Uint8Array;
  /** Cells not yet told, and the first of them. */
  left: number;
  low: number;
}

/**
 * The cells of a producer's messages, by sequence. TypeScript lays out a segment before it hands over the first message
 * of it and takes it back when all of them are settled, so the tap itself never allocates, waits or runs over.
 */
export class Cells {
  readonly #file: TapFile;
  /** In order of their sequences. */
  readonly #open: Segment[] = [];
  readonly #free: number[] = [];
  readonly #entry = Buffer.alloc(ENTRY_BYTES);
  readonly #bytes = new Uint8Array(SEGMENT_BYTES);
  readonly #words = new Uint32Array(this.#bytes.buffer);
  #prepared = 0;

  constructor(file: TapFile) {
    this.#file = file;
  }

  /** To be called before the message is handed over; sequences come without a gap. */
  prepare(sequence: number): void {
    if (sequence >= this.#prepared) this.#layOut(Math.floor(sequence / CELLS));
  }

  #layOut(index: number): void {
    const oldest = this.#open[0];
    if (oldest !== undefined && index - oldest.index >= ENTRIES) {
      throw new BenchError(
        'worker',
        `message ${oldest.index * CELLS + oldest.low} has had no outcome while ${ENTRIES * CELLS} others were sent`,
        {
          hint: 'a smaller delivery.timeout.ms ends it sooner; --ack-source delivery-reports has no such limit',
        },
      );
    }
    const at = this.#free.pop() ?? this.#file.size;
    this.#file.allocate(at, SEGMENT_BYTES);
    this.#enter(index, index + 1, at);
    this.#open.push({ index, at, told: new Uint8Array(CELLS), left: CELLS, low: 0 });
    this.#prepared = (index + 1) * CELLS;
  }

  #enter(index: number, tag: number, at: number): void {
    // The tap looks at the tag first: what it belongs to is there when it says so.
    this.#entry.writeBigUInt64LE(BigInt(tag), 0);
    this.#entry.writeBigUInt64LE(BigInt(at), 8);
    this.#file.write(this.#entry, this.#file.entriesAt + (index % ENTRIES) * ENTRY_BYTES);
  }

  /** Nothing will be told of this message: whatever the tap saw of it, somebody else knows better. */
  drop(sequence: number): void {
    const segment = this.#open.find(({ index }) => index === Math.floor(sequence / CELLS));
    const cell = sequence % CELLS;
    if (segment?.told[cell] === 0) this.#tell(segment, cell, cell + 1);
    this.#release();
  }

  /** Tells each message below `handedOver` once that has been settled since the last call, in order of sequences. */
  collect(handedOver: number, settled: SettledRun): void {
    for (const segment of this.#open) this.#collectFrom(segment, handedOver, settled);
    this.#release();
  }

  #collectFrom(segment: Segment, handedOver: number, settled: SettledRun): void {
    const first = segment.index * CELLS;
    const low = segment.low;
    const high = Math.min(CELLS, handedOver - first);
    if (low >= high) return;
    this.#file.read(this.#bytes, segment.at + low * CELL_BYTES, (high - low) * CELL_BYTES);
    const words = this.#words;
    for (let cell = low, word = 0; cell < high; cell++, word += 4) {
      const outcome = words[word + 3]!;
      const place = words[word + 1]!;
      // Both words are there, or the cell is still being written.
      if (outcome >>> 31 === 0 || place === 0 || segment.told[cell] !== 0) continue;
      const offset = words[word]!;
      // Of the time the low 32 bits; the others are the same in all of a run.
      let least = words[word + 2]!;
      let most = least;
      let end = cell + 1;
      // An offset that is not told (0) is not followed by another.
      for (let next = word + 4; end < high && offset !== 0; end++, next += 4) {
        if (words[next + 3] !== outcome || words[next + 1] !== place) break;
        if (words[next] !== offset + (end - cell) || segment.told[end] !== 0) break;
        const time = words[next + 2]!;
        if (time > least + together || time + together < most) break;
        if (time < least) least = time;
        else if (time > most) most = time;
      }
      this.#tell(segment, cell, end);
      const base = this.#file.base + (outcome & 0xff) * 2 ** 32;
      settled(
        first + cell,
        end - cell,
        (outcome & 0x0400_0000) !== 0,
        base + least,
        base + most,
        (outcome << 8) >> 16,
        (place >>> 16) - 2,
        (place & 0xffff) * 2 ** 32 + offset - 1,
        messageStatuses[(outcome >>> 24) & 3] ?? null,
      );
      word += 4 * (end - 1 - cell);
      cell = end - 1;
    }
  }

  /** Cells from `from` to `end`, none of which has been told. */
  #tell(segment: Segment, from: number, end: number): void {
    segment.told.fill(1, from, end);
    segment.left -= end - from;
    if (from === segment.low) {
      let low = end;
      while (low < CELLS && segment.told[low] !== 0) low++;
      segment.low = low;
    }
  }

  #release(): void {
    for (let i = 0; i < this.#open.length; i++) {
      const segment = this.#open[i]!;
      if (segment.left > 0) continue;
      this.#enter(segment.index, 0, 0);
      this.#free.push(segment.at);
      this.#open.splice(i--, 1);
    }
  }
}
