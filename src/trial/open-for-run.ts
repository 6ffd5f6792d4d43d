import type { Cluster } from '../cluster/cluster.ts';
import { openCluster } from '../cluster/open.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { clusterRequest } from './cluster-request.ts';
import { startMockHost } from './workers/mock-host.ts';
import type { RunOptions } from './run-options.ts';
import { WorkerSilences } from './workers/worker-silences.ts';

export interface OpenedCluster {
  readonly cluster: Cluster;
  /** Rejects when the mock's host dies; never resolves. */
  readonly failure: Promise<never>;
  /** Of the mock's host. */
  readonly silences?: WorkerSilences;
}

/** The cluster that the scenario and the flags ask for. @throws BenchError where there is none */
export async function openForRun(
  { scenario }: LoadedScenario,
  options: RunOptions,
  signal: AbortSignal,
): Promise<OpenedCluster> {
  let failed: (error: Error) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => (failed = reject));
  failure.catch(() => undefined);
  const silences = new WorkerSilences((line) => options.observer?.status(line));
  const cluster = await openCluster(clusterRequest(scenario, options), {
    env: options.env,
    signal,
    progress: (line) => options.observer?.status(line),
    startMock: (brokers) => startMockHost(brokers, failed, (silence) => silences.add(silence)),
    neededReplication: Math.max(1, ...scenario.topics.map((topic) => topic.replicationFactor ?? 1)),
  });
  return { cluster, failure, silences };
}
