import { join } from 'node:path';
import { runScenario } from './run/run-scenario.ts';
import type { RunOptions } from './run/run-options.ts';
import { loadScenario } from './scenario/load.ts';
import type { RunResult } from './results/schema.ts';

export { BenchError } from './base/errors.ts';
export { compareSamples } from './compare/compare.ts';
export { samplesOf, type Sample } from './compare/sample.ts';
export type { Comparison } from './compare/schema.ts';
export { readResult } from './results/read.ts';
export { evaluateExpectations } from './results/expect.ts';
export { renderSummary } from './report/summary.ts';
export { loadScenario, type LoadedScenario } from './scenario/load.ts';
export type { RunOptions } from './run/run-options.ts';
export type { RunObserver, Progress } from './run/observer.ts';
export type * from './results/schema.ts';

/**
 * Runs a scenario file and writes its result, as `kafka-bench run` does, without printing.
 * @returns the result; a run that failed after its cluster was there has `outcome.state` other than `completed`.
 * @throws BenchError where the scenario is wrong or nothing could be measured at all.
 */
export async function run(file: string, options: Partial<RunOptions> = {}): Promise<RunResult> {
  const env = options.env ?? process.env;
  const loaded = await loadScenario(file, { env, bootstrapGiven: options.bootstrap !== undefined });
  const { result, unwritten } = await runScenario(loaded, {
    resultsDirectory: join('results', 'runs'),
    ...options,
    env,
  });
  if (unwritten) throw unwritten;
  return result;
}
