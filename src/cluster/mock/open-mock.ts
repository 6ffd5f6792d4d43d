import { BenchError } from '../../base/errors.ts';
import type { Cluster } from '../cluster.ts';
import { brokerCount } from '../request.ts';
import type { ClusterRequest, OpenContext } from '../request.ts';

/** librdkafka's in-process mock, hosted by a process that the caller starts and this cluster's `close` stops. */
export async function openMock(request: ClusterRequest, context: OpenContext, why: string): Promise<Cluster> {
  const host = await context.startMock(brokerCount(request, context));
  const bootstrap = host.brokers.map((broker) => `${broker.host}:${broker.port}`).join(',');
  let closing: Promise<void> | undefined;
  return {
    kind: 'mock',
    why,
    bootstrap,
    brokers: host.brokers,
    version: null,
    clientConfig: { 'bootstrap.servers': bootstrap },
    actions: new Set(),
    sharesMachine: true,
    admin: null,
    act: (action, broker) =>
      Promise.reject(
        new BenchError('cluster', `cannot ${action} ${broker}: the mock's brokers are not processes`, {
          hint: 'use cluster: local or compose for faults',
        }),
      ),
    close: () => (closing ??= host.stop()),
  };
}
