import type { Micros } from '../../../base/clock.ts';
import { parseWindow, type ParsedMetric } from '../../../metrics/metrics.ts';
import type { TrialResult } from '../../../results/schema.ts';
import type { LatencyName } from '../../../protocol/report.ts';
import { sumCompact } from '../compact-histogram.ts';
import type { KeptSecond } from '../intervals.ts';
import { latencyResult } from '../latencies.ts';
import { deliveryCounts, errorsOf, type DeliverySeconds } from './phase-counts.ts';
import type { Span } from '../span.ts';

type Phase = TrialResult['phases'][number];

export interface MeasuredPhase {
  readonly start: Micros;
  /** Seconds from the start. */
  readonly length: number;
}

/** What is known second by second. */
export interface Observations {
  readonly seconds: readonly KeptSecond[];
  /** Null without an audit. */
  readonly delivery: DeliverySeconds | null;
}

/** Seconds. A timer may fire this much early or late, and so little of a fault shows in no second. */
const hair = 0.005;

/** The measured phase before, during and after the faults; a part that has no second is left out. */
export function faultPhases(
  faults: Span,
  { start, length }: MeasuredPhase,
  observations: Observations,
): Phase[] {
  const cut = (time: Micros, round: (second: number) => number): number =>
    Math.min(length, Math.max(0, round((time - start) / 1e6)));
  const from = cut(faults.from, (second) => Math.floor(second + hair));
  const to = cut(faults.to, (second) => Math.ceil(second - hair));
  return [
    { name: 'before' as const, from: 0, to: from },
    { name: 'during' as const, from, to },
    { name: 'after' as const, from: to, to: length },
  ]
    .filter((part) => part.to > part.from)
    .map((part) => ({ ...part, ...observedIn(part.from, part.to, observations) }));
}

/** The ranges of time that gates ask for, as far as the measured phase holds them. */
export function gatedWindows(
  gates: readonly ParsedMetric[],
  { length }: MeasuredPhase,
  observations: Observations,
): Phase[] {
  const windows = gates.flatMap(({ window }) => {
    const parsed = window === null ? undefined : parseWindow(window);
    return parsed?.kind === 'range' ? [{ from: parsed.from / 1e6, to: parsed.to / 1e6 }] : [];
  });
  return windows
    .filter(({ from, to }, i) => windows.findIndex((each) => each.from === from && each.to === to) === i)
    .filter(({ to }) => to <= length + hair)
    .map(({ from, to }) => ({ name: 'window' as const, from, to, ...observedIn(from, to, observations) }));
}

/** Of the seconds from `from` on and before `to`. A latency of which some second is not kept is not known. */
function observedIn(
  from: number,
  to: number,
  { seconds, delivery }: Observations,
): Omit<Phase, 'name' | 'from' | 'to'> {
  const inside = seconds.filter(({ second }) => second >= from && second < to);
  const isKept = inside.every(({ histograms }) => histograms !== undefined);
  const latency = (name: LatencyName) =>
    isKept ? latencyResult(sumCompact(inside.flatMap(({ histograms }) => histograms?.[name] ?? []))) : null;
  const rate = (side: KeptSecond['side']): number | null => {
    const own = inside.filter((each) => each.side === side);
    if (!seconds.some((each) => each.side === side)) return null;
    return own.reduce((sum, { counts }) => sum + counts.within, 0) / (to - from);
  };
  return {
    latency: {
      scheduleDelay: latency('scheduleDelay'),
      serviceAck: latency('serviceAck'),
      ack: latency('ack'),
      transaction: null,
      endToEnd: latency('endToEnd'),
    },
    throughput: { producers: rate('producer'), consumers: rate('consumer') },
    errors: errorsOf(inside),
    ...deliveryCounts(from, to, delivery),
  };
}
