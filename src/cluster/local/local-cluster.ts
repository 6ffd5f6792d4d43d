import { connectAdmin } from '../../admin/connect.ts';
import type { Broker, BrokerAction, Cluster } from '../cluster.ts';
import type { OpenContext } from '../request.ts';
import { actOnNode } from './act.ts';
import { destroyCluster, keepCluster } from './start-cluster.ts';
import { bootstrapOf, isBroker } from './state.ts';
import type { ClusterState, ClusterStates } from './state.ts';

const actions: ReadonlySet<BrokerAction> = new Set(['stop', 'start', 'kill', 'pause', 'unpause']);

/** The Cluster of a running local cluster; an `owned` one ends with `close`, another is left as it is. */
export async function localCluster(
  state: ClusterState,
  states: ClusterStates,
  context: Pick<OpenContext, 'progress'>,
  owned: boolean,
  why: string,
): Promise<Cluster> {
  const bootstrap = bootstrapOf(state);
  const admin = await connectAdmin({ bootstrap });
  const brokers: Broker[] = state.nodes
    .filter(isBroker)
    .map(({ id, name, ports }) => ({ id, name, host: '127.0.0.1', port: ports.client }));
  let closing: Promise<void> | undefined;

  async function close(keep: boolean): Promise<void> {
    await admin.close();
    const now = states.read(state.id);
    if (!owned || !now) return;
    if (keep) keepCluster(state.id, states);
    else await destroyCluster(now, states);
  }

  return {
    kind: 'local',
    why,
    bootstrap,
    brokers,
    version: state.version,
    clientConfig: { 'bootstrap.servers': bootstrap },
    actions,
    processIds: () =>
      Promise.resolve((states.read(state.id) ?? state).nodes.flatMap((node) => node.process?.pid ?? [])),
    sharesMachine: true,
    admin,
    act: async (action, broker) => {
      const note = await actOnNode(states, state.id, action, broker);
      if (note !== undefined) context.progress?.(note);
    },
    close: (options = {}) => (closing ??= close(options.keep === true)),
  };
}
