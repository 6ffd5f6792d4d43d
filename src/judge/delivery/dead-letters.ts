import type { Place } from '../../protocol/evidence/findings.ts';

/** A dead letter as it was found in its topic. */
export interface DeadLetter {
  /** Where its headers point: a number of the partition table, −1 where they point nowhere, or at no topic of the run. */
  readonly partition: number;
  readonly offset: number;
  /** Who it is, by its envelope. */
  readonly producer: number;
  readonly incarnation: number;
  readonly sequence: number;
  /** Its checksum holds: key and value are those of the original. */
  readonly intact: boolean;
  /** Of its key, which is the original's; −1 for none, or where keys are not told. */
  readonly keyHash: number;
  /** Where it was found. */
  readonly place: Place;
}

interface Entry {
  readonly letter: DeadLetter;
  /** Its original has been met where it points. */
  found: boolean;
}

const none: readonly Entry[] = [];

/** A group's dead letters, by the places of their originals. Some 200 bytes each: they are meant to be few. */
export class DeadLetters {
  size = 0;
  readonly #byPartition = new Map<number, Map<number, Entry[]>>();
  /** Of letters in compacted topics, by partition of the original and key: the offset of the last original. */
  readonly #superseding = new Map<number, Map<number, number>>();

  /** @param supersedes its topic is compacted: letters of its key that came before may be gone */
  add(letter: DeadLetter, supersedes = false): void {
    if (supersedes && letter.intact && letter.keyHash >= 0) this.#supersede(letter);
    this.size++;
    let partition = this.#byPartition.get(letter.partition);
    if (partition === undefined)
      this.#byPartition.set(letter.partition, (partition = new Map<number, Entry[]>()));
    const entries = partition.get(letter.offset);
    if (entries === undefined) partition.set(letter.offset, [{ letter, found: false }]);
    else entries.push({ letter, found: false });
  }

  /** True where an intact dead letter of this very message points to this place. */
  leadTo(
    partition: number,
    offset: number,
    producer: number,
    incarnation: number,
    sequence: number,
  ): boolean {
    return this.#to(partition, offset, producer, incarnation, sequence).length > 0;
  }

  /** The same of a message that has been met there: its dead letters are not astray. */
  met(partition: number, offset: number, producer: number, incarnation: number, sequence: number): boolean {
    const entries = this.#to(partition, offset, producer, incarnation, sequence);
    for (const entry of entries) entry.found = true;
    return entries.length > 0;
  }

  #to(
    partition: number,
    offset: number,
    producer: number,
    incarnation: number,
    sequence: number,
  ): readonly Entry[] {
    const there = this.#byPartition.get(partition)?.get(offset);
    if (there === undefined) return none;
    return there.filter(
      ({ letter }) =>
        letter.intact &&
        letter.producer === producer &&
        letter.incarnation === incarnation &&
        letter.sequence === sequence,
    );
  }

  /** True where a dead letter of a later message of this key is there, in a topic that keeps the last of each. */
  isSuperseded(partition: number, offset: number, keyHash: number): boolean {
    return (this.#superseding.get(partition)?.get(keyHash) ?? -1) > offset;
  }

  #supersede({ partition, offset, keyHash }: DeadLetter): void {
    let keys = this.#superseding.get(partition);
    if (keys === undefined) this.#superseding.set(partition, (keys = new Map<number, number>()));
    keys.set(keyHash, Math.max(offset, keys.get(keyHash) ?? -1));
  }

  /** Those whose originals were not met where they point. */
  *astray(): Generator<DeadLetter> {
    for (const partition of this.#byPartition.values()) {
      for (const entries of partition.values()) {
        for (const { letter, found } of entries) if (!found) yield letter;
      }
    }
  }
}
