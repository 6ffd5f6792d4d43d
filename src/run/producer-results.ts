import type { Micros } from '../base/clock.ts';
import type { ProducerResult } from '../results/schema.ts';
import type { ProducerSpec } from '../scenario/schema.ts';
import type { ProducerReport, SendCounts, WorkerReport } from '../worker/protocol.ts';
import { latencyResults } from './latencies.ts';
import { summariseLibrdkafka } from './librdkafka-summary.ts';
import type { Second } from './intervals.ts';
import { closedLoopSpan, least, most, openLoopSpan, perSecondOver, spanSeconds, type Span } from './span.ts';

export interface ProducerOutcome {
  readonly result: ProducerResult;
  readonly span: Span | null;
}

/** Joins the clients of one producer. Counts and rate are of the measured phase. */
export function producerResult(
  spec: ProducerSpec,
  reports: readonly ProducerReport[],
  workers: readonly WorkerReport[],
  seconds: readonly Second[],
): ProducerOutcome {
  const of = reports.filter((report) => report.name === spec.name);
  const sum = (field: keyof SendCounts): number =>
    of.reduce((total, report) => total + report.measured[field], 0);
  const closedLoop = spec.rate === 'max';
  const offered = offeredRate(spec, of, sum('attempted'));
  const messages = sum('acked') + sum('sent');
  const span = closedLoop ? closedLoopSpan(of) : openLoopSpan(of, offered);
  const latency = latencyResults(
    workers,
    'measured',
    (each) => each.side === 'producer' && each.name === spec.name,
  );
  return {
    span,
    result: {
      name: spec.name,
      topic: spec.topic,
      clients: spec.count,
      ackSource: of[0]?.ackSource ?? 'delivery-reports',
      closedLoop,
      messages,
      attempted: sum('attempted'),
      acked: sum('acked'),
      sent: sum('sent'),
      rejected: sum('rejected'),
      indeterminate: sum('indeterminate'),
      bytes: sum('bytes'),
      rate: {
        offered,
        achieved: perSecondOver(messages, span),
      },
      bytesPerSecond: perSecondOver(sum('bytes'), span),
      durationSeconds: spanSeconds(span),
      queueFull: of.reduce((total, report) => total + report.queueFull, 0),
      latency: {
        scheduleDelay: latency.scheduleDelay,
        serviceAck: latency.serviceAck,
        ack: latency.ack,
        transaction: null,
      },
      librdkafka: summariseLibrdkafka(seconds, 'producer', spec.name),
    },
  };
}

/**
 * What the schedule asked for. Where arrivals are random or the rate varies it is counted from the due times, n
 * messages spanning n − 1 gaps: n random arrivals differ from their rate by about 1 in √n, and a producer that
 * keeps such a schedule has offered no less for that.
 */
function offeredRate(
  { rate, arrival }: ProducerSpec,
  reports: readonly ProducerReport[],
  attempted: number,
): number | null {
  if (rate === 'max') return null;
  if (rate.kind === 'constant' && arrival === 'uniform') return rate.perSecond;
  const first: Micros | null = least(reports.map((report) => report.firstDue));
  const last = most(reports.map((report) => report.lastDue));
  return first === null || last === null || last <= first ? null : ((attempted - 1) / (last - first)) * 1e6;
}
