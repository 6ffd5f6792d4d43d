import { connectAdmin } from '../../admin/connect.ts';
import { BenchError } from '../../base/errors.ts';
import type { Broker, BrokerAction, Cluster } from '../cluster.ts';
import { brokerCount } from '../request.ts';
import type { ClusterRequest, OpenContext } from '../request.ts';
import { actOnNode, statusOf } from './act.ts';
import { findJava } from './java.ts';
import { resolveJars } from './kafka-jars.ts';
import { stopOrphans } from './orphans.ts';
import { destroyCluster, startCluster } from './start-cluster.ts';
import { ClusterStates, bootstrapOf, isBroker } from './state.ts';
import type { ClusterState } from './state.ts';

const actions: ReadonlySet<BrokerAction> = new Set(['stop', 'start', 'kill', 'pause', 'unpause']);

/**
 * Real Kafka on loopback: a kept cluster that fits what is asked, else a new one that `close` stops. Orphans of
 * killed runs are stopped first. `why` gives the reasons against the kinds that come before this one.
 */
export async function openLocal(
  request: ClusterRequest,
  context: OpenContext,
  why?: string,
): Promise<Cluster> {
  const states = new ClusterStates(context.env);
  const orphans = await stopOrphans(states);
  if (orphans > 0)
    context.progress?.(`stopped ${orphans} local cluster${orphans > 1 ? 's' : ''} of killed runs`);

  const brokers = brokerCount(request, context);
  const kept = states.list().find((state) => state.keep && fits(state, request, brokers));
  if (kept)
    return clusterOf(kept, states, false, because(`running local cluster ${kept.id}`, kept.version, why));

  const java = await findJava(context.env);
  if ('missing' in java) {
    throw new BenchError('cluster', `a local cluster needs Java 17 or later: ${java.missing}`, {
      hint: 'install a Java runtime (openjdk-17-jre-headless), or give a bootstrap or cluster: mock',
    });
  }
  const jars = await resolveJars({
    env: context.env,
    version: request.version,
    signal: context.signal,
    progress: context.progress,
  });
  context.progress?.(`starting Apache Kafka ${jars.version}: ${brokers} broker${brokers > 1 ? 's' : ''}`);
  const state = await startCluster({
    states,
    java: java.command,
    libs: jars.libs,
    version: jars.version,
    brokers,
    controllers: request.controllers,
    config: request.config,
    keep: false,
    signal: context.signal,
  });
  return clusterOf(state, states, true, because('local Kafka', state.version, why));
}

function because(what: string, version: string, why: string | undefined): string {
  return `${what} ${version}${why === undefined ? '' : `: ${why}`}`;
}

/** Whether a kept cluster is what a run would have started, with all of it up. */
export function fits(state: ClusterState, request: ClusterRequest, brokers: number): boolean {
  const present = state.nodes.filter(isBroker).length;
  const keys = new Set([...Object.keys(state.config), ...Object.keys(request.config)]);
  return (
    (request.brokers === undefined ? present >= brokers : present === brokers) &&
    (request.version === undefined || request.version === state.version) &&
    request.controllers === state.controllers &&
    [...keys].every((key) => state.config[key] === request.config[key]) &&
    state.nodes.every((node) => statusOf(node) === 'running')
  );
}

/** The Cluster of a running local cluster; `owned` clusters end with `close`. */
export async function clusterOf(
  state: ClusterState,
  states: ClusterStates,
  owned: boolean,
  why: string,
): Promise<Cluster> {
  const bootstrap = bootstrapOf(state);
  const admin = await connectAdmin({ bootstrap });
  let closing: Promise<void> | undefined;
  const brokers: Broker[] = state.nodes
    .filter(isBroker)
    .map(({ id, name, ports }) => ({ id, name, host: '127.0.0.1', port: ports.client }));
  return {
    kind: 'local',
    why,
    bootstrap,
    brokers,
    version: state.version,
    clientConfig: { 'bootstrap.servers': bootstrap },
    actions,
    sharesMachine: true,
    admin,
    act: async (action, broker) => {
      const note = await actOnNode(states, state.id, action, broker);
      if (note !== undefined) throw new BenchError('cluster', note);
    },
    close: (options = {}) => {
      closing ??= closeLocal(options.keep === true);
      return closing;
    },
  };

  async function closeLocal(keep: boolean): Promise<void> {
    await admin.close();
    const now = states.read(state.id);
    if (!owned || !now) return;
    if (keep) states.write({ ...now, keep: true, owner: null });
    else await destroyCluster(now, states);
  }
}
