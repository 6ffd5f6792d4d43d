import type { TraceProducer, TraceSend } from './trace.ts';

export type Outcome = 'acked' | 'sent' | 'rejected' | 'aborted' | 'indeterminate';

export interface Message {
  readonly id: string;
  readonly sequence: number;
  /** Null where it never was in the trace. */
  readonly send: TraceSend | null;
  readonly source: TraceProducer;
  readonly outcome: Outcome;
  readonly acked: { partition: number; offset: number } | null;
  readonly places: { partition: number; offset: number; key: Buffer | null }[];
}

export interface KeyedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer;
}

export interface Met {
  readonly partition: number;
  readonly offset: number;
  readonly id: string;
  readonly key: Buffer | null;
}

export interface Log {
  /** Places of our intact messages that belong there; of all that are intact. */
  readonly valid: Met[];
  readonly intact: Met[];
  /** Every record with a key but those of aborted transactions, whoever wrote it. */
  readonly keyed: KeyedRecord[];
  /** Those of others that may have been aborted. */
  readonly undecided: KeyedRecord[];
  /** Producers of whom a message is in the log, but an aborted one; of whom one has another key than the trace says. */
  readonly sampled: Set<TraceProducer>;
  readonly otherKeys: Set<TraceProducer>;
  /** `partition/offset` of every record. */
  readonly places: Set<string>;
  readonly corrupt: Set<string>;
  readonly suspect: Set<string>;
  foreign: number;
}
