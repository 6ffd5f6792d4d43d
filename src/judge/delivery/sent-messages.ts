import type { ProducerLedger } from './producer-ledger.ts';

/** What the brokers do to a topic whose `cleanup.policy` has `compact`. */
export interface CompactionPolicy {
  /** `delete.retention.ms`: how long at least a message without a value is kept when all before it are gone. */
  readonly deleteRetention: number;
  /** False: the brokers did not say what the policy is, so that it may be this. */
  readonly certain: boolean;
}

/**
 * What can be told again of one incarnation's messages. It is computed from the scenario's rules and the seed: no
 * evidence holds the key of a message that is gone.
 */
export interface SentMessages {
  /** As it is called on the cluster. */
  readonly topic: string;
  /** What its keys are made by: one that is held against the log for one client is for all that have it. */
  readonly rule: string;
  /** Each message is stored once and in order. */
  readonly idempotent: boolean;
  /** True where messages without a value are among them. */
  readonly someTombstones: boolean;
  isTombstone(sequence: number): boolean;
  /** Null: nobody can tell them again, as with a time in each key. */
  keyHashes(): KeyHashes | null;
}

/** keyHash() of a message's key, −1 where it has none; asked in ascending order. */
export type KeyHashes = (sequence: number) => number;

/** A message of this run. */
export interface Whose {
  readonly ledger: ProducerLedger;
  readonly sequence: number;
}
