import { connect } from 'node:net';
import { sleep } from '../../base/clock.ts';
import { BenchError } from '../../base/errors.ts';
import type { BrokerAction } from '../cluster.ts';
import { logTail, startNode } from './node-process.ts';
import { isAlive, isStopped, signalProcess, waitForExit } from './process-identity.ts';
import { registered } from './start-cluster.ts';
import { isBroker } from './state.ts';
import type { ClusterState, ClusterStates, NodeState } from './state.ts';

export type NodeStatus = 'running' | 'paused' | 'stopped';

export function statusOf(node: NodeState): NodeStatus {
  if (!node.process || !isAlive(node.process)) return 'stopped';
  return isStopped(node.process) ? 'paused' : 'running';
}

/** As long as docker-compose.yml gives it. */
const stopGraceMillis = 30_000;
const startMillis = 60_000;

/**
 * Does `action` to one node and resolves when it has taken effect: ended, or registered again. Reads the state file
 * first, because another terminal may have restarted the node. Returns a clause where it did not go as asked.
 */
export async function actOnNode(
  states: ClusterStates,
  id: string,
  action: BrokerAction,
  name: string,
): Promise<string | undefined> {
  const state = states.read(id);
  if (!state) throw new BenchError('cluster', `the local cluster ${id} is gone`);
  const node = state.nodes.find((n) => n.name === name);
  if (!node) {
    throw new BenchError('cluster', `there is no node ${name}`, {
      hint: `use one of ${state.nodes.map((n) => n.name).join(', ')}`,
    });
  }
  if (action === 'start') {
    await start(states, state, node);
    return undefined;
  }
  const process = node.process;
  const status = statusOf(node);
  if (status === 'stopped' || !process) throw new BenchError('cluster', `${name} is not running`);
  if (action === 'kill' || action === 'stop') states.setEnding(id, name);
  switch (action) {
    case 'pause':
      signalProcess(process, 'SIGSTOP');
      await settled(() => isStopped(process));
      return undefined;
    case 'unpause':
      signalProcess(process, 'SIGCONT');
      await settled(() => !isStopped(process));
      return undefined;
    case 'kill':
      signalProcess(process, 'SIGKILL');
      await waitForExit(process, 10_000);
      return undefined;
    case 'stop': {
      signalProcess(process, 'SIGTERM');
      // A paused process sees the signal once it goes on.
      if (status === 'paused') signalProcess(process, 'SIGCONT');
      if (await waitForExit(process, stopGraceMillis)) return undefined;
      signalProcess(process, 'SIGKILL');
      await waitForExit(process, 10_000);
      return `${name} did not end within ${stopGraceMillis / 1000} s of SIGTERM: it ended in SIGKILL`;
    }
  }
}

/** Resolves when a node that was sent a signal to end has ended, or after as long as `stop` grants. */
export async function ended({ process, ending }: NodeState): Promise<void> {
  if (ending === true && process) await waitForExit(process, stopGraceMillis + 5_000);
}

/** The kernel stops a process's threads one after the other, a moment after the signal. */
async function settled(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !condition(); i++) await sleep(10);
}

async function start(states: ClusterStates, state: ClusterState, node: NodeState): Promise<void> {
  const started = await states.locked(async () => {
    const now = states.read(state.id) ?? state;
    const current = now.nodes.find((n) => n.name === node.name)!;
    if (statusOf(current) !== 'stopped') {
      throw new BenchError('cluster', `${node.name} is ${statusOf(current)} already`);
    }
    const process = startNode(now, current);
    if (!process) throw new BenchError('cluster', `cannot start ${now.java} for ${node.name}`);
    states.setProcess(now.id, node.name, process);
    return Promise.resolve({ state: now, node: { ...current, process } });
  });
  const deadline = performance.now() + startMillis;
  if (isBroker(node)) await registered(started.state, [started.node], deadline);
  else await listening(started.state, started.node, deadline);
}

/** A controller registers with nobody that clients can ask: an open port is what can be seen. */
async function listening(state: ClusterState, node: NodeState, deadline: number): Promise<void> {
  while (!(await accepts(node.ports.controller))) {
    if (node.process && !isAlive(node.process)) {
      throw new BenchError('cluster', `${node.name} ended while starting:\n${logTail(state, node)}`);
    }
    if (performance.now() > deadline) throw new BenchError('cluster', `${node.name} does not listen`);
    await sleep(100);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
