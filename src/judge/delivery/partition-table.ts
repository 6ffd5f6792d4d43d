/** Numbers the partitions of a run from 0 in order of appearance: everything in judge/delivery/ speaks of that number. */
export class PartitionTable {
  readonly #topics = new Map<string, number[]>();
  readonly #list: { readonly topic: string; readonly partition: number }[] = [];

  get size(): number {
    return this.#list.length;
  }

  indexOf(topic: string, partition: number): number {
    let partitions = this.#topics.get(topic);
    if (partitions === undefined) this.#topics.set(topic, (partitions = []));
    return (partitions[partition] ??= this.#list.push({ topic, partition }) - 1);
  }

  at(index: number): { readonly topic: string; readonly partition: number } | undefined {
    return this.#list[index];
  }

  /** `topic/partition`. */
  nameOf(index: number): string {
    const found = this.#list[index];
    return found ? `${found.topic}/${found.partition}` : `?/${index}`;
  }
}
