import { isAlive } from './process-identity.ts';
import { destroyCluster } from './start-cluster.ts';
import type { ClusterState, ClusterStates } from './state.ts';

/** Clusters whose run was killed before it could stop them. */
export function findOrphans(states: ClusterStates): ClusterState[] {
  return states.list().filter((state) => !state.keep && !(state.owner && isAlive(state.owner)));
}

/** Stops orphans by pid and start time, removes their directories; returns how many there were. */
export async function stopOrphans(states: ClusterStates): Promise<number> {
  const orphans = findOrphans(states);
  await Promise.all(orphans.map((state) => destroyCluster(state, states)));
  return orphans.length;
}
