import type { Micros } from '../../base/clock.ts';
import type { ConsumerResult } from '../../results/schema.ts';
import type { ConsumerSpec } from '../../scenario/schema.ts';
import type { ConsumerReport, WorkerReport } from '../../protocol/report.ts';
import type { Second } from './intervals.ts';
import { flowOf, type Flow } from './flow.ts';
import { latencyResults } from './latencies.ts';
import { summariseLibrdkafka } from './librdkafka-summary.ts';
import { least, most, perSecondOver, spanSeconds, type Span } from './span.ts';
import { unprocessedResult } from './unprocessed-result.ts';

export interface ConsumerOutcome {
  readonly name: string;
  readonly result: ConsumerResult;
  /** Over which its rate is. */
  readonly span: Span | null;
  readonly flow: Flow;
}

/** On the shared clock. */
export interface ReceivePhase {
  readonly measure: Micros;
  /** Null: with the last message. */
  readonly end: Micros | null;
  /** Nobody produces: it reads what is there, from its first message on, and is done when it is idle. */
  readonly reads: boolean;
}

/**
 * Joins the clients of one consumer. Counts and latencies are of the messages that were due in the measured phase; its
 * rate is of all that it received in it.
 */
export function consumerResult(
  spec: ConsumerSpec,
  group: string | null,
  reports: readonly ConsumerReport[],
  workers: readonly WorkerReport[],
  seconds: readonly Second[],
  { measure, end, reads }: ReceivePhase,
): ConsumerOutcome {
  const of = reports.filter((report) => report.name === spec.name);
  const messages = of.reduce((sum, report) => sum + report.measured.received, 0);
  const bytes = of.reduce((sum, report) => sum + report.measured.bytes, 0);
  const isIdle = of.length > 0 && of.every(({ endedBy }) => endedBy === 'idle');
  const last = most(of.map((report) => report.lastReceived));
  const from = (reads ? least(of.map((report) => report.firstReceived)) : null) ?? measure;
  const to = reads && isIdle ? last : (end ?? last);
  const span = of.length === 0 || to === null ? null : { from, to: Math.max(from, to) };
  const flow = flowOf(seconds, 'consumer', spec.name);
  const latency = latencyResults(
    workers,
    'measured',
    (each) => each.side === 'consumer' && each.name === spec.name,
  );
  return {
    name: spec.name,
    span,
    flow,
    result: {
      name: spec.name,
      clients: spec.count,
      group,
      receiveSource: of[0]?.receiveSource ?? 'consume-callbacks',
      messages,
      received: messages,
      processed: of.reduce((sum, report) => sum + report.processed, 0),
      invalid: isValidated(spec) ? of.reduce((sum, report) => sum + report.invalid, 0) : null,
      ...unprocessedResult(spec, of),
      bytes,
      rate: { offered: null, achieved: perSecondOver(flow.messages, span) },
      bytesPerSecond: perSecondOver(flow.bytes, span),
      observed: { messages: flow.messages, later: flow.later },
      durationSeconds: spanSeconds(span),
      firstMessage: least(of.map((report) => report.firstMessage)),
      endedBy: isIdle ? 'idle' : 'stop',
      latency: { endToEnd: latency.endToEnd },
      librdkafka: summariseLibrdkafka(seconds, 'consumer', spec.name),
    },
  };
}

function isValidated({ validate }: ConsumerSpec): boolean {
  return validate?.json !== undefined || validate?.avro !== undefined;
}
