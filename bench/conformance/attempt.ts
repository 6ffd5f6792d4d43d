import { messageOf } from '../../src/base/errors.ts';
import type { RunResult } from '../../src/results/schema.ts';
import { silent } from '../../src/trial/observer.ts';
import { runScenario } from '../../src/experiment/run-scenario.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { outcomeOf, type Check, type Outcome } from './check.ts';
import { observedOf } from './observed.ts';
import type { Row } from './rows.ts';
import { readRunLog } from './run-log.ts';

/** One run of a row. */
export interface Attempt {
  readonly seed: number;
  readonly outcome: Outcome;
  readonly checks: readonly Check[];
  readonly seconds: number;
  /** Of the result; null where there is none. */
  readonly file: string | null;
  readonly kafka: string | null;
  readonly librdkafka: string | null;
}

export interface AttemptContext {
  readonly env: NodeJS.ProcessEnv;
  readonly resultsDirectory: string;
  readonly stop: AbortSignal;
  readonly say: (line: string) => void;
}

/** A condition that did not occur may with another seed; what is still VACUOUS then is no pass. */
const triesOfVacuous = 3;

export async function tryRow(row: Row, seed: number, context: AttemptContext): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  while (attempts.length < triesOfVacuous && !context.stop.aborted) {
    const attempt = await attemptOf(row, seed + attempts.length, context);
    attempts.push(attempt);
    context.say(`${row.name}: ${attempt.outcome}, ${foundText(attempt)}`);
    if (attempt.outcome !== 'VACUOUS') break;
  }
  return attempts;
}

async function attemptOf(row: Row, seed: number, context: AttemptContext): Promise<Attempt> {
  const started = performance.now();
  const took = () => Math.round((performance.now() - started) / 1000);
  try {
    const { env, resultsDirectory, stop, say } = context;
    const loaded = await loadScenario(new URL(`./rows/${row.name}.yaml`, import.meta.url).pathname, { env });
    const observer = { ...silent, status: (line: string) => say(`${row.name}: ${line}`) };
    const { result, files } = await runScenario(
      { ...loaded, seed },
      { resultsDirectory, env, observer, stop },
    );
    const facts = { ...versions(result), file: files.result, seed, seconds: took() };
    if (result.outcome.state !== 'completed') {
      return { ...facts, outcome: 'ERROR', checks: [broken(result.outcome.reason)] };
    }
    const checks = row.checks(observedOf(result, await readRunLog(files.evidence)));
    return { ...facts, outcome: outcomeOf(checks), checks };
  } catch (error) {
    const nothing = { file: null, kafka: null, librdkafka: null };
    return { seed, seconds: took(), ...nothing, outcome: 'ERROR', checks: [broken(messageOf(error))] };
  }
}

function versions({ cluster, environment }: RunResult) {
  return { kafka: cluster.version, librdkafka: environment.librdkafka };
}

const broken = (found: string): Check => ({ kind: 'condition', holds: false, found });

/** What was found: of a row that passed its claims, of another what spoke against it first. */
export function foundText({ outcome, checks }: Pick<Attempt, 'outcome' | 'checks'>): string {
  const told = checks.filter(({ found }) => found !== '');
  const against = told.filter(({ holds }) => !holds);
  const claims = told.filter(({ kind, holds, found }) => holds && (kind !== 'condition' || isCount(found)));
  return (outcome === 'PASS' ? claims : [...against, ...claims]).map(({ found }) => found).join(', ');
}

/** Not the long text of a fault's effect, which the result has. */
function isCount(found: string): boolean {
  return !found.includes(': ');
}
