import type { Bound, ParsedMetric } from '../base/metrics.ts';
import { touches } from '../measure/validity.ts';
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
    const { value } = readMetric(gate, trial);
    const base = { metric: gate.metric, bound: gate.bound, value };
    const invalid = trial.validity.reasons.find(
      (reason) => reason.severity === 'invalid' && touches(reason, gate.metric),
    );
    if (invalid) return { ...base, ok: null, reason: `${invalid.code}: ${invalid.message}` };
    if (value === null) return { ...base, ok: null, reason: 'not measured' };
    return { ...base, ok: holds(value, gate) };
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
