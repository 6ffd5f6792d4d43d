import type { Micros } from '../base/clock.ts';
import type { PartitionAcks } from './protocol.ts';

/** Shorter ones are no outage. */
const shortest: Micros = 50_000;
/** Kept of a partition; of more the shorter half goes. */
const kept = 4096;

interface Partition {
  readonly first: Micros;
  last: Micros;
  /** Two numbers a gap: the acknowledgements before and after it. */
  gaps: number[];
}

/** When partitions of one topic acknowledged nothing. All producers of a process share one: gaps are the partition's. */
export class AckGaps {
  readonly #topic: string;
  readonly #partitions: (Partition | undefined)[] = [];
  #shortest = shortest;

  constructor(topic: string) {
    this.#topic = topic;
  }

  acked(partition: number, at: Micros): void {
    const known = this.#partitions[partition];
    if (known === undefined) {
      this.#partitions[partition] = { first: at, last: at, gaps: [] };
      return;
    }
    if (at - known.last >= this.#shortest) {
      known.gaps.push(known.last, at);
      if (known.gaps.length >= 2 * kept) this.#forgetShort(known);
    }
    known.last = at;
  }

  #forgetShort(partition: Partition): void {
    const { gaps } = partition;
    const lengths = gaps.flatMap((end, i) => (i % 2 === 1 ? [end - gaps[i - 1]!] : []));
    lengths.sort((a, b) => a - b);
    this.#shortest = lengths[lengths.length >> 1]! + 1;
    partition.gaps = gaps.filter((_, i) => gaps[i | 1]! - gaps[i & ~1]! >= this.#shortest);
  }

  report(): PartitionAcks[] {
    return this.#partitions.flatMap((known, partition) =>
      known === undefined
        ? []
        : [
            {
              topic: this.#topic,
              partition,
              first: known.first,
              last: known.last,
              gaps: Float64Array.from(known.gaps),
            },
          ],
    );
  }
}
