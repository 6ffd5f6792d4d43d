import type { ProducerLedger } from './producer-ledger.ts';

/** The highest sequence of each key, per incarnation and partition, for at most `limit` keys. */
export class KeyOrder {
  /** True once a key had no room: order by key is then known only where the partition is in order. */
  full = false;
  readonly #limit: number;
  readonly #keys = new Map<ProducerLedger, Map<number, number>[]>();
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns the highest sequence of the key before this one, −1 for the first. */
  met(ledger: ProducerLedger, partition: number, keyHash: number, sequence: number): number {
    let partitions = this.#keys.get(ledger);
    if (partitions === undefined) this.#keys.set(ledger, (partitions = []));
    const keys = (partitions[partition] ??= new Map<number, number>());
    const highest = keys.get(keyHash);
    if (highest === undefined) {
      if (this.#count >= this.#limit) {
        this.full = true;
        return -1;
      }
      this.#count++;
    }
    if (highest === undefined || sequence > highest) keys.set(keyHash, sequence);
    return highest ?? -1;
  }
}
