import type { AckSourceChoice } from '../base/choices.ts';
import type { Micros } from '../base/clock.ts';
import type { KeySpec } from '../workload/keys.ts';
import type { MessageSpec } from '../workload/message-source.ts';
import type { RateSpec } from '../workload/rate-profile.ts';
import type { ValueCheckSpec } from '../workload/validation/value-check.ts';

/**
 * Everything that the coordinator and a worker process say to each other. A worker gets one plan, connects,
 * says `ready`, starts at an agreed time on the shared clock, reports an interval each second and ends with
 * `finished`. Structured clone carries it (fork with `serialization: 'advanced'`), so typed arrays stay typed.
 */
export type WorkerPlan = ProducePlan | ConsumePlan | AuditPlan | MockHostPlan;

interface PlanBase {
  /** `producer-1`, `consumer-2` …: in errors and logs. */
  readonly worker: string;
  /** The run's number in every envelope: what carries another is foreign. */
  readonly run: number;
  readonly seed: number;
  /** Sample and forward single messages, at most this many a second; 0 forwards none. */
  readonly showMessagesPerSecond: number;
  /** Null: nothing is verified. */
  readonly evidence: EvidencePlan | null;
}

/** Messages of a backlog that a consumer client takes before the start, at most. */
export const earlyLimit = 50_000;

/** Names of evidence files, one a client. */
export const producerEvidenceName = (producer: number, incarnation: number): string =>
  `producer-${producer}.${incarnation}.kbev`;

export const memberEvidenceName = (member: number): string => `member-${member}.kbev`;

export const auditEvidenceName = 'audit.kbev';

/** A warning of the audit's, for the result. */
export const auditIncomplete = 'audit-incomplete';

/** Where clients write what the delivery verdict rests on (docs/evidence.md). */
export interface EvidencePlan {
  readonly directory: string;
  /** Names on the cluster; records name a topic by its place here. */
  readonly topics: readonly string[];
}

export interface ProducePlan extends PlanBase {
  readonly role: 'produce';
  readonly clients: readonly ProducerClientPlan[];
  readonly warmup: Micros;
  /** How long outstanding messages are waited for at the end. */
  readonly drain: Micros;
  /** The longest time that a planned fault lasts. */
  readonly fault: Micros;
  readonly ackSource: AckSourceChoice;
}

/** How long a producer whose answers are not waited for any more may take to close: librdkafka ends its threads. */
export const producerCloseMillis = 15_000;

export type ReceiveSourceChoice = 'auto' | 'tap' | 'consume-callbacks';

export interface ConsumePlan extends PlanBase {
  readonly role: 'consume';
  readonly clients: readonly ConsumerClientPlan[];
  readonly warmup: Micros;
  /** How long the measured phase lasts; null where it ends with the last message. */
  readonly measured: Micros | null;
  readonly receiveSource: ReceiveSourceChoice;
}

/** Reads the log after the drain, without a group, from given offsets to given ends. */
export interface AuditPlan extends PlanBase {
  readonly role: 'audit';
  readonly config: ClientConfig;
  readonly partitions: readonly AuditedPartition[];
  /** Read before the others. */
  readonly deadLetters: DeadLetterReading;
  /** Tell the keys of this run's messages too: order by key is checked. */
  readonly keys: boolean;
  /** Of the measured phase, ms since 1970: when records pass into another second of it is told. Null: it is not. */
  readonly measureStart: number | null;
  /** The reader gives up when nothing has come for this long. */
  readonly patience: Micros;
}

/** Dead-letter topics, and whose letters are looked for in them. */
export interface DeadLetterReading {
  /** Names on the cluster; records name a topic by its place here. */
  readonly topics: readonly string[];
  readonly partitions: readonly AuditedPartition[];
  /** `group.id` to the number of the group in the run's list. */
  readonly groups: ReadonlyMap<string, number>;
}

export interface AuditedPartition {
  readonly topic: string;
  readonly partition: number;
  /** Where the run's part of the log begins; where reading begins, which is later for a tail. */
  readonly begin: number;
  readonly from: number;
  /** Null: the reader asks for them itself, of a cluster without an admin client. */
  readonly end: {
    readonly highWatermark: number;
    readonly lastStableOffset: number;
    /** Where the leader's log ends, replicated or not; absent where nobody knows. */
    readonly logEnd?: number;
  } | null;
  /** Every record's key is told: something that the verdict needs is compacted. */
  readonly keys?: boolean;
}

/** Hosts librdkafka's mock cluster; its other clients bootstrap from the addresses in `ready`. */
export interface MockHostPlan extends PlanBase {
  readonly role: 'mock-host';
  readonly brokers: number;
}

/** librdkafka properties, passed to the client unchanged. */
export type ClientConfig = Readonly<Record<string, string | number | boolean>>;

export interface ProducerClientPlan {
  /** The producer's name in the scenario. */
  readonly name: string;
  /** This client among the `of` clients of its producer. */
  readonly index: number;
  readonly of: number;
  /** Identity in the envelope, unique in the run. */
  readonly producerId: number;
  readonly incarnation: number;
  readonly topic: string;
  /** Of the topic, for `partition: roundRobin`; null where unknown. */
  readonly partitions: number | null;
  readonly config: ClientConfig;
  /** Of the whole producer. */
  readonly rate: RateSpec | 'max';
  readonly arrival: 'uniform' | 'poisson';
  readonly partition: 'partitioner' | 'roundRobin' | number;
  readonly key: KeySpec;
  readonly value: MessageSpec['value'];
  readonly envelope: 'prefix' | 'header' | 'none';
  /** Share of messages without a value, 0..1. */
  readonly tombstones: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Flush after every so many messages. */
  readonly flush: 'never' | number;
  /** Ends after this many measured messages of the whole producer, or … */
  readonly messages: number | null;
  /** … when the measured phase has lasted this long. Exactly one of the two is given. */
  readonly duration: Micros | null;
  readonly acks: 'none' | 'some';
}

export interface ConsumerClientPlan {
  readonly name: string;
  readonly index: number;
  readonly of: number;
  readonly topics: readonly string[];
  /** Absent: assigned to all partitions, without a group. */
  readonly group: string | null;
  /** In evidence: the number of its group in the run's list, and its own, unique in the run. */
  readonly evidence: { readonly group: number; readonly member: number };
  readonly config: ClientConfig;
  readonly mode:
    | { readonly kind: 'single' }
    | { readonly kind: 'batch'; readonly size: number; readonly wait?: Micros | undefined };
  readonly commit: CommitSpec;
  readonly idleTimeout: Micros | null;
  /** Null: values are not validated. */
  readonly validate: ValueCheckSpec | null;
  /** Null: a message takes no time. */
  readonly processing: ProcessingSpec | null;
  /** Share of messages whose processing fails at every attempt, 0..1. */
  readonly failures: number;
  /** Null: what cannot be processed is skipped. */
  readonly deadLetter: DeadLetterPlan | null;
}

/** Where a consumer puts what it cannot process. */
export interface DeadLetterPlan {
  readonly topic: string;
  readonly afterAttempts: number;
  /** Of the producer that writes there. */
  readonly config: ClientConfig;
}

/** What an application would spend on a message. */
export type ProcessingSpec =
  | { readonly kind: 'constant'; readonly time: Micros }
  | { readonly kind: 'uniform'; readonly from: Micros; readonly to: Micros }
  | { readonly kind: 'exponential'; readonly mean: Micros };

export interface CommitSpec {
  readonly kind: 'auto' | 'each' | 'every' | 'interval' | 'before-processing' | 'none';
  readonly messages?: number | undefined;
  readonly interval?: Micros | undefined;
}
