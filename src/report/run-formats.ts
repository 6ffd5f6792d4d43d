import type { DocumentFormat } from '../base/choices.ts';
import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import type { RunResult } from '../results/schema.ts';
import { withPromise, worstDelivery } from '../judge/gates/worst-delivery.ts';
import { renderJunit, type Case, type Suite } from './junit.ts';
import { formatMetric } from './metric-text.ts';
import { renderSummary } from './summary.ts';

export interface EndedRun {
  /** Of the scenario; of one that could not be read its file. */
  readonly name: string;
  /** Null where the run ended before there was one. */
  readonly result: RunResult | null;
  readonly verdict: { readonly code: ExitCode; readonly reason: string };
}

/**
 * One document, however many runs. `json` is the result itself (results/result.schema.json), a list of several; of a
 * run without one it is `{ name, result: null, exitCode, reason }`.
 */
export function renderRuns(format: DocumentFormat, runs: readonly EndedRun[]): string {
  switch (format) {
    case 'markdown':
      return runs.map(markdownOf).join('\n\n');
    case 'junit':
      return renderJunit(runs.map(suiteOf));
    case 'json': {
      const entries = runs.map(jsonOf);
      return JSON.stringify(entries.length === 1 ? entries[0] : entries, null, 1);
    }
  }
}

function jsonOf({ name, result, verdict }: EndedRun): object {
  return result ?? { name, result, exitCode: verdict.code, reason: verdict.reason };
}

function markdownOf({ name, result, verdict }: EndedRun): string {
  const word = verdict.code === exitCodes.ok ? 'PASSED' : 'FAILED';
  const lines = [`## ${word}: ${name}`, '', `Exit code ${verdict.code}: ${oneLine(verdict.reason)}`];
  return [...lines, ...(result ? ['', '```', renderSummary(result), '```'] : [])].join('\n');
}

/** One test case a gate; the last one is the run as a whole, so that no run is green that is not. */
function suiteOf({ name, result, verdict }: EndedRun): Suite {
  const cases = result ? [deliveryCase(result), ...gateCases(result)] : [];
  const isTold = cases.some(({ outcome }) => outcome?.kind === 'failure' || outcome?.kind === 'error');
  const whole: Case =
    verdict.code === exitCodes.ok || (isTold && verdict.code === exitCodes.gateFailed)
      ? { name: 'run', outcome: null }
      : { name: 'run', outcome: { kind: 'error', message: `exit code ${verdict.code}: ${verdict.reason}` } };
  return { name: `kafka-bench run ${name}`, cases: [...cases, whole] };
}

function deliveryCase({ trials }: RunResult): Case {
  const bad = worstDelivery(withPromise(trials))?.delivery;
  const name = 'delivery';
  if (bad) {
    const kind = bad.verdict === 'FAIL' || bad.verdict === 'HANG' ? 'failure' : 'error';
    return { name, outcome: { kind, message: [bad.verdict, ...bad.reasons].join('; ') } };
  }
  const isChecked = trials.length > 0 && trials.every(({ delivery }) => delivery.verdict === 'PASS');
  return { name, outcome: isChecked ? null : { kind: 'skipped', message: 'not checked, or not promised' } };
}

function gateCases({ expectations }: RunResult): Case[] {
  return expectations.map(({ metric, bound, value, ok, reason }) => {
    const measured = value === null ? '-' : formatMetric(metric, value);
    const detail = `${measured}${reason === undefined ? '' : `; ${reason}`}`;
    const name = `expect ${metric} ${bound}`;
    if (ok === true) return { name, outcome: null, detail };
    return { name, outcome: { kind: ok === false ? 'failure' : 'error', message: detail }, detail };
  });
}

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ');
