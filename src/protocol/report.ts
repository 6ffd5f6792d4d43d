import type { AckSourceKind } from '../base/choices.ts';
import type { ClientError } from '../base/client-error.ts';
import type { Micros } from '../base/clock.ts';
import type { SparseHistogram } from '../measure/slots.ts';

/**
 * Name, in `errors`, of messages that had no answer when their client was closed or its process ended: what librdkafka
 * calls them itself. Nothing more is heard of them.
 */
export const noAnswer = '_DESTROY';

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
