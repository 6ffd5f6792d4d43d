import { BenchError } from '../src/base/errors.ts';
import type { Cluster } from '../src/cluster/cluster.ts';
import { openCluster } from '../src/cluster/open.ts';
import { startMockHost } from '../src/trial/workers/mock-host.ts';
import type { Context } from './section.ts';

/** A local Apache Kafka of one broker, behind the proxy if asked, or why there can be none here. */
export async function openBenchCluster(
  { signal, status }: Context,
  { proxy = false }: { proxy?: boolean } = {},
): Promise<Cluster | { missing: string }> {
  try {
    return await openCluster(
      { kind: 'local', brokers: 1, controllers: 'combined', config: {}, proxy },
      {
        env: process.env,
        signal,
        progress: status,
        startMock: (brokers) => startMockHost(brokers, () => undefined),
      },
    );
  } catch (error) {
    if (!(error instanceof BenchError) || error.code !== 'setup') throw error;
    return { missing: `${error.message} (${error.hint ?? ''})` };
  }
}
