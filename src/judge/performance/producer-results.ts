import type { Micros } from '../../base/clock.ts';
import type { ProducerResult } from '../../results/schema.ts';
import type { ProducerSpec } from '../../scenario/schema.ts';
import type { ProducerReport, SendCounts, WorkerReport } from '../../protocol/report.ts';
import { latencyResults } from './latencies.ts';
import { summariseLibrdkafka } from './librdkafka-summary.ts';
import type { Second } from './intervals.ts';
import { flowOf, type Flow } from './flow.ts';
import { closedLoopSpan, least, most, openLoopSpan, perSecondOver, spanSeconds, type Span } from './span.ts';

export interface ProducerOutcome {
  readonly name: string;
  readonly result: ProducerResult;
  /** Its measured phase, over which its rate is. */
  readonly span: Span | null;
  /** From its first measured message to the last one's end: in it a silence is one. */
  readonly sending: Span | null;
  readonly flow: Flow;
}

/** When phases began and were cut short, on the shared clock. */
export interface PhaseTimes {
  readonly measure: Micros;
  /** Length of `phases.measure`. */
  readonly planned: Micros;
  /** Null: the run went on to its end. */
  readonly stopped: Micros | null;
}

/**
 * Joins the clients of one producer. Counts and latencies are of the messages that were due in the measured phase;
 * its rate is of all that was acknowledged in it.
 */
export function producerResult(
  spec: ProducerSpec,
  reports: readonly ProducerReport[],
  workers: readonly WorkerReport[],
  seconds: readonly Second[],
  times: PhaseTimes,
): ProducerOutcome {
  const of = reports.filter((report) => report.name === spec.name);
  const sum = (field: keyof SendCounts): number =>
    of.reduce((total, report) => total + report.measured[field], 0);
  const closedLoop = spec.rate === 'max';
  const offered = offeredRate(spec, of, sum('attempted'));
  const messages = sum('acked') + sum('sent');
  const span = measuredSpan(spec, of, offered, times);
  const flow = flowOf(seconds, 'producer', spec.name);
  const latency = latencyResults(
    workers,
    'measured',
    (each) => each.side === 'producer' && each.name === spec.name,
  );
  return {
    name: spec.name,
    span,
    sending: closedLoop ? closedLoopSpan(of) : openLoopSpan(of, offered),
    flow,
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
        achieved: perSecondOver(flow.messages, span),
      },
      bytesPerSecond: perSecondOver(flow.bytes, span),
      observed: { messages: flow.messages, later: flow.later },
      durationSeconds: spanSeconds(span),
      queueFull: of.reduce((total, report) => total + report.queueFull, 0),
      queueFullTime: of.reduce((total, report) => total + report.queueFullTime, 0),
      refused: of.reduce((total, report) => total + report.refused, 0),
      unanswered: of.reduce((total, report) => total + report.unanswered, 0),
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
 * From the begin of the measured phase to its end. A number of messages ends with its last acknowledgement, in an open
 * loop not before the last slot is over.
 */
function measuredSpan(
  spec: ProducerSpec,
  reports: readonly ProducerReport[],
  offered: number | null,
  { measure, planned, stopped }: PhaseTimes,
): Span | null {
  if (reports.length === 0) return null;
  if (spec.messages === undefined) {
    const end = measure + (spec.for ?? planned);
    return { from: measure, to: Math.max(measure, Math.min(end, stopped ?? end)) };
  }
  const acked = most(reports.map(({ lastAcked, lastSettled }) => lastAcked ?? lastSettled));
  const scheduled = spec.rate === 'max' ? null : (openLoopSpan(reports, offered)?.to ?? null);
  const end = most([acked, scheduled]);
  return end === null ? null : { from: measure, to: Math.max(measure, end) };
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
