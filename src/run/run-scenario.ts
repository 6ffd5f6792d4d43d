import { joinTrials } from '../results/join-trials.ts';
import { writeResult } from '../results/write.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { openForRun, type OpenedCluster } from './open-for-run.ts';
import type { RunOptions } from './run-options.ts';
import { runTrial, type RunOutcome } from './run.ts';

/**
 * Runs a scenario's trials on one cluster, each with fresh clients and topics, and writes one result. A trial that
 * does not complete is the last. What there is is written after each, so that a crash costs one trial.
 * @throws BenchError where nothing could be measured at all: no cluster, no place for results.
 */
export async function runScenario(loaded: LoadedScenario, options: RunOptions): Promise<RunOutcome> {
  const { trials } = loaded.scenario;
  const opened = trials > 1 ? await openShared(loaded, options) : undefined;
  const outcomes: RunOutcome[] = [];
  try {
    for (let index = 0; index < trials; index++) {
      if (trials > 1) options.observer?.status(`trial ${index + 1} of ${trials}`);
      const outcome = await runTrial(loaded, { ...options, opened, place: { index, order: index } });
      outcomes.push(outcome);
      const joined = joinTrials(
        outcomes.map(({ result }) => result),
        loaded.scenario.expect,
      );
      writeResult(outcomes[0]!.files.result, joined, loaded.secrets);
      if (outcome.result.outcome.state !== 'completed' || options.stop?.aborted) break;
    }
  } finally {
    await opened?.cluster.close({ keep: options.keep ?? false });
  }
  const results = outcomes.map(({ result }) => result);
  return { result: joinTrials(results, loaded.scenario.expect), files: outcomes[0]!.files };
}

/** The mock keeps little of each partition, and nothing can be deleted from it: every trial has one of its own. */
async function openShared(loaded: LoadedScenario, options: RunOptions): Promise<OpenedCluster | undefined> {
  const opened = await openForRun(loaded, options, options.stop ?? new AbortController().signal);
  if (opened.cluster.kind !== 'mock') {
    options.observer?.status(`cluster: ${opened.cluster.why}`);
    return opened;
  }
  await opened.cluster.close();
  return undefined;
}
