import type { Bound, ParsedMetric } from '../../metrics/metrics.ts';
import { touches } from './validity.ts';
import { readMetric } from './metric-value.ts';
import type { Expectation, RunResult, TrialResult } from '../../results/schema.ts';

/** A gate as the scenario's `expect` gives it. */
export interface Gate extends ParsedMetric, Bound {
  readonly metric: string;
  readonly bound: string;
}

/** Holds every gate against what was measured. A gate on something invalid neither passes nor fails. */
export function evaluateExpectations(gates: readonly Gate[], trial: TrialResult): Expectation[] {
  return gates.map((gate) => {
    const { value, between, never, reason } = readMetric(gate, trial);
    const base = { metric: gate.metric, bound: gate.bound, value };
    const invalid = trial.validity.reasons.find(
      (reason) => reason.severity === 'invalid' && touches(reason, gate.metric),
    );
    if (invalid) return { ...base, ok: null, reason: `${invalid.code}: ${invalid.message}` };
    // Unmeasured would let a service that never came back look like one that nobody watched.
    if (never) return { ...base, ok: holds(Infinity, gate), ...(reason === undefined ? {} : { reason }) };
    if (value === null) return { ...base, ok: null, reason: reason ?? 'not measured' };
    const ok = holdsBetween(between ?? [value, value], gate);
    return { ...base, ok, ...(ok === null && reason !== undefined ? { reason } : {}) };
  });
}

/** Of these nothing has been measured yet. */
const beforeMeasuring: readonly string[] = ['prepare', 'warmup'];

/**
 * The gates of a run that failed, or was stopped before anything was measured: what was not exceeded so far is not
 * known to hold.
 */
export function expectationsOfRun(
  expectations: readonly Expectation[],
  outcome: RunResult['outcome'],
): Expectation[] {
  if (outcome.state === 'completed') return [...expectations];
  if (outcome.state === 'aborted' && !beforeMeasuring.includes(outcome.phase)) return [...expectations];
  const reason = `the run ${outcome.state} in ${outcome.phase}`;
  return expectations.map((each) => (each.ok === true ? { ...each, ok: null, reason } : each));
}

/** Whether the bound holds for all values of a range: null where it does for some and not for others. */
function holdsBetween([least, most]: readonly [number, number], bound: Bound): boolean | null {
  // A bound changes its answer at its limit alone.
  const within = bound.value >= least && bound.value <= most ? [bound.value] : [];
  const answers = new Set([least, most, ...within].map((each) => holds(each, bound)));
  return answers.size === 1 ? holds(least, bound) : null;
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
