import type { Compaction } from './compaction.ts';
import type { Findings } from '../../protocol/evidence/findings.ts';
import { KeyOrder } from './key-order.ts';
import type { PartitionTable } from './partition-table.ts';
import type { ProducerLedger } from './producer-ledger.ts';
import { describeMessage, placeOf } from './witness.ts';

export interface LogOrderOptions {
  readonly findings: Findings;
  readonly partitions: PartitionTable;
  /** Keys remembered for the order within keys; 0 where nobody asks for it. */
  readonly keyLimit: number;
  readonly compaction: Compaction;
}

interface Highest {
  sequence: number;
}

/**
 * Whether each incarnation's messages lie in a partition in the order in which they were sent. It is told of first
 * occurrences only: a duplicate is behind by nature.
 */
export class LogOrder {
  readonly #options: LogOrderOptions;
  readonly #keys: KeyOrder | null;
  /** By partition and ledger. */
  readonly #highest: Map<ProducerLedger, Highest>[] = [];
  readonly #readFrom: number[] = [];
  #lastLedger: ProducerLedger | undefined;
  #lastPartition = -1;
  #last: Highest | undefined;

  constructor(options: LogOrderOptions) {
    this.#options = options;
    this.#keys = options.keyLimit > 0 ? new KeyOrder(options.keyLimit) : null;
  }

  /** Messages of the run may lie below `offset`, unread; 0 where the partition is read whole. */
  readsFrom(partition: number, offset: number): void {
    this.#readFrom[partition] = offset;
  }

  /** True where more keys were met than are remembered: order by key is then known only where partitions are in order. */
  get keysForgotten(): boolean {
    return this.#keys?.full ?? false;
  }

  /** @param keyHash −1 for none */
  met(ledger: ProducerLedger, sequence: number, partition: number, offset: number, keyHash: number): void {
    const highest = this.#highestOf(ledger, partition);
    const previous = highest.sequence;
    const keyed = this.#keys && keyHash >= 0 ? this.#keys.met(ledger, partition, keyHash, sequence) : -1;
    if (sequence > previous) {
      highest.sequence = sequence;
      return;
    }
    const from = this.#readFrom[partition] ?? 0;
    if (from > 0 && mayBeBelow(ledger, sequence, partition, from)) return;
    const { findings, partitions, compaction } = this.#options;
    if (compaction.mayHideCopies(ledger, partition)) return;
    const described = () => ({
      ...describeMessage(ledger, sequence, partitions),
      place: placeOf(partitions, partition, offset),
    });
    if (keyed > sequence) findings.add('key-reorder', 1, () => ({ ...described(), previous: keyed }));
    findings.add('reorder', 1, () => ({ ...described(), previous }));
  }

  #highestOf(ledger: ProducerLedger, partition: number): Highest {
    if (ledger === this.#lastLedger && partition === this.#lastPartition) return this.#last!;
    const ledgers = (this.#highest[partition] ??= new Map<ProducerLedger, Highest>());
    let highest = ledgers.get(ledger);
    if (highest === undefined) ledgers.set(ledger, (highest = { sequence: -1 }));
    this.#lastLedger = ledger;
    this.#lastPartition = partition;
    this.#last = highest;
    return highest;
  }
}

/** True where the first occurrence of a message that was met may be below what is read: this one says no order. */
function mayBeBelow(ledger: ProducerLedger, sequence: number, partition: number, from: number): boolean {
  // What is sent without acknowledgement is sent once.
  if (ledger.acks === 'none') return false;
  const { evidence } = ledger;
  const isKnown = ledger.confirmed.has(sequence) && evidence.find(sequence);
  return !isKnown || evidence.partition !== partition || evidence.offset < from;
}
