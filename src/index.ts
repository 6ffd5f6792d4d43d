/**
 * The library: what `kafka-bench run` and `compare` do, as functions that return values and print nothing
 * (docs/library.md).
 */
import { join } from 'node:path';
import { ackSourceChoices, clusterWords } from './base/choices.ts';
import { checkBootstrap } from './base/bootstrap.ts';
import { BenchError } from './base/errors.ts';
import { runScenario } from './experiment/run-scenario.ts';
import type { RunOptions } from './trial/run-options.ts';
import { loadScenario, loadScenarioValue } from './scenario/load.ts';
import { parseSetting } from './scenario/settings.ts';
import type { RunResult } from './results/schema.ts';

export { BenchError } from './base/errors.ts';
export { compareSamples } from './judge/compare/compare.ts';
export { samplesOf, type Sample } from './judge/compare/sample.ts';
export type { Comparison } from './judge/compare/schema.ts';
export { readResult } from './results/read.ts';
export { evaluateExpectations } from './judge/gates/expect.ts';
export { renderSummary } from './report/summary.ts';
export { loadScenario, loadScenarioValue, type LoadedScenario } from './scenario/load.ts';
export type { RunOptions } from './trial/run-options.ts';
export type { RunObserver, Progress } from './trial/observer.ts';
export type * from './results/schema.ts';

export interface LibraryOptions extends Partial<RunOptions> {
  /** Values that replace those of the scenario, as `--set` takes them: `producers.writer.rate=500/s`. */
  readonly set?: readonly string[] | undefined;
  /** How often it is measured; default: the scenario's `trials`. */
  readonly trials?: number | undefined;
}

export interface LibraryRun {
  /** A run that failed after its cluster was there has `outcome.state` other than `completed`. */
  readonly result: RunResult;
  /** The file that holds it. */
  readonly path: string;
}

/**
 * Runs a scenario, a file or a mapping of the same keys, and writes its result as `kafka-bench run` does.
 *
 * @throws BenchError where the scenario or an option is wrong, or nothing could be measured at all
 */
export async function run(scenario: string | object, options: LibraryOptions = {}): Promise<LibraryRun> {
  const { set = [], trials, resultsDirectory = join('results', 'runs'), ...rest } = options;
  refuseWrong(options);
  const env = options.env ?? process.env;
  const loading = {
    env,
    bootstrapGiven: options.bootstrap !== undefined,
    settings: [...set, ...(trials === undefined ? [] : [`trials=${trials}`])].map(parseSetting),
  };
  const loaded =
    typeof scenario === 'string'
      ? await loadScenario(scenario, loading)
      : loadScenarioValue(scenario, loading);
  const { result, files, unwritten } = await runScenario(loaded, {
    ...rest,
    resultsDirectory,
    env,
  });
  if (unwritten) throw unwritten;
  return { result, path: files.result };
}

/** Who calls from JavaScript has no compiler that refuses these. */
function refuseWrong({ cluster, ackSource, bootstrap, set }: LibraryOptions): void {
  if (bootstrap !== undefined) checkBootstrap(bootstrap, 'bootstrap');
  if (set !== undefined && !Array.isArray(set))
    throw new BenchError('usage', 'set: expected a list of texts such as producers.writer.rate=500/s');
  oneOf('cluster', cluster, clusterWords);
  oneOf('ackSource', ackSource, ackSourceChoices);
}

function oneOf(option: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.some((choice) => choice === value)) return;
  throw new BenchError(
    'usage',
    `${option}: expected one of ${choices.join(', ')}, got ${JSON.stringify(value)}`,
  );
}
