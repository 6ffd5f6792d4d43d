import type { Findings } from '../../protocol/evidence/findings.ts';
import type { PartitionTable } from './partition-table.ts';
import type { ProducerLedger } from './producer-ledger.ts';
import { describeMessage, placeOf } from './witness.ts';

/** Strays that a later occurrence may still clear; more are reported as they come. */
const limit = 1_000_000;

interface Stray {
  readonly partition: number;
  readonly offset: number;
  /** −1 for none, or where keys are not told. */
  readonly keyHash: number;
}

/**
 * Messages that are in the log, but not where their acknowledgement said. One that was stored twice is acknowledged
 * at one of its places, so the verdict on it waits for the end.
 */
export class Strays {
  readonly #findings: Findings;
  readonly #partitions: PartitionTable;
  readonly #met = new Map<ProducerLedger, Map<number, Stray>>();
  #count = 0;

  constructor(findings: Findings, partitions: PartitionTable) {
    this.#findings = findings;
    this.#partitions = partitions;
  }

  /** The first occurrence of a message. */
  first(ledger: ProducerLedger, sequence: number, partition: number, offset: number, keyHash: number): void {
    if (agrees(ledger, sequence, partition, offset) !== false) return;
    if (++this.#count > limit) {
      this.#add(ledger, sequence, partition, offset);
      return;
    }
    let strays = this.#met.get(ledger);
    if (strays === undefined) this.#met.set(ledger, (strays = new Map<number, Stray>()));
    strays.set(sequence, { partition, offset, keyHash });
  }

  /** A further occurrence. */
  again(ledger: ProducerLedger, sequence: number, partition: number, offset: number): void {
    const strays = this.#met.get(ledger);
    if (strays?.has(sequence) && agrees(ledger, sequence, partition, offset)) strays.delete(sequence);
  }

  /**
   * Once, when everything has been met.
   *
   * @param couldBeMet false of a place that the audit left out or that is gone: the message may be there as well
   */
  report(couldBeMet: (partition: number, offset: number, keyHash: number) => boolean): void {
    for (const [ledger, strays] of this.#met) {
      const { evidence } = ledger;
      for (const [sequence, { partition, offset, keyHash }] of strays) {
        evidence.find(sequence);
        if (!couldBeMet(evidence.partition, evidence.offset, keyHash)) continue;
        this.#add(ledger, sequence, partition, offset);
      }
    }
    this.#met.clear();
  }

  #add(ledger: ProducerLedger, sequence: number, partition: number, offset: number): void {
    this.#findings.add('inconsistent-offset', 1, () => ({
      ...describeMessage(ledger, sequence, this.#partitions),
      place: placeOf(this.#partitions, partition, offset),
    }));
  }
}

/** Undefined where no acknowledgement named a place. */
function agrees(
  ledger: ProducerLedger,
  sequence: number,
  partition: number,
  offset: number,
): boolean | undefined {
  if (ledger.acks === 'none' || !ledger.confirmed.has(sequence)) return undefined;
  const { evidence } = ledger;
  if (!evidence.find(sequence)) return undefined;
  return evidence.partition === partition && (evidence.offset === offset || evidence.offset < 0);
}
