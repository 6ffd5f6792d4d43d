import { brokerActions } from '../../base/choices.ts';
import { connectAdmin } from '../admin/connect.ts';
import type { Admin } from '../admin/admin.ts';
import type { Broker, BrokerAction, Cluster } from '../cluster.ts';
import type { ClusterUsers } from '../users.ts';
import type { ProxyProcess } from '../proxy/proxy-control.ts';
import { actOnNode } from './act.ts';
import { destroyCluster, keepCluster } from './start-cluster.ts';
import { followed, startProxy } from './start-proxy.ts';
import { bootstrapOf, isBroker } from './state.ts';
import type { ClusterState, ClusterStates } from './state.ts';

const actions: ReadonlySet<BrokerAction> = new Set(brokerActions);

export interface LocalUse {
  /** It ends with `close`; another is left as it is. */
  readonly owned: boolean;
  /** Clients go through a proxy, which ends with `close`, also where the cluster does not. */
  readonly proxy: boolean;
  /** Who uses a cluster that others may stop. */
  readonly users?: ClusterUsers | undefined;
}

/** The Cluster of a running local cluster. Throws BenchError when it already has a proxy and one is asked. */
export async function localCluster(
  state: ClusterState,
  states: ClusterStates,
  use: LocalUse,
  why: string,
): Promise<Cluster> {
  const listener = use.proxy ? 'advertised' : 'client';
  const bootstrap = bootstrapOf(state, listener);
  const brokers: Broker[] = state.nodes
    .filter(isBroker)
    .map(({ id, name, ports }) => ({ id, name, host: '127.0.0.1', port: ports[listener] }));
  let proxy: ProxyProcess | undefined;
  let admin: Admin;
  try {
    if (use.proxy) proxy = await startProxy(state, states);
    // What we ask the cluster about itself goes past the proxy: a fault there must not blind us.
    admin = await connectAdmin({ bootstrap: bootstrapOf(state) });
  } catch (error) {
    await proxy?.close();
    if (use.owned) await destroyCluster(states.read(state.id) ?? state, states);
    throw error;
  }
  let closing: Promise<void> | undefined;
  const leave = use.users?.enter(state.id);

  async function close(keep: boolean): Promise<void> {
    leave?.();
    await admin.close();
    await proxy?.close();
    if (proxy) states.setProxy(state.id, null);
    const now = states.read(state.id);
    if (!use.owned || !now) return;
    if (keep) keepCluster(state.id, states);
    else await destroyCluster(now, states);
  }

  return {
    kind: 'local',
    why: proxy ? `${why}, behind the proxy` : why,
    bootstrap,
    directBootstrap: bootstrapOf(state),
    brokers,
    version: state.version,
    clientConfig: { 'bootstrap.servers': bootstrap },
    actions,
    ...(proxy && { proxy }),
    warmth: {
      known: () => Promise.resolve(new Set(states.read(state.id)?.warmed)),
      remember: (shapes) => {
        states.addWarmed(state.id, shapes);
        return Promise.resolve();
      },
    },
    processIds: () => {
      const nodes = (states.read(state.id) ?? state).nodes.flatMap((node) => node.process?.pid ?? []);
      return Promise.resolve(proxy ? [...nodes, proxy.pid] : nodes);
    },
    sharesMachine: true,
    admin,
    act: async (action, broker) => {
      const note = await actOnNode(states, state.id, action, broker);
      if (proxy) await followed(proxy, action, broker);
      return note;
    },
    close: (options = {}) => (closing ??= close(options.keep === true)),
  };
}
