import type { TopicPartition } from '../../kafka/binding.ts';

/** The next offset to read of each partition. */
export class Positions {
  readonly #topics = new Map<string, number[]>();

  advance(topic: string, partition: number, offset: number): void {
    let partitions = this.#topics.get(topic);
    if (!partitions) {
      partitions = [];
      this.#topics.set(topic, partitions);
    }
    partitions[partition] = offset + 1;
  }

  /** In the form that a commit takes. */
  list(): Required<TopicPartition>[] {
    const list: Required<TopicPartition>[] = [];
    for (const [topic, partitions] of this.#topics) {
      partitions.forEach((offset, partition) => list.push({ topic, partition, offset }));
    }
    return list;
  }

  /** Somebody else's from now on, or to be read again from what has been committed. */
  forget(topic: string, partition: number): void {
    // Leaves a hole, which list() skips.
    const partitions = this.#topics.get(topic);
    if (partitions) Reflect.deleteProperty(partitions, partition);
  }

  clear(): void {
    this.#topics.clear();
  }

  toRecord(): Record<string, number> {
    return Object.fromEntries(
      this.list().map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]),
    );
  }
}
