import { BenchError } from '../base/errors.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterRequest, OpenContext } from './request.ts';

/** Opens the cluster that a run asked for. */
export async function openCluster(request: ClusterRequest, context: OpenContext): Promise<Cluster> {
  if (request.kind === 'local' || request.kind === 'auto') {
    const { openLocal } = await import('./local/open-local.ts');
    return openLocal(request, context);
  }
  throw new BenchError('cluster', `cluster kind ${request.kind} is not there yet`);
}
