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
  readonly p99: number | null;
}

/** One line: phase, elapsed of total, rates, p99, in flight, errors. */
export function renderProgress(view: ProgressView): string {
  const elapsed = `${view.elapsedSeconds.toFixed(0)}${view.totalSeconds === null ? '' : `/${view.totalSeconds.toFixed(0)}`} s`;
  const sent =
    view.plannedMessages === null
      ? formatNumber(view.settled)
      : `${formatNumber(view.settled)}/${formatNumber(view.plannedMessages)}`;
  return [
    `${view.phase} ${elapsed}`,
    `${formatRate(view.rate)} sent (${sent})`,
    `${formatRate(view.receiveRate)} received (${formatNumber(view.received)})`,
    ...(view.p99 === null ? [] : [`p99 ${formatDuration(view.p99)}`]),
    `${formatNumber(view.inFlight)} in flight`,
    ...(view.errors === 0 ? [] : [`${formatNumber(view.errors)} errors`]),
  ].join(' · ');
}
