import type { Micros } from '../../base/clock.ts';
import type { ProducerReport } from '../../protocol/report.ts';

/** The measured phase of one producer's clients, on the shared clock. */
export interface Span {
  readonly from: Micros;
  readonly to: Micros;
}

/**
 * Open loop: from the first due time to the last and its slot, longer only where the last message was handed
 * over late; so a producer that fell behind shows a lower rate than it offered.
 */
export function openLoopSpan(reports: readonly ProducerReport[], perSecond: number | null): Span | null {
  const first = least(reports.map((report) => report.firstDue));
  const last = most(reports.map((report) => report.lastDue));
  const handedOver = most(reports.map((report) => report.lastHandedOver));
  if (first === null || last === null || handedOver === null) return null;
  const slot = perSecond === null || perSecond <= 0 ? 0 : 1e6 / perSecond;
  return { from: first, to: Math.max(last + slot, handedOver) };
}

/**
 * Closed loop: the time in which the system served measured messages. For each client it begins with the first of
 * them, or when the last warm-up message ahead of them in its queue was done; the earliest client's counts, so that
 * all that is counted was served within. It ends with the last one's report.
 */
export function closedLoopSpan(reports: readonly ProducerReport[]): Span | null {
  const from = least(
    reports.map(({ firstHandedOver: first, warmupSettled }) =>
      first === null ? null : Math.max(first, warmupSettled ?? first),
    ),
  );
  const last = most(reports.map((report) => report.lastSettled));
  if (from === null || last === null) return null;
  return { from: Math.min(from, last), to: last };
}

export function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

export function most(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** Per second over a span; null where it has no length. */
export function perSecondOver(amount: number, span: Span | null): number | null {
  if (!span || span.to <= span.from) return null;
  return amount / ((span.to - span.from) / 1e6);
}

export function spanSeconds(span: Span | null): number {
  return span ? Math.max(0, span.to - span.from) / 1e6 : 0;
}

export function joinSpans(spans: readonly (Span | null)[]): Span | null {
  const known = spans.filter((span) => span !== null);
  if (known.length === 0) return null;
  return { from: Math.min(...known.map((span) => span.from)), to: Math.max(...known.map((span) => span.to)) };
}
