import { assertAdvertised } from '../admin/advertised.ts';
import { connectAdmin } from '../admin/connect.ts';
import { withoutSpaces } from '../../base/bootstrap.ts';
import { BenchError } from '../../base/errors.ts';
import { clientConfig } from '../client-config.ts';
import type { Cluster } from '../cluster.ts';
import type { ClusterRequest } from '../request.ts';

/** A cluster that others run, at the servers given: nothing is started, stopped or broken. Fails within seconds. */
export async function openExternal(request: ClusterRequest, given: string, why: string): Promise<Cluster> {
  const bootstrap = withoutSpaces(given);
  const config = clientConfig(bootstrap, request.security);
  const admin = await connectAdmin({ bootstrap, security: request.security });
  try {
    const brokers = await admin.brokers();
    await assertAdvertised({ bootstrap, security: request.security }, brokers);
    if (request.brokers !== undefined && brokers.length < request.brokers) {
      throw new BenchError(
        'cluster',
        `${request.brokers} brokers are asked, ${bootstrap} has ${brokers.length}`,
        {
          hint: 'lower cluster.brokers or start the missing brokers',
        },
      );
    }
    return {
      kind: 'external',
      why,
      bootstrap,
      brokers: brokers.map((broker) => ({ ...broker, name: `${broker.host}:${broker.port}` })),
      version: null,
      clientConfig: config,
      actions: new Set(),
      sharesMachine: brokers.every((broker) => isLoopback(broker.host)),
      admin,
      act: (action, broker) =>
        Promise.reject(
          new BenchError('cluster', `cannot ${action} ${broker}: an external cluster is not ours to break`, {
            hint: 'use cluster: local or compose for faults',
          }),
        ),
      close: () => admin.close(),
    };
  } catch (error) {
    await admin.close();
    throw error;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
