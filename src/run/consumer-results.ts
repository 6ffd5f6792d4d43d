import type { Micros } from '../base/clock.ts';
import type { ConsumerResult, GroupResult } from '../results/schema.ts';
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

/** Groups as their members saw them; times in µs from the start of the measured phase. */
export function groupResults(
  members: readonly { readonly group: string | null; readonly report: ConsumerReport }[],
  measureStart: Micros,
): GroupResult[] {
  const names = [...new Set(members.flatMap(({ group }) => group ?? []))];
  return names.map((name) => {
    const own = members.filter(({ group }) => group === name).map(({ report }) => report);
    const label = (report: ConsumerReport): string => `${report.name}-${report.index}`;
    const events = own
      .flatMap((report) =>
        report.rebalances.map((each) => ({ ...each, member: label(report), at: each.at - measureStart })),
      )
      .sort((a, b) => a.at - b.at);
    return {
      name,
      members: own.length,
      assignments: events
        .filter((event) => event.kind === 'assign')
        .map(({ at, member, partitions }) => ({ at, member, partitions: [...partitions] })),
      rebalances: events.map(({ at, member, kind }) => ({ at, member, kind })),
      shares: sharesOf(
        own.map((report) => [label(report), report.warmup.received + report.measured.received]),
      ),
      firstMessage: least(own.map((report) => report.firstMessage)),
      processed: own.reduce((sum, report) => sum + report.processed, 0),
      committed: null,
      lag: null,
    };
  });
}

/** A member that was started again is one member. */
function sharesOf(
  received: readonly (readonly [member: string, messages: number])[],
): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const [member, messages] of received) shares[member] = (shares[member] ?? 0) + messages;
  return shares;
}

function isValidated({ validate }: ConsumerSpec): boolean {
  return validate?.json !== undefined || validate?.avro !== undefined;
}
