import type { TopicPartition } from '../../kafka/binding.ts';
import type { Positions } from './positions.ts';

/**
 * Where the ends of a client's partitions were when it last stood at them. A log may end in offsets that no message
 * has (transaction markers), so the end is as good a position as the last message's.
 */
export class PartitionEnds {
  readonly #assigned = new Set<string>();
  readonly #ends = new Map<string, number>();

  rebalanced(kind: 'assign' | 'revoke', partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      const name = `${topic}/${String(partition)}`;
      this.#ends.delete(name);
      if (kind === 'assign') this.#assigned.add(name);
      else this.#assigned.delete(name);
    }
  }

  reached(topic: string, partition: number, offset: number): void {
    this.#ends.set(`${topic}/${String(partition)}`, offset);
  }

  /**
   * The next offset to process of each partition, whether a message or the end said so: the end lies behind what has
   * been read and not yet processed.
   */
  positions(read: Positions, processed: Positions): Record<string, number> {
    const received = read.toRecord();
    const positions = processed.toRecord();
    for (const [name, end] of this.#ends) {
      const position = positions[name] ?? 0;
      if (position >= (received[name] ?? 0)) positions[name] = Math.max(position, end);
    }
    return positions;
  }

  /** True where the client stands at the end of everything that it is assigned. */
  all(read: Positions): boolean {
    const positions = read.toRecord();
    for (const name of this.#assigned) {
      const end = this.#ends.get(name);
      if (end === undefined || (positions[name] ?? 0) > end) return false;
    }
    return true;
  }
}
