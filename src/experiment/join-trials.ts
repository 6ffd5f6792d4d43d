import { evaluateExpectations, expectationsOfRun, type Gate } from '../judge/gates/expect.ts';
import type { Expectation, RunResult } from '../results/schema.ts';

/**
 * One result of several trials of the same scenario on the same cluster: the frame of the first, the outcome and the
 * end of the last. A gate has to hold in each trial; what it shows is the worst.
 */
export function joinTrials(results: readonly RunResult[], gates: readonly Gate[]): RunResult {
  const [first] = results;
  const last = results.at(-1);
  if (!first || !last) throw new Error('no trials to join');
  if (results.length === 1) return first;
  const trials = results.flatMap((result) => result.trials);
  const warnings = results.flatMap((result) => result.warnings);
  return {
    ...first,
    endedAt: last.endedAt,
    outcome: last.outcome,
    trials,
    expectations: inEach(
      results.flatMap(({ trials: own, outcome }) =>
        own.map((trial) => expectationsOfRun(evaluateExpectations(gates, trial), outcome)),
      ),
    ),
    warnings: warnings.filter(
      ({ code, message }, i) =>
        warnings.findIndex((other) => other.code === code && other.message === message) === i,
    ),
  };
}

/** By gate, of the first trial in which it failed, else could not be told, else of the first. */
function inEach(byTrial: readonly (readonly Expectation[])[]): Expectation[] {
  const [first = []] = byTrial;
  return first.map((own, gate) => {
    const told = byTrial.map((expectations) => expectations[gate]!);
    const failed = told.findIndex(({ ok }) => ok === false);
    const at = failed >= 0 ? failed : told.findIndex(({ ok }) => ok === null);
    const worst = told[at];
    if (!worst) return own;
    const where = `trial ${at + 1} of ${byTrial.length}`;
    return { ...worst, reason: worst.reason === undefined ? where : `${where}: ${worst.reason}` };
  });
}
