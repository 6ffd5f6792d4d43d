import type { Ledgers } from './ledgers.ts';
import { OffsetHoles } from './offset-holes.ts';
import type { PartitionTable } from './partition-table.ts';
import type { ProducerLedger } from './producer-ledger.ts';
import { RemovedTombstones } from './removed-tombstones.ts';
import type { CompactionPolicy, SentMessages, Whose } from './sent-messages.ts';

export interface CompactionOptions {
  /** By topic, as it is called on the cluster; others are not compacted. */
  readonly policies: ReadonlyMap<string, CompactionPolicy>;
  readonly sent: (producer: number, incarnation: number) => SentMessages | undefined;
  /** When the audit had ended, ns on CLOCK_MONOTONIC; null where nobody knows. */
  readonly auditedAt: number | null;
  readonly partitions: PartitionTable;
  /** Keys remembered over all partitions, default 4 million; of removed messages without a value as many again. */
  readonly keyLimit?: number;
}

/** Why a message that was acknowledged is not in the log any more; null: compaction does not explain it. */
export type Removal = 'compacted' | { readonly unknown: string } | null;

/** Messages of each incarnation whose keys in the log are held against those that were computed. */
const samplesKept = 64;
/** Some 55 bytes each; a Map throws at 16.8 million. */
const keysKept = 4_000_000;

/**
 * Kafka's log compaction as the audit sees it: the newest record of each key stays, and what is before it may go. A
 * newest one without a value (a tombstone) may go as well, `delete.retention.ms` after it came.
 *
 * It is told of every record that the audit reads in a compacted partition, and asked when all of them are known.
 */
export class Compaction {
  readonly #options: CompactionOptions;
  /** By partition: its policy, null where it is not compacted. */
  readonly #policies: (CompactionPolicy | null | undefined)[] = [];
  /** By partition: the last offset of each key. */
  readonly #newest: Map<number, number>[] = [];
  /** By partition: the last offset of each key whose record may be of an aborted transaction. */
  readonly #undecided: Map<number, number>[] = [];
  /** By partition: of what lies below it is known which records were committed. */
  readonly #decidedTo: number[] = [];
  #keys = 0;
  /** Partitions with keys that had no room: of those nobody knows where their last record is. */
  readonly #full = new Set<number>();
  readonly #samples = new Map<ProducerLedger, { readonly sequence: number; readonly hash: number }[]>();
  /** Asked when all samples are there. */
  readonly #agreements = new Map<ProducerLedger, 'proven' | 'refuted' | 'none'>();
  #tombstones: RemovedTombstones | null = null;
  #holes: OffsetHoles | null = null;
  /** ns: nothing of the run is older. */
  #begin = 0;

  constructor(options: CompactionOptions) {
    this.#options = options;
  }

  /** Null where the partition is not compacted. */
  policyOf(partition: number): CompactionPolicy | null {
    let policy = this.#policies[partition];
    if (policy === undefined) {
      policy = this.#options.policies.get(this.#topicOf(partition)) ?? null;
      this.#policies[partition] = policy;
    }
    return policy;
  }

  sentBy({ producer, incarnation }: ProducerLedger): SentMessages | undefined {
    return this.#options.sent(producer, incarnation);
  }

  /** True where earlier copies of a message may be gone, so that the first one left says nothing about order. */
  mayHideCopies(ledger: ProducerLedger, partition: number): boolean {
    if (this.policyOf(partition) === null || ledger.acks === 'none') return false;
    return this.sentBy(ledger)?.idempotent !== true;
  }

  /**
   * A record of a compacted partition, whoever wrote it.
   *
   * @param keyHash −1 for none
   * @param whose the message that it is, where it is one of this run
   */
  met(partition: number, offset: number, keyHash: number, whose: Whose | null = null): void {
    if (keyHash >= 0) this.#remember(this.#newest, partition, offset, keyHash);
    if (whose === null) return;
    let samples = this.#samples.get(whose.ledger);
    if (samples === undefined) this.#samples.set(whose.ledger, (samples = []));
    if (samples.length < samplesKept) samples.push({ sequence: whose.sequence, hash: keyHash });
  }

  /**
   * A record that a reader of uncommitted records met, of somebody who may have aborted it: what was aborted supersedes
   * nothing. Where it was committed, met() says so afterwards.
   */
  metUndecided(partition: number, offset: number, keyHash: number): void {
    if (keyHash >= 0) this.#remember(this.#undecided, partition, offset, keyHash);
  }

  /** A reader of committed records has read the partition up to `offset`, and met() has been told of what it found. */
  decidedTo(partition: number, offset: number): void {
    this.#decidedTo[partition] = offset;
  }

  /**
   * All records have been met: what follows is asked.
   *
   * @param log isTaken: a place where another record is than what was acknowledged there. begin: where the run's part of
   *   a partition begins. end: where the part ends that was read, 0 where its offsets were handed out anew
   */
  settle(
    ledgers: Ledgers,
    log: {
      readonly isTaken: (partition: number, offset: number) => boolean;
      readonly begin: (partition: number) => number;
      readonly end: (partition: number) => number;
    },
  ): void {
    const { keyLimit = keysKept, sent } = this.#options;
    const { isTaken } = log;
    const isProven = (ledger: ProducerLedger) => {
      const of = sent(ledger.producer, ledger.incarnation);
      return of !== undefined && this.#proof(ledger, of) === 'proven';
    };
    this.#tombstones = new RemovedTombstones({ ...this.#options, ledgers, isTaken, isProven, keyLimit });
    this.#holes = new OffsetHoles({ ledgers, ...log, isCompacted: (each) => this.policyOf(each) !== null });
    this.#begin = Math.min(...[...ledgers].map((ledger) => ledger.handedOverAfter(0)));
  }

  /** True where a record at `offset` may have been removed, or nobody can tell. */
  mayBeGone(partition: number, offset: number, keyHash: number): boolean {
    return keyHash >= 0 && this.#removed(partition, offset, keyHash, null) !== null;
  }

  /**
   * True where nobody knows the keys of a client's messages in a compacted topic: what the log and what is gone of them
   * say of a key is then not all there is to say.
   */
  hasUnknownKeys(ledger: ProducerLedger): boolean {
    const sent = this.sentBy(ledger);
    if (sent === undefined || !this.#options.policies.has(sent.topic)) return false;
    return sent.keyHashes() === null || this.#proof(ledger, sent) !== 'proven';
  }

  /** Asked of one incarnation's messages, in ascending order of their sequences. */
  removalsOf(ledger: ProducerLedger): Removals | null {
    const sent = this.sentBy(ledger);
    if (sent === undefined || !this.#options.policies.has(sent.topic)) return null;
    const hashes = sent.keyHashes();
    if (hashes === null) return untold(unknownKeys);
    const proof = this.#proof(ledger, sent);
    if (proof === 'refuted') return untold(differentKeys);
    // What has no key is not compacted, and no rule is needed to say so.
    const keyed = (ask: (sequence: number, hash: number) => Removal) => (sequence: number) => {
      const hash = hashes(sequence);
      if (hash < 0) return null;
      return proof === 'none' ? unprovenKeys : ask(sequence, hash);
    };
    return {
      at: (sequence, partition, offset) =>
        keyed((_, hash) => this.#removed(partition, offset, hash, { ledger, sequence }))(sequence),
      anywhere: keyed((sequence, hash) => {
        if (this.#isForgottenAnywhere(sent.topic, hash)) return forgottenKeys;
        if (this.#isAnywhere(sent.topic, hash)) return placelessKey;
        return this.#isOldEnough(sent.topic, { ledger, sequence }) && this.#hasHoles(sent.topic)
          ? unknownRecord
          : null;
      }),
      keyHashOf: hashes,
    };
  }

  #removed(partition: number, offset: number, hash: number, whose: Whose | null): Removal {
    const policy = this.policyOf(partition);
    if (policy === null) return null;
    const newest = this.#newest[partition]?.get(hash);
    const isSuperseded = (newest ?? -1) > offset;
    // A tombstone that is gone itself explains what was before it, and that it is gone.
    if (isSuperseded || (this.#tombstones?.lastOf(partition, hash) ?? -1) >= offset) {
      return policy.certain ? 'compacted' : unknownPolicy;
    }
    const topic = this.#topicOf(partition);
    const isForgotten = newest === undefined && this.#full.has(partition);
    if (isForgotten || this.#tombstones?.hasForgotten(topic)) return forgottenKeys;
    const undecided = this.#undecided[partition]?.get(hash) ?? -1;
    if (undecided > offset && undecided >= (this.#decidedTo[partition] ?? 0)) return unknownTransaction;
    if (this.#tombstones?.mayHaveRemoved(topic, hash, whose)) return unknownTombstone;
    const hole = this.#isOldEnough(topic, whose) ? (this.#holes?.lastOf(partition) ?? -1) : -1;
    return hole > offset ? unknownRecord : null;
  }

  /** True where a message without a value may have come after this one and be gone by now. */
  #isOldEnough(topic: string, whose: Whose | null): boolean {
    const { policies, auditedAt } = this.#options;
    const since = whose === null ? this.#begin : whose.ledger.handedOverAfter(whose.sequence);
    return since <= (auditedAt ?? Infinity) - (policies.get(topic)?.deleteRetention ?? 0) * 1e6;
  }

  #hasHoles(topic: string): boolean {
    for (let partition = 0; partition < this.#options.partitions.size; partition++) {
      if (this.#topicOf(partition) === topic && (this.#holes?.lastOf(partition) ?? -1) >= 0) return true;
    }
    return false;
  }

  #isAnywhere(topic: string, hash: number): boolean {
    const isIn = (maps: readonly Map<number, number>[], from: readonly number[]) =>
      maps.some(
        (map, partition) =>
          this.#topicOf(partition) === topic && (map.get(hash) ?? -1) >= (from[partition] ?? 0),
      );
    return (
      isIn(this.#newest, []) ||
      isIn(this.#undecided, this.#decidedTo) ||
      (this.#tombstones?.isAnywhere(topic, hash) ?? false)
    );
  }

  #isForgottenAnywhere(topic: string, hash: number): boolean {
    const isForgotten = [...this.#full].some(
      (partition) => this.#topicOf(partition) === topic && !this.#newest[partition]?.has(hash),
    );
    return isForgotten || (this.#tombstones?.hasForgotten(topic) ?? false);
  }

  #topicOf(partition: number): string {
    return this.#options.partitions.at(partition)?.topic ?? '';
  }

  /**
   * Keys that are computed otherwise than they were sent, as by another version, would turn into losses, or explain
   * them. So they are held against those in the log: of the incarnation itself, or where none of its messages is left,
   * of others whose keys are made by the same rule.
   */
  #proof(ledger: ProducerLedger, sent: SentMessages): 'proven' | 'refuted' | 'none' {
    const own = this.#agreement(ledger, sent);
    if (own !== 'none') return own;
    const others = [...this.#samples.keys()].flatMap((other) => {
      const by = other === ledger ? undefined : this.sentBy(other);
      return by?.rule === sent.rule ? [this.#agreement(other, by)] : [];
    });
    return others.find((each) => each === 'refuted') ?? others.find((each) => each === 'proven') ?? 'none';
  }

  #agreement(ledger: ProducerLedger, sent: SentMessages): 'proven' | 'refuted' | 'none' {
    let agreement = this.#agreements.get(ledger);
    if (agreement === undefined) {
      const samples = [...(this.#samples.get(ledger) ?? [])].sort((a, b) => a.sequence - b.sequence);
      const hashes = sent.keyHashes();
      if (samples.length === 0 || hashes === null) agreement = 'none';
      else
        agreement = samples.every(({ sequence, hash }) => hashes(sequence) === hash) ? 'proven' : 'refuted';
      this.#agreements.set(ledger, agreement);
    }
    return agreement;
  }

  #remember(maps: Map<number, number>[], partition: number, offset: number, hash: number): void {
    const newest = (maps[partition] ??= new Map<number, number>());
    const known = newest.get(hash);
    if (known === undefined) {
      if (this.#keys >= (this.#options.keyLimit ?? keysKept)) {
        this.#full.add(partition);
        return;
      }
      this.#keys++;
    }
    if (offset > (known ?? -1)) newest.set(hash, offset);
  }
}

export interface Removals {
  /** Of a message that was acknowledged at `offset` and is not there. */
  at(sequence: number, partition: number, offset: number): Removal;
  /** Of one whose place nobody named. */
  anywhere(sequence: number): Removal;
  /** −1 for none, or where it cannot be told. */
  keyHashOf(sequence: number): number;
}

const untold = (why: Removal): Removals => ({ at: () => why, anywhere: () => why, keyHashOf: () => -1 });

const unknownKeys = { unknown: 'compacted or lost: its key cannot be told again' } as const;
const differentKeys = {
  unknown: 'compacted or lost: keys in the log are not those that the scenario’s rule gives',
} as const;
const unprovenKeys = {
  unknown: 'compacted or lost: no message is left in the log that its key’s rule could be held against',
} as const;
const placelessKey = {
  unknown: 'its place is not known, and records of its key are in a compacted topic',
} as const;
const unknownTransaction = {
  unknown: 'compacted or lost: a later record of its key may be of an aborted transaction',
} as const;
const unknownRecord = {
  unknown:
    'compacted or lost: a later record that is gone, and not known to be of this run, may have been a tombstone of its key',
} as const;
const unknownPolicy = {
  unknown: 'a later record of its key is there, and brokers did not say whether the topic is compacted',
} as const;
const forgottenKeys = {
  unknown: 'compacted or lost: there are more keys than are remembered, and its key is not among them',
} as const;
const unknownTombstone = {
  unknown: 'compacted or lost: a later message without a value, whose fate nobody knows, may have removed it',
} as const;
