import type { Ledgers } from './ledgers.ts';
import { PagedBitmap } from '../../base/paged-bitmap.ts';

export interface OffsetHolesOptions {
  readonly ledgers: Ledgers;
  readonly isCompacted: (partition: number) => boolean;
  /** A record is there, whoever wrote it. */
  readonly isTaken: (partition: number, offset: number) => boolean;
  /** Where the run's part of the partition begins: what lies below is not read, and was there before. */
  readonly begin: (partition: number) => number;
  /** Where the part of the partition ends that was read. */
  readonly end: (partition: number) => number;
}

/**
 * Offsets of compacted partitions that were handed out, where no record is and no message of the run was acknowledged.
 * A transaction's marker may have been there, or a record of somebody else, or one of a client that was killed before
 * it wrote down what it had sent: nobody can tell, nor what its key was.
 */
export class OffsetHoles {
  readonly #options: OffsetHolesOptions;
  readonly #last: number[] = [];
  #acknowledged: PagedBitmap[] | null = null;

  constructor(options: OffsetHolesOptions) {
    this.#options = options;
  }

  /** −1 where there is none. */
  lastOf(partition: number): number {
    let last = this.#last[partition];
    if (last === undefined) {
      const { isTaken, begin, end } = this.#options;
      const first = begin(partition);
      this.#acknowledged ??= this.#missing();
      const acknowledged = this.#acknowledged[partition];
      last = end(partition) - 1;
      while (last >= first && (isTaken(partition, last) || acknowledged?.has(last))) last--;
      if (last < first) last = -1;
      this.#last[partition] = last;
    }
    return last;
  }

  /** By partition: where messages were acknowledged that are not in the log. */
  #missing(): PagedBitmap[] {
    const { ledgers, isCompacted } = this.#options;
    const places: PagedBitmap[] = [];
    for (const { confirmed, inLog, evidence } of ledgers) {
      confirmed.forEachMissingIn(inLog, (sequence) => {
        if (!evidence.find(sequence)) return;
        const { partition, offset } = evidence;
        if (offset >= 0 && isCompacted(partition)) (places[partition] ??= new PagedBitmap()).add(offset);
      });
    }
    return places;
  }
}
