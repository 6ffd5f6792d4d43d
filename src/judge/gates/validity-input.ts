import type { Micros } from '../../base/clock.ts';
import type { Series } from '../../measure/drift.ts';

/** What one trial's numbers say about themselves. Rates are messages per second. */
export interface ValidityInput {
  readonly producers: readonly ProducerMeasurement[];
  readonly consumers: readonly ConsumerMeasurement[];
  /** Negative samples by histogram, totals included: `writer.ack`, `ack`. */
  readonly histograms: readonly { readonly metric: string; readonly negative: number }[];
  /**
   * Throughput and p50 by second of the measured phase, up to the first fault: `throughput`, `writer.ack.p50`. Only
   * of loads that are meant to be steady: a ramp drifts by design.
   */
  readonly series: readonly { readonly metric: string; readonly values: Series }[];
  /**
   * By second of the measured phase, of steady loads, up to the first fault: median latencies, and throughput where a
   * closed loop sets it. The first is held against the rest.
   */
  readonly openings: readonly {
    readonly metric: string;
    readonly unit: 'micros' | 'perSecond';
    readonly values: Series;
  }[];
  readonly machine: MachineMeasurement;
  /** Processes of the harness that stood still from the start of the measured phase on. */
  readonly stoodStill: readonly SilentWorker[];
  /** What the harness can do on this machine into a mock; null where not calibrated. */
  readonly ceiling: number | null;
  /** The percentiles that a gate will judge: `writer.ack.p99`, and how many samples lie beyond each. */
  readonly gatedPercentiles: readonly { readonly metric: string; readonly beyond: number }[];
}

export interface ProducerMeasurement {
  readonly name: string;
  /** Names of the consumers that read what it sends: its end-to-end latency is theirs. */
  readonly feeds: readonly string[];
  /** `rate: max`: there is no schedule to keep. */
  readonly closedLoop: boolean;
  /** In the measured phase, up to the first fault; 0 where nothing can be held against the offer. */
  readonly offered: number;
  readonly achieved: number;
  readonly scheduleDelayP99: Micros | null;
  /** Null where nothing is acknowledged. */
  readonly ackP99: Micros | null;
  /** 0..1, of its busiest process. */
  readonly eventLoopUtilisation: number | null;
  /** Ack sources of its clients; all but `tap` are JavaScript. */
  readonly sources: readonly string[];
  readonly outcomes: ProducerOutcomes;
}

/** What became of its messages, beside those that were acknowledged in the measured phase. */
export interface ProducerOutcomes extends ClientLimits {
  /** Due in the measured phase. */
  readonly attempted: number;
  /** Its measured phase ends with the last of a number of messages. */
  readonly counted: boolean;
  /** Acknowledged (or sent) in the measured phase, and after it. */
  readonly observed: number;
  readonly later: number;
  /** By the client itself, before they were sent. */
  readonly refused: number;
  /** Without an answer when the client was closed, warm-up included. */
  readonly unanswered: number;
  /** How long it waited for room in librdkafka's queue, of all clients together. */
  readonly queueFullTime: Micros;
}

/** What stopped a client, or held it back. */
export interface ClientLimits {
  readonly seconds: number;
  /** What its clients died of. */
  readonly fatal: readonly string[];
  /** By brokers' quotas, summed over clients and brokers; null where librdkafka did not tell. */
  readonly throttled: Micros | null;
}

export interface ConsumerMeasurement {
  readonly name: string;
  /** All producers that feed it are closed loops. */
  readonly closedLoop: boolean;
  readonly eventLoopUtilisation: number | null;
  /** Receive sources of its clients. */
  readonly sources: readonly string[];
  readonly limits: ClientLimits & {
    /** Received in the measured phase, and after it. */
    readonly observed: number;
    readonly later: number;
  };
}

export interface SilentWorker {
  readonly worker: string;
  /** Altogether. */
  readonly micros: Micros;
  /** Names of the producers and consumers that it holds; null: it serves all of them. */
  readonly clients: readonly string[] | null;
}

/** Fractions of the whole machine's processor time, null where unknown. */
export interface MachineMeasurement {
  readonly stealFraction: number | null;
  /** Of all processes that are neither the harness nor brokers of the run. */
  readonly othersFraction: number | null;
  /** Share of the time in which something that could run waited for a processor. */
  readonly pressureFraction: number | null;
  readonly sharedWithBrokers: boolean;
}

export interface ValidityReason {
  readonly code: string;
  /** `invalid`: the metrics can neither pass nor fail a gate. `warn`: shown beside them. */
  readonly severity: 'invalid' | 'warn';
  /** A bare name is the total, `writer.ack` that scope's, each with all its percentiles; empty: the whole trial. */
  readonly metrics: readonly string[];
  readonly message: string;
  readonly value: number | null;
  readonly threshold: number;
}
