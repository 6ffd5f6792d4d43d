import { formatDuration, formatNumber, formatRate } from '../base/units.ts';

/** What a progress line shows; the run's own numbers, by the names it gives them. */
export interface ProgressView {
  readonly phase: string;
  readonly elapsedSeconds: number;
  readonly totalSeconds: number | null;
  readonly attempted: number;
  readonly plannedMessages: number | null;
  readonly settled: number;
  readonly received: number;
  readonly errors: number;
  readonly inFlight: number;
  readonly rate: number;
  readonly receiveRate: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly audit?: {
    readonly read: number;
    readonly expected: number;
    readonly perSecond: number;
    readonly seconds: number;
  };
}

/** One line: phase, elapsed of total, rates, p50 and p99, in flight, errors; of an audit how far it is. */
export function renderProgress(view: ProgressView): string {
  if (view.audit) return auditLine(view.audit);
  const elapsed = `${view.elapsedSeconds.toFixed(0)}${view.totalSeconds === null ? '' : `/${view.totalSeconds.toFixed(0)}`} s`;
  const sent =
    view.plannedMessages === null
      ? formatNumber(view.settled)
      : `${formatNumber(view.settled)}/${formatNumber(view.plannedMessages)}`;
  return [
    `${view.phase} ${elapsed}`,
    `${formatRate(view.rate)} sent (${sent})`,
    `${formatRate(view.receiveRate)} received (${formatNumber(view.received)})`,
    ...latencies(view),
    `${formatNumber(view.inFlight)} in flight`,
    ...(view.errors === 0 ? [] : [`${formatNumber(view.errors)} errors`]),
  ].join(' · ');
}

function latencies({ p50, p99 }: ProgressView): string[] {
  const told = [
    ...(p50 === null ? [] : [`p50 ${formatDuration(p50)}`]),
    ...(p99 === null ? [] : [`p99 ${formatDuration(p99)}`]),
  ];
  return told.length === 0 ? [] : [told.join(', ')];
}

function auditLine({ read, expected, perSecond, seconds }: NonNullable<ProgressView['audit']>): string {
  const left = expected - read;
  return [
    `audit ${seconds.toFixed(0)} s: reading the log back`,
    `${formatNumber(read)} of about ${formatNumber(Math.max(read, expected))} records`,
    formatRate(perSecond),
    ...(left > 0 && perSecond > 0 ? [`about ${Math.ceil(left / perSecond)} s left`] : []),
  ].join(' · ');
}
