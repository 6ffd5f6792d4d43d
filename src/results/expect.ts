import type { Bound, ParsedMetric } from '../base/metrics.ts';
import { GATEABLE_BEYOND } from '../measure/histogram.ts';
import { percentiles, restoreHistogram, type PercentileName } from '../measure/summary.ts';
import { readMetric } from './metric-value.ts';
import type { Expectation, TrialResult } from './schema.ts';

/** A gate as the scenario's `expect` gives it. */
export interface Gate extends ParsedMetric, Bound {
  readonly metric: string;
  readonly bound: string;
}

/** Holds every gate against what was measured. A gate on something invalid neither passes nor fails. */
export function evaluateExpectations(gates: readonly Gate[], trial: TrialResult): Expectation[] {
  return gates.map((gate) => {
    const measured = readMetric(gate, trial);
    const base = { metric: gate.metric, bound: gate.bound, value: measured.value };
    if (measured.value === null) return { ...base, ok: null, reason: 'not measured' };
    const invalid = invalidReason(gate, trial) ?? shortTail(gate, measured.histogram);
    if (invalid !== undefined) return { ...base, ok: null, reason: invalid };
    return { ...base, ok: holds(measured.value, gate) };
  });
}

function holds(value: number, { op, value: limit }: Bound): boolean {
  switch (op) {
    case '<=':
      return value <= limit;
    case '>=':
      return value >= limit;
    case '<':
      return value < limit;
    case '>':
      return value > limit;
    case '==':
      return value === limit;
  }
}

function invalidReason(gate: Gate, trial: TrialResult): string | undefined {
  const reason = trial.validity.reasons.find(
    ({ severity, metrics }) =>
      severity === 'invalid' && metrics.some((metric) => metric === gate.name || metric === gate.metric),
  );
  return reason && `${reason.code}: ${reason.message}`;
}

/** A percentile is gated when enough samples lie beyond it; the maximum and the mean always are. */
function shortTail(gate: Gate, histogram: Parameters<typeof restoreHistogram>[0] | undefined): string | undefined {
  if (!histogram || gate.statistic === null || !Object.hasOwn(percentiles, gate.statistic)) return undefined;
  const beyond = restoreHistogram(histogram).beyond(percentiles[gate.statistic as PercentileName]);
  return beyond >= GATEABLE_BEYOND
    ? undefined
    : `short-tail: ${beyond} samples lie beyond ${gate.statistic}, and a gate needs ${GATEABLE_BEYOND}`;
}
