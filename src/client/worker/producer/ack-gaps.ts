import type { Micros } from '../../../base/clock.ts';
import type { PartitionAcks } from '../../../protocol/report.ts';

/** Shorter ones are no outage. */
const shortest: Micros = 50_000;
/** Kept of a partition; of more the shorter half goes. */
const kept = 4096;

/** Acknowledgements not farther apart than this are kept as one stretch until they are settled. */
const together: Micros = 1000;

interface Partition {
  readonly first: Micros;
  last: Micros;
  /** A gap as long as this is kept; of each partition its own: one with little to do must not hide another's outage. */
  shortest: Micros;
  /** Two numbers a gap: the acknowledgements before and after it. */
  gaps: number[];
}

/**
 * When partitions of one topic acknowledged nothing. All producers of a process share one: gaps are the partition's.
 * A tap tells of its acknowledgements some time later and by sequence: they wait for settle() to come into order.
 */
export class AckGaps {
  readonly #topic: string;
  readonly #partitions: (Partition | undefined)[] = [];
  /** By partition, pairs of first and last of stretches. */
  readonly #waiting: (Micros[] | undefined)[] = [];

  constructor(topic: string) {
    this.#topic = topic;
  }

  acked(partition: number, at: Micros): void {
    const waiting = (this.#waiting[partition] ??= []);
    const last = waiting.length - 1;
    if (last > 0 && at >= waiting[last - 1]! && at <= waiting[last]! + together) {
      if (at > waiting[last]!) waiting[last] = at;
    } else waiting.push(at, at);
  }

  /** Everybody has told of what was acknowledged up to now. */
  settle(): void {
    this.#waiting.forEach((waiting, partition) => {
      if (waiting === undefined || waiting.length === 0) return;
      const stretches = Array.from({ length: waiting.length / 2 }, (_, i) => 2 * i);
      stretches.sort((a, b) => waiting[a]! - waiting[b]!);
      for (const i of stretches) {
        this.#settle(partition, waiting[i]!);
        this.#settle(partition, waiting[i + 1]!);
      }
      waiting.length = 0;
    });
  }

  #settle(partition: number, at: Micros): void {
    const known = this.#partitions[partition];
    if (known === undefined) {
      this.#partitions[partition] = { first: at, last: at, shortest, gaps: [] };
      return;
    }
    if (at <= known.last) return;
    if (at - known.last >= known.shortest) {
      known.gaps.push(known.last, at);
      if (known.gaps.length > 2 * kept) forgetShort(known);
    }
    known.last = at;
  }

  report(): PartitionAcks[] {
    this.settle();
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

/** Of gaps that are equally long the earlier go: without that a steady trickle would lose all of them at once. */
function forgetShort(partition: Partition): void {
  const { gaps } = partition;
  const order = Array.from({ length: gaps.length / 2 }, (_, i) => i);
  const length = (i: number): Micros => gaps[2 * i + 1]! - gaps[2 * i]!;
  const longer = order.sort((a, b) => length(b) - length(a) || b - a).slice(0, kept / 2);
  partition.shortest = length(longer.at(-1)!);
  partition.gaps = longer.sort((a, b) => a - b).flatMap((i) => [gaps[2 * i]!, gaps[2 * i + 1]!]);
}
