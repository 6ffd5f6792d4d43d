import type { LoadedScenario } from '../scenario/load.ts';
import { clusterRequest } from '../trial/cluster-request.ts';
import { closeMillis, lastStep } from '../trial/last-step.ts';
import { openForRun, type OpenedCluster } from '../trial/open-for-run.ts';
import type { RunOptions } from '../trial/run-options.ts';
import type { RunOutcome } from '../trial/trial.ts';
import { TrialSeries } from './trial-series.ts';

/**
 * Runs a scenario's trials on one cluster, each with fresh clients and topics, and writes one result. A trial that
 * does not complete, or whose result cannot be written, is the last.
 * @throws BenchError where nothing could be measured at all: no cluster, no place for results.
 */
export async function runScenario(loaded: LoadedScenario, options: RunOptions): Promise<RunOutcome> {
  const { trials } = loaded.scenario;
  const opened = trials > 1 ? await openShared(loaded, options) : undefined;
  const series = new TrialSeries(loaded, options, { opened });
  try {
    for (let i = 0; i < trials; i++) {
      if (trials > 1) options.observer?.status(`trial ${i + 1} of ${trials}`);
      const { result } = await series.run({ order: i });
      if (result.outcome.state !== 'completed' || series.joined.unwritten || options.stop?.aborted) break;
    }
  } finally {
    if (opened) await closeShared(opened, options);
  }
  return series.joined;
}

/** Trials that are done have their results, whatever becomes of the cluster. */
export async function closeShared(
  { cluster }: OpenedCluster,
  options: Pick<RunOptions, 'keep' | 'observer'>,
): Promise<void> {
  const met = await lastStep({
    what: 'closing the cluster',
    limitMillis: closeMillis,
    work: () => cluster.close({ keep: options.keep ?? false }),
  });
  for (const { message } of met) options.observer?.status(message);
}

/**
 * A cluster for several trials. The mock keeps little of each partition, and nothing can be deleted from it: there
 * every trial has one of its own, and this is undefined.
 */
export async function openShared(
  loaded: LoadedScenario,
  options: RunOptions,
): Promise<OpenedCluster | undefined> {
  if (clusterRequest(loaded.scenario, options).kind === 'mock') return undefined;
  const opened = await openForRun(loaded, options, options.stop ?? new AbortController().signal);
  if (opened.cluster.kind !== 'mock') {
    options.observer?.status(`cluster: ${opened.cluster.why}`);
    return opened;
  }
  await opened.cluster.close();
  return undefined;
}
