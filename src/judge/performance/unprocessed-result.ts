import type { ConsumerResult } from '../../results/schema.ts';
import type { ConsumerSpec } from '../../scenario/schema.ts';
import type { ConsumerReport } from '../../protocol/report.ts';

const shown = 10;

/** What a consumer received and did not process, and the first of it with why; nothing where nothing of it can fail. */
export function unprocessedResult(
  { processing, deadLetter }: Pick<ConsumerSpec, 'processing' | 'deadLetter'>,
  reports: readonly ConsumerReport[],
): Pick<ConsumerResult, 'failed' | 'deadLettered' | 'unprocessed'> {
  const canFail = (processing?.failures ?? 0) > 0;
  if (!canFail && deadLetter === undefined) return {};
  const sum = (of: (report: ConsumerReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  return {
    failed: canFail ? sum(({ failed }) => failed) : null,
    deadLettered: deadLetter === undefined ? null : sum(({ deadLettered }) => deadLettered),
    unprocessed: reports.flatMap(({ unprocessed }) => unprocessed).slice(0, shown),
  };
}
