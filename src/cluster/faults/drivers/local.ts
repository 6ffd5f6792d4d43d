import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../../../base/cache-dir.ts';
import { BenchError } from '../../../base/errors.ts';
import type { Cluster } from '../../cluster.ts';
import { actOnNode, ended, statusOf } from '../../local/act.ts';
import { nodePaths } from '../../local/node-files.ts';
import { ClusterStates } from '../../local/state.ts';
import type { ClusterState, NodeState } from '../../local/state.ts';
import type { BrokerState, FaultDriver } from '../driver.ts';
import type { Undo, Undone } from '../undo.ts';

type LocalUndo = Undo & { kind: 'local' };

/** Processes of a local cluster, by pid and start time. Its state file says which they are. */
export function localDriver(cluster: Cluster, env: NodeJS.ProcessEnv): FaultDriver {
  const states = new ClusterStates(env);
  // Clients may be led through the proxy, by ports of its own.
  const port = cluster.brokers[0]?.port;
  const found = states
    .list()
    .find(({ nodes }) =>
      nodes.some(({ ports }) => Object.values(ports).some((candidate) => candidate === port)),
    );
  if (!found)
    throw new BenchError('cluster', `there is no state of the local cluster at ${cluster.bootstrap}`);
  const { id } = found;
  const now = (): ClusterState => states.read(id) ?? found;
  const processes = new Map<string, NodeState['process']>();
  return {
    name: 'process',
    brokers: found.nodes.map((node) => ({ id: node.id, name: node.name })),
    actions: cluster.actions,
    act: (action, broker) => cluster.act(action, broker),
    undoOf: (action, broker) => ({
      kind: 'local',
      cache: cacheDir(env),
      cluster: id,
      broker,
      action: action === 'pause' ? 'unpause' : 'start',
    }),
    undo: (undo) => undoLocal(undo as LocalUndo, (action, broker) => cluster.act(action, broker)),
    state: (broker) => Promise.resolve(statusOf(nodeOf(now(), broker))),
    states: () =>
      Promise.resolve(
        new Map<string, BrokerState>(
          now().nodes.map((node) => {
            const { name, process } = node;
            const before = processes.get(name) ?? process;
            processes.set(name, process);
            const another = before?.pid !== process?.pid || before?.startTime !== process?.startTime;
            return [name, another && statusOf(node) === 'running' ? 'stopped' : statusOf(node)];
          }),
        ),
      ),
    wipe: (broker) => wipe(now(), broker),
  };
}

function nodeOf(state: ClusterState, name: string): NodeState {
  const node = state.nodes.find((candidate) => candidate.name === name);
  if (!node) throw new BenchError('cluster', `there is no node ${name}`);
  return node;
}

/** What a new disk keeps of the old one: the identity that formatting gives, without which no broker starts. */
const kept = new Set(['meta.properties', 'bootstrap.checkpoint']);
/**
 * The quorum's own log. A voter that forgets what it voted for can lose what the quorum has committed, so that the
 * whole cluster breaks instead of one disk.
 */
const quorumLog = '__cluster_metadata-0';

async function wipe(state: ClusterState, broker: string): Promise<string> {
  const node = nodeOf(state, broker);
  if (statusOf(node) !== 'stopped') throw new BenchError('cluster', `${broker} runs: its disk is in use`);
  const { data } = nodePaths(state, node);
  const votes = node.role !== 'broker';
  const entries = (await readdir(data)).filter((name) => !kept.has(name) && !(votes && name === quorumLog));
  await Promise.all(entries.map((name) => rm(join(data, name), { recursive: true, force: true })));
  const partitions = entries.filter((name) => /-\d+$/.test(name)).length;
  return `log directory emptied: ${partitions} partitions${votes ? ', all but the quorum’s own log' : ''}`;
}

/** From a journal entry alone, unless the run is there to `act`; what is not as the fault left it stays as it is. */
export async function undoLocal(undo: LocalUndo, act?: Cluster['act']): Promise<Undone> {
  const states = new ClusterStates({ KAFKA_BENCH_CACHE: undo.cache });
  const state = states.read(undo.cluster);
  if (!state)
    return { what: `local cluster ${undo.cluster} is gone, and ${undo.broker} with it`, needed: false };
  const node = nodeOf(state, undo.broker);
  // The run that was stopping it may have been killed meanwhile: the broker goes on ending.
  if (!act && undo.action === 'start') await ended(node);
  const status = statusOf(node);
  const broken = undo.action === 'start' ? 'stopped' : 'paused';
  if (status !== broken) return { what: `${undo.broker} was ${status} already`, needed: false };
  await (act?.(undo.action, undo.broker) ?? actOnNode(states, undo.cluster, undo.action, undo.broker));
  return { what: `${undo.broker} ${undo.action === 'start' ? 'started' : 'resumed'}`, needed: true };
}
