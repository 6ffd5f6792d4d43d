import { formatDuration, formatRate } from '../base/units.ts';
import type { TrialResult } from '../results/schema.ts';
import type { Paint } from './paint.ts';
import { renderTable } from './table.ts';

/** A line a trial: what was sent and received a second, what a message waited, what delivery came to. */
export function renderTrials(trials: readonly TrialResult[], paint: Paint): string[] {
  const rows = trials.map((trial, i) => {
    const { producers, consumers, latency } = trial.totals;
    return [
      `trial ${i + 1}`,
      rate(producers.rate.achieved),
      rate(consumers.rate.achieved),
      ...[latency.ack?.p50, latency.ack?.p99, latency.endToEnd?.p99].map(time),
      trial.delivery.verdict,
      trial.validity.reasons.some(({ severity }) => severity === 'invalid') ? 'INVALID' : '',
    ];
  });
  const shown = shownColumns(rows);
  const [title = '', ...lines] = renderTable(
    [header, ...rows].map((row) => shown.map((column) => row[column]!)),
    shown.map((column) => (column === 0 || column > 5 ? 'left' : 'right')),
  );
  return [paint.bold(title), ...lines];
}

const header = ['', 'sent', 'received', 'ack p50', 'ack p99', 'endToEnd p99', 'delivery', ''];

/** Columns without a value say nothing: a closed loop has no `ack`, a scenario may have no consumers. */
function shownColumns(rows: readonly (readonly string[])[]): number[] {
  return header.flatMap((_, column) =>
    rows.some((row) => !['-', ''].includes(row[column]!)) ? [column] : [],
  );
}

const rate = (perSecond: number | null): string => (perSecond === null ? '-' : formatRate(perSecond));

const time = (micros: number | null | undefined): string => (micros == null ? '-' : formatDuration(micros));
