import type { AckSourceChoice, AckSourceKind } from '../base/choices.ts';
import type { ClientError } from '../base/client-error.ts';
import type { Micros } from '../base/clock.ts';

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

/**
 * Name, in `errors`, of messages that had no answer when their client was closed or its process ended: what librdkafka
 * calls them itself. Nothing more is heard of them.
 */
export const noAnswer = '_DESTROY';

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
  readonly rate: RateSpec;
  readonly arrival: 'uniform' | 'poisson';
  readonly partition: 'partitioner' | 'roundRobin' | number;
  readonly key: KeySpec;
  readonly value: ValueSpec;
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

/** Of the whole producer, messages per second. */
export type RateSpec =
  | 'max'
  | { readonly kind: 'constant'; readonly perSecond: number }
  | { readonly kind: 'ramp'; readonly from: number; readonly to: number; readonly over: Micros }
  | { readonly kind: 'steps'; readonly steps: readonly { readonly rate: number; readonly for: Micros }[] };

export type KeySpec =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; readonly text: string }
  | { readonly kind: 'sequence'; readonly count: number }
  | { readonly kind: 'uniform'; readonly count: number }
  | { readonly kind: 'zipf'; readonly n: number; readonly s: number }
  | { readonly kind: 'template'; readonly text: string };

export type ValueSpec =
  | {
      readonly kind: 'bytes';
      readonly sizes: readonly { readonly size: number; readonly weight: number }[];
      readonly compressibility: number;
    }
  | { readonly kind: 'json'; readonly template: string }
  | {
      readonly kind: 'avro';
      /** JSON of the schema. */
      readonly schema: unknown;
      readonly record: unknown;
      /** Null: without framing. */
      readonly schemaId: number | null;
    };

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

/** What a value must be; with both, what Avro reads must match the JSON Schema. */
export interface ValueCheckSpec {
  readonly json?: Readonly<Record<string, unknown>> | undefined;
  readonly avro?: AvroReadSpec | undefined;
}

/** Schemas as JSON: the one that values are read as, and those that they were written with. */
export interface AvroReadSpec {
  readonly framing: 'confluent' | 'bare';
  readonly readerSchema: unknown;
  readonly writers: readonly { readonly id: number | null; readonly schema: unknown }[];
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

export type ToWorker =
  | { readonly type: 'plan'; readonly plan: WorkerPlan }
  /** Time zero of the schedule, on CLOCK_MONOTONIC; warm-up starts then. */
  | { readonly type: 'start'; readonly at: Micros }
  /** The measured phase ends then, on CLOCK_MONOTONIC, ahead of its plan: what comes later is counted as late. */
  | { readonly type: 'phase-end'; readonly at: Micros }
  /** Producers hand over nothing more and drain; consumers finish what they hold and leave. For so long at most. */
  | { readonly type: 'stop'; readonly drainMillis: number };

export type FromWorker =
  /** Says that the process is alive; any other message does too. */
  | { readonly type: 'heartbeat' }
  | { readonly type: 'ready'; readonly ready: WorkerReady }
  | { readonly type: 'interval'; readonly interval: IntervalReport }
  /** Cumulative, sent with each heartbeat while anything moves. */
  | { readonly type: 'progress'; readonly progress: readonly ClientProgress[] }
  | { readonly type: 'shown'; readonly shown: ShownMessage }
  | { readonly type: 'warning'; readonly warning: { readonly code: string; readonly message: string } }
  | { readonly type: 'finished'; readonly report: WorkerReport }
  | { readonly type: 'failed'; readonly message: string; readonly hint?: string };

export type WorkerReady =
  | {
      readonly role: 'produce' | 'consume' | 'audit';
      readonly librdkafka: string;
      readonly features: readonly string[];
    }
  | { readonly role: 'mock-host'; readonly brokers: readonly { id: number; host: string; port: number }[] };

/** A histogram on the wire: the slots that are not empty, beside the exact numbers (measure/slots.ts). */
export interface SparseHistogram {
  readonly indices: Uint32Array;
  readonly counts: Float64Array;
  readonly exact: {
    readonly count: number;
    readonly min: number | null;
    readonly max: number | null;
    readonly sum: number;
    readonly overflow: number;
    readonly negative: number;
  };
}

export type LatencyName = 'scheduleDelay' | 'serviceAck' | 'ack' | 'endToEnd';
export type SparseLatencies = Readonly<Partial<Record<LatencyName, SparseHistogram>>>;

/** What one producer or consumer of one worker did in one second. */
export interface IntervalReport {
  readonly side: 'producer' | 'consumer';
  readonly name: string;
  /** Whole seconds from the start of the measured phase; warm-up seconds are negative. */
  readonly second: number;
  /** Producer: attempted, acked or sent, failed. Consumer: received in `received`. Of both by the time of each message. */
  readonly counts: IntervalCounts;
  readonly errors?: ErrorCounts;
  readonly latency: SparseLatencies;
  /** One a client that had an emission in this second. */
  readonly librdkafka: readonly LibrdkafkaSample[];
}

/** By librdkafka's name of the error; they add up to `counts.errors`. Absent where there was none. */
export type ErrorCounts = Readonly<Record<string, number>>;

export interface IntervalCounts {
  readonly attempted: number;
  readonly settled: number;
  readonly errors: number;
  readonly received: number;
  readonly bytes: number;
  /** Of those settled or received: by their own times, between the measured phase's begin and end, and after it. */
  readonly within: number;
  readonly late: number;
}

/** From librdkafka's statistics, one emission, averaged over brokers or topics by their own counts. Times in µs. */
export interface LibrdkafkaSample {
  /** Bytes a produced batch held, mean; null where none was sent. */
  readonly batchBytes: number | null;
  /** Messages in a produced batch, mean. */
  readonly batchMessages: number | null;
  /** produce() to the request being built, mean. */
  readonly internalLatency: number | null;
  /** Request built to written to the socket, mean. */
  readonly outbufLatency: number | null;
  /** Broker round trip, mean and 99th percentile (the largest of the brokers'). */
  readonly rtt: number | null;
  readonly rttP99: number | null;
  /** In its place where librdkafka's window was clipped: the percentile is greater. */
  readonly rttP99Above: number | null;
  /** Broker-side throttling, mean of all answers, and the sum. */
  readonly throttle: number | null;
  readonly throttled: Micros | null;
  /** Requests sent again since the client started. */
  readonly retries: number;
  /** Messages waiting in the client. */
  readonly queued: number;
}

export interface ClientProgress {
  readonly side: 'producer' | 'consumer';
  readonly name: string;
  readonly index: number;
  readonly attempted: number;
  readonly settled: number;
  readonly failed: number;
  readonly received: number;
  /** Of these counts: what was due in the warm-up. */
  readonly warmup: Readonly<Record<'attempted' | 'settled' | 'failed' | 'received', number>>;
  /** Of `received`: without this run's envelope. */
  readonly foreign: number;
  /** Next offset to process, per `topic/partition`, of consumers. */
  readonly positions: Readonly<Record<string, number>>;
  /** Of a consumer: every partition that it has now is read to its end. */
  readonly atEnd: boolean;
  readonly state: 'running' | 'draining' | 'done';
  /** A tap observes its messages. */
  readonly tapped: boolean;
  /** Of a consumer in a group. */
  readonly membership?: Membership;
  /** The error that it met last, the one to tell; absent where there was none, or something came since. */
  readonly met?: ClientError;
}

/** Where a member of a group stands in what is dealt out to it. */
export interface Membership {
  /** An assignment has come, if only of nothing; with KIP-848 none comes where there is nothing to assign. */
  readonly assigned: boolean;
  /** `topic/partition` of all that it has now. */
  readonly holds: readonly string[];
  /** It stands at a known place in each: at its end, or with its first message in hand. */
  readonly placed: boolean;
}

export interface ShownMessage {
  readonly direction: 'sent' | 'received';
  readonly name: string;
  readonly topic: string;
  /** −1 where the broker did not confirm one (acks=0). */
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly error?: string;
  /** Messages left out before this one to keep the output readable. */
  readonly skipped: number;
}

export interface WorkerReport {
  readonly worker: string;
  readonly clients: readonly ClientReport[];
  /** One a producer or consumer name: its clients in this process share their histograms. */
  readonly latency: readonly PhaseLatencies[];
  /** One a partition that acknowledged something. */
  readonly acks: readonly PartitionAcks[];
  readonly process: ProcessUsage;
}

/** When a partition acknowledged messages of this process. */
export interface PartitionAcks {
  readonly topic: string;
  readonly partition: number;
  readonly first: Micros;
  readonly last: Micros;
  /** Two numbers each: the acknowledgements before and after a silence of 50 ms or more. */
  readonly gaps: Float64Array;
}

/** Cut by due time. */
export interface PhaseLatencies {
  readonly side: 'producer' | 'consumer';
  readonly name: string;
  readonly warmup: SparseLatencies;
  readonly measured: SparseLatencies;
}

export interface ProcessUsage {
  /** CPU of the process from the start until nothing was outstanding, µs. */
  readonly cpu: Micros;
  readonly elapsed: Micros;
  /** Largest resident set, bytes. */
  readonly rss: number;
  /** Share of the measured phase that the event loop was busy, 0..1. */
  readonly eventLoop: number;
}

export type ClientReport = ProducerReport | ConsumerReport;

export interface ProducerReport {
  readonly side: 'producer';
  readonly name: string;
  readonly index: number;
  readonly ackSource: AckSourceKind;
  readonly warmup: SendCounts;
  readonly measured: SendCounts;
  /** Of the measured messages; null where there was none. */
  readonly firstHandedOver: Micros | null;
  readonly lastHandedOver: Micros | null;
  readonly lastSettled: Micros | null;
  /** The last one that was acked or sent. */
  readonly lastAcked: Micros | null;
  /** The end of the last warm-up message before the first measured one's: until then the queue served warm-up. */
  readonly warmupSettled: Micros | null;
  /** Of the schedule of the measured phase; null in a closed loop. */
  readonly firstDue: Micros | null;
  readonly lastDue: Micros | null;
  /** By librdkafka's error name (`_MSG_TIMED_OUT`; `_DESTROY`: without an answer when the client was closed), both phases. */
  readonly errors: readonly {
    readonly code: string;
    readonly phase: 'warmup' | 'measure';
    readonly count: number;
  }[];
  /** Of the measured messages: refused by the client itself, which never sent them. */
  readonly refused: number;
  /** Of both phases: without an answer when the client was closed; they count as indeterminate. */
  readonly unanswered: number;
  readonly fatal: FatalError | null;
  /** Times that librdkafka's queue was full and the sender waited. */
  readonly queueFull: number;
  /** How long it waited for that in the measured phase. */
  readonly queueFullTime: Micros;
}

/** After it a client does nothing more. */
export interface FatalError {
  readonly at: Micros;
  readonly message: string;
}

export interface SendCounts {
  readonly attempted: number;
  readonly acked: number;
  readonly sent: number;
  readonly rejected: number;
  readonly indeterminate: number;
  /** Key and value bytes of what was acked or sent. */
  readonly bytes: number;
}

export interface ConsumerReport {
  readonly side: 'consumer';
  readonly name: string;
  readonly index: number;
  readonly receiveSource: 'tap' | 'consume-callbacks';
  readonly warmup: { readonly received: number; readonly bytes: number };
  readonly measured: { readonly received: number; readonly bytes: number };
  /** Handed on after its commit rule was satisfied; without processing rules the same as received. */
  readonly processed: number;
  /** Messages without this run's envelope. */
  readonly foreign: number;
  /** Envelopes whose checksum did not match. */
  readonly corrupt: number;
  /** Values that failed validation, each time they were processed; 0 where nothing is validated. */
  readonly invalid: number;
  /** Messages whose processing failed at each attempt; invalid ones are not among them. */
  readonly failed: number;
  /** Dead letters that brokers acknowledged. */
  readonly deadLettered: number;
  /** The first messages that could not be processed. */
  readonly unprocessed: readonly UnprocessedMessage[];
  /** Time from subscribing to the first message, µs. */
  readonly firstMessage: Micros | null;
  readonly firstReceived: Micros | null;
  readonly lastReceived: Micros | null;
  readonly endedBy: 'stop' | 'idle';
  readonly fatal: FatalError | null;
  readonly rebalances: readonly {
    readonly at: Micros;
    readonly kind: 'assign' | 'revoke';
    readonly partitions: readonly string[];
  }[];
  readonly errors: readonly {
    readonly code: string;
    readonly phase: 'warmup' | 'measure';
    readonly count: number;
  }[];
}

/** A message that a consumer gave up; topics as they are called on the cluster. */
export interface UnprocessedMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly error: string;
  readonly attempts: number;
  /** Null: there is no dead-letter topic, and the message was skipped. */
  readonly deadLetter: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
  } | null;
}
