import type { DeadLetter } from './dead-letters.ts';
import { codes, type EvidenceRecord } from '../../protocol/evidence/record.ts';
import type { CompactionPolicy } from './sent-messages.ts';
import type { Damage } from './verdict.ts';

/** A topic that a group's dead letters go to. */
export interface DeadLetterTopic {
  readonly name: string;
  /** By partition: where it ended when the run began. */
  readonly begins: readonly number[];
  /** Absent: it is not compacted. */
  readonly compaction?: CompactionPolicy;
}

/** What the audit says of dead-letter topics: the letters that it found there, and whether it has seen all of them. */
export class DeadLetterTopics {
  readonly #topics: readonly DeadLetterTopic[];
  /** `topic/partition` of those that were read whole. */
  readonly #whole = new Set<string>();
  /** Of the record that is told of next. */
  #key = { topic: -1, partition: -1, offset: -1, hash: -1 };
  /** By key, over all compacted topics: whose records are there. */
  readonly #holders = new Map<number, Set<string>>();

  constructor(topics: readonly DeadLetterTopic[]) {
    this.#topics = topics;
  }

  /** The key of a record in a dead-letter topic; if that is a dead letter of the run, it is told of next. */
  key({ stride: topic, count: partition, offset, time }: EvidenceRecord): void {
    this.#settleKey('somebody else');
    this.#key = { topic, partition, offset, hash: time - 1 };
  }

  /** Whose record the last key is of. Not asked twice. */
  #settleKey(whose: string): void {
    const { topic, hash } = this.#key;
    this.#key = { topic: -1, partition: -1, offset: -1, hash: -1 };
    if (hash < 0 || !this.isCompacted(topic)) return;
    const holders = this.#holders.get(hash) ?? new Set<string>();
    this.#holders.set(hash, holders.add(whose));
  }

  /**
   * True where a compacted topic has a record of the key that is no dead letter of this group and of this partition of
   * originals: it may have come later than theirs, and taken its place. Of their own the order is known.
   */
  mayHaveTaken(keyHash: number, group: number, partition: number): boolean {
    this.#settleKey('somebody else');
    const holders = [...(this.#holders.get(keyHash) ?? [])];
    return holders.some((each) => each !== holderOf(group, partition));
  }

  /** @param partition of the original, in the partition table */
  letter(record: EvidenceRecord, partition: number): DeadLetter {
    const { code, offset, client: producer, part: incarnation, sequence } = record;
    const { stride: topic, count: number, time } = record;
    const key = this.#key;
    const isOfThis = key.topic === topic && key.partition === number && key.offset === time;
    if (isOfThis) this.#settleKey(holderOf(record.value, partition));
    return {
      keyHash: isOfThis ? key.hash : -1,
      ...{ partition, offset, producer, incarnation, sequence },
      intact: code === codes.deadLetter.ok,
      place: { topic: this.#topics[topic]?.name ?? '?', partition: number, offset: time },
    };
  }

  /** True where letters may have been removed because a later one of their key is there. */
  isCompacted(topic: number): boolean {
    return this.#topics[topic]?.compaction !== undefined;
  }

  /** Compacted ones of which nobody can tell what was removed: messages without a value are among what they take. */
  doubts(tombstones: boolean): Damage[] {
    return this.#topics.flatMap(({ name, compaction }) =>
      compaction === undefined || (compaction.certain && !tombstones)
        ? []
        : [
            {
              part: 'dead-letters' as const,
              text: `dead-letter topic ${name} may have been compacted of all letters of a key`,
            },
          ],
    );
  }

  /** A partition was read below `position`; it ends at `end`, and begins now at `logStart`. */
  end(topic: number, partition: number, position: number, end: number, logStart: number): void {
    const begin = this.#topics[topic]?.begins[partition] ?? 0;
    if (position >= end && logStart <= begin) this.#whole.add(`${topic}/${partition}`);
  }

  /** Where dead letters may be, or may have been, that the audit has not seen. */
  get damage(): Damage[] {
    return this.#topics.flatMap(({ name, begins }, topic) => {
      const missing = begins.filter((_, partition) => !this.#whole.has(`${topic}/${partition}`)).length;
      if (missing === 0) return [];
      const text = `dead-letter topic ${name}: ${missing} of ${begins.length} partitions were not read whole`;
      return [{ part: 'dead-letters' as const, text }];
    });
  }
}

const holderOf = (group: number, partition: number): string => `${group}/${partition}`;
