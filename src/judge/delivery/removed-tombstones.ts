import type { Ledgers } from './ledgers.ts';
import type { ProducerLedger } from './producer-ledger.ts';
import type { CompactionPolicy, SentMessages, Whose } from './sent-messages.ts';

/**
 * Messages without a value that are gone, and lawfully so: they are older than `delete.retention.ms`. They took with
 * them what was before them, and nothing in the log tells of it.
 */
export class RemovedTombstones {
  /** By partition and key: the offset of the last. */
  readonly #placed: Map<number, number>[] = [];
  /** By topic: keys of those. */
  readonly #keys = new Map<string, Set<number>>();
  #remembered = 0;
  readonly #limit: number;
  /** Topics with keys that had no room. */
  readonly #full = new Set<string>();
  /** By topic and key: those of which nobody knows whether or where they were stored, the last of each client. */
  readonly #doubtful = new Map<string, Map<number, Map<ProducerLedger, number>>>();

  constructor(options: {
    readonly ledgers: Ledgers;
    readonly policies: ReadonlyMap<string, CompactionPolicy>;
    readonly sent: (producer: number, incarnation: number) => SentMessages | undefined;
    readonly auditedAt: number | null;
    readonly isTaken: (partition: number, offset: number) => boolean;
    /** Whether its keys are known to be what the rule gives. */
    readonly isProven: (ledger: ProducerLedger) => boolean;
    /** Keys remembered, at most. */
    readonly keyLimit: number;
  }) {
    const { policies, auditedAt } = options;
    this.#limit = options.keyLimit;
    for (const ledger of options.ledgers) {
      const sent = options.sent(ledger.producer, ledger.incarnation);
      const policy = sent?.someTombstones ? policies.get(sent.topic) : undefined;
      if (!sent || policy === undefined) continue;
      // Stored when it was handed over, at the earliest: before its time is up it must be there.
      const gone = (auditedAt ?? Infinity) - policy.deleteRetention * 1e6;
      const mayBeGone = (sequence: number) => ledger.handedOverAfter(sequence) <= gone;
      const { isTaken } = options;
      this.#enter(ledger, sent, { mayBeGone, isTaken, isProven: options.isProven(ledger) });
    }
  }

  /** The offset of the last one of a key; undefined where there is none. */
  lastOf(partition: number, hash: number): number | undefined {
    return this.#placed[partition]?.get(hash);
  }

  /** True where one whose fate nobody knows may have removed what it followed. */
  mayHaveRemoved(topic: string, hash: number, whose: Whose | null): boolean {
    for (const [ledger, last] of this.#doubtful.get(topic)?.get(hash) ?? []) {
      // What a client sent later is not removed by what it sent before.
      if (ledger !== whose?.ledger || last >= whose.sequence) return true;
    }
    return false;
  }

  /** True where there were more of the topic's than are remembered: nobody knows what they removed. */
  hasForgotten(topic: string): boolean {
    return this.#full.has(topic);
  }

  isAnywhere(topic: string, hash: number): boolean {
    return this.#keys.get(topic)?.has(hash) || this.mayHaveRemoved(topic, hash, null);
  }

  #enter(
    ledger: ProducerLedger,
    sent: SentMessages,
    {
      mayBeGone,
      isTaken,
      isProven,
    }: {
      readonly mayBeGone: (sequence: number) => boolean;
      readonly isTaken: (partition: number, offset: number) => boolean;
      readonly isProven: boolean;
    },
  ): void {
    const hashes = sent.keyHashes();
    if (hashes === null) return;
    const { evidence, inLog, rejected, confirmed } = ledger;
    for (let sequence = 0; sequence < ledger.attempted; sequence++) {
      if (!sent.isTombstone(sequence) || inLog.has(sequence) || rejected.has(sequence)) continue;
      if (!mayBeGone(sequence)) continue;
      const hash = hashes(sequence);
      if (confirmed.has(sequence) && evidence.find(sequence) && evidence.offset >= 0) {
        const { partition, offset } = evidence;
        // One that was cut off removed nothing.
        if (isTaken(partition, offset)) continue;
        if (!isProven) {
          this.#doubt(sent.topic, hash, ledger, sequence);
          continue;
        }
        const placed = (this.#placed[partition] ??= new Map<number, number>());
        if (!placed.has(hash) && !this.#hasRoom(sent.topic)) continue;
        if (offset > (placed.get(hash) ?? -1)) placed.set(hash, offset);
        inner(this.#keys, sent.topic, () => new Set<number>()).add(hash);
      } else {
        this.#doubt(sent.topic, hash, ledger, sequence);
      }
    }
  }

  #doubt(topic: string, hash: number, ledger: ProducerLedger, sequence: number): void {
    const keys = inner(this.#doubtful, topic, () => new Map<number, Map<ProducerLedger, number>>());
    if (!keys.get(hash)?.has(ledger) && !this.#hasRoom(topic)) return;
    inner(keys, hash, () => new Map<ProducerLedger, number>()).set(ledger, sequence);
  }

  /** For one more. */
  #hasRoom(topic: string): boolean {
    if (this.#remembered < this.#limit) {
      this.#remembered++;
      return true;
    }
    this.#full.add(topic);
    return false;
  }
}

function inner<K, V>(of: Map<K, V>, key: K, make: () => V): V {
  let found = of.get(key);
  if (found === undefined) of.set(key, (found = make()));
  return found;
}
