import { BenchError } from '../../base/errors.ts';
import type { BrokerAction } from '../cluster.ts';
import { isVersion } from '../../base/kafka-version.ts';
import type { ClusterRequest, OpenContext } from '../request.ts';
import { actOnNode, statusOf } from './act.ts';
import type { NodeStatus } from './act.ts';
import { prepareLocal } from './open-local.ts';
import { findOrphans, stopOrphans } from './orphans.ts';
import { destroyCluster, keepCluster, startCluster } from './start-cluster.ts';
import { ClusterStates, bootstrapOf, isBroker } from './state.ts';
import type { ClusterState } from './state.ts';

/** As many as docker-compose.yml has, so that the same commands work on both. */
const usualBrokers = 3;

/** A local cluster as `cluster status` shows it. */
export interface LocalStatus {
  readonly id: string;
  readonly version: string;
  readonly bootstrap: string;
  readonly directory: string;
  /** `kept` until `cluster down`; `run` ends with its run. */
  readonly lifetime: 'kept' | 'run';
  readonly nodes: readonly {
    name: string;
    id: number;
    role: string;
    address: string;
    pid: number | null;
    status: NodeStatus;
  }[];
}

/** Local clusters of this user, newest first, without those that a killed run left behind. */
export function listLocal(env: NodeJS.ProcessEnv): LocalStatus[] {
  const states = new ClusterStates(env);
  const orphans = new Set(findOrphans(states).map((state) => state.id));
  return states
    .list()
    .filter((state) => !orphans.has(state.id))
    .map(describe);
}

function describe(state: ClusterState): LocalStatus {
  return {
    id: state.id,
    version: state.version,
    bootstrap: bootstrapOf(state),
    directory: state.directory,
    lifetime: state.keep ? 'kept' : 'run',
    nodes: state.nodes.map((node) => {
      const status = statusOf(node);
      return {
        name: node.name,
        id: node.id,
        role: node.role === 'combined' ? 'broker, controller' : node.role,
        address: `127.0.0.1:${isBroker(node) ? node.ports.client : node.ports.controller}`,
        pid: status === 'stopped' ? null : (node.process?.pid ?? null),
        status,
      };
    }),
  };
}

/**
 * Leaves a cluster running until `downLocal`. One that is kept and of the asked shape is completed (stopped nodes
 * started, paused ones resumed) instead of started anew: `already` says so.
 */
export async function upLocal(
  request: ClusterRequest,
  context: OpenContext,
): Promise<{ cluster: LocalStatus; already: boolean }> {
  const states = new ClusterStates(context.env);
  const brokers = request.brokers ?? usualBrokers;
  const kept = states.list().find((state) => {
    const shape = state.keep && state.controllers === request.controllers;
    const size = request.brokers === undefined || state.nodes.filter(isBroker).length === brokers;
    return shape && size && isVersion(state.version, request.version);
  });
  if (kept) {
    for (const node of kept.nodes) {
      const action = { running: undefined, paused: 'unpause', stopped: 'start' } as const;
      const needed = action[statusOf(node)];
      if (needed) await actOnNode(states, kept.id, needed, node.name);
    }
    return { cluster: describe(states.read(kept.id)!), already: true };
  }
  const { java, jars } = await prepareLocal(request, context);
  await stopOrphans(states);
  context.progress?.(`starting Apache Kafka ${jars.version}: ${brokers} broker${brokers > 1 ? 's' : ''}`);
  const started = await startCluster({
    states,
    java,
    libs: jars.libs,
    version: jars.version,
    brokers,
    controllers: request.controllers,
    config: request.config,
    signal: context.signal,
  });
  return { cluster: describe(keepCluster(started.id, states) ?? started), already: false };
}

/** Stops kept clusters, or the one named, and the orphans of killed runs; returns the ids of those stopped. */
export async function downLocal(env: NodeJS.ProcessEnv, id?: string): Promise<string[]> {
  const states = new ClusterStates(env);
  await stopOrphans(states);
  const chosen = states.list().filter((state) => (id === undefined ? state.keep : state.id === id));
  if (id !== undefined && chosen.length === 0) throw unknownCluster(id);
  await Promise.all(chosen.map((state) => destroyCluster(state, states)));
  return chosen.map((state) => state.id);
}

/** Acts on a node of the cluster named. Returns a note where it did not go as asked. */
export function actLocal(
  env: NodeJS.ProcessEnv,
  action: BrokerAction,
  node: string,
  id: string,
): Promise<string | undefined> {
  return actOnNode(new ClusterStates(env), id, action, node);
}

function unknownCluster(id: string): BenchError {
  return new BenchError('cluster', `there is no local cluster ${id}`, {
    hint: 'see kafka-bench cluster status',
  });
}
