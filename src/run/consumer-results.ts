import type { Micros } from '../base/clock.ts';
import type { ConsumerResult } from '../results/schema.ts';
import type { ConsumerSpec } from '../scenario/schema.ts';
import type { ConsumerReport, WorkerReport } from '../worker/protocol.ts';
import type { Second } from './intervals.ts';
import { latencyResults } from './latencies.ts';
import { summariseLibrdkafka } from './librdkafka-summary.ts';
import { least, most, perSecondOver, spanSeconds, type Span } from './span.ts';
import { unprocessedResult } from './unprocessed-result.ts';

export interface ConsumerOutcome {
  readonly result: ConsumerResult;
  readonly span: Span | null;
}

/** Joins the clients of one consumer. `from` is when the measured phase began, null where only arrivals tell. */
export function consumerResult(
  spec: ConsumerSpec,
  group: string | null,
  reports: readonly ConsumerReport[],
  workers: readonly WorkerReport[],
  seconds: readonly Second[],
  from: Micros | null,
): ConsumerOutcome {
  const of = reports.filter((report) => report.name === spec.name);
  const messages = of.reduce((sum, report) => sum + report.measured.received, 0);
  const bytes = of.reduce((sum, report) => sum + report.measured.bytes, 0);
  const last = most(of.map((report) => report.lastReceived));
  const first = from ?? least(of.map((report) => report.firstReceived));
  const span = first === null || last === null ? null : { from: Math.min(first, last), to: last };
  const latency = latencyResults(
    workers,
    'measured',
    (each) => each.side === 'consumer' && each.name === spec.name,
  );
  return {
    span,
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
      rate: { offered: null, achieved: perSecondOver(messages, span) },
      bytesPerSecond: perSecondOver(bytes, span),
      durationSeconds: spanSeconds(span),
      firstMessage: least(of.map((report) => report.firstMessage)),
      endedBy: of.length > 0 && of.every((report) => report.endedBy === 'idle') ? 'idle' : 'stop',
      latency: { endToEnd: latency.endToEnd },
      librdkafka: summariseLibrdkafka(seconds, 'consumer', spec.name),
    },
  };
}

function isValidated({ validate }: ConsumerSpec): boolean {
  return validate?.json !== undefined || validate?.avro !== undefined;
}
