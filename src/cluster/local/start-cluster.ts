import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControllerChoice } from '../../base/choices.ts';
import { connectAdmin } from '../admin/connect.ts';
import { probeProduce } from '../admin/probe.ts';
import { sleep } from '../../base/clock.ts';
import { BenchError, messageOf } from '../../base/errors.ts';
import { failedToBind, formatNode, logTail, startNode } from './node-process.ts';
import { freePorts } from './ports.ts';
import { identityOf, isAlive, signalProcess, waitForExit } from './process-identity.ts';
import { bootstrapOf, isBroker } from './state.ts';
import type { ClusterState, ClusterStates, NodeState } from './state.ts';

export interface StartOptions {
  readonly states: ClusterStates;
  readonly java: string;
  readonly libs: string;
  readonly version: string;
  readonly brokers: number;
  readonly controllers: ControllerChoice;
  readonly config: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Three JVMs on two busy cores have taken 30 s. */
const readyMillis = 120_000;

/** Starts a cluster and resolves when every broker is registered and takes writes; nothing is left on failure. */
export async function startCluster(options: StartOptions): Promise<ClusterState> {
  for (let attempt = 1; ; attempt++) {
    const state = await plan(options);
    try {
      await launch(state, options);
      return options.states.read(state.id)!;
    } catch (error) {
      const now = options.states.read(state.id) ?? state;
      // Somebody else took a port between our look and the broker's start.
      const again = attempt < 3 && now.nodes.some((node) => failedToBind(now, node));
      await destroyCluster(now, options.states);
      if (!again) throw error;
    }
  }
}

/** Kills every node, removes the directory and the state file. Data is going anyway: no clean shutdown. */
export async function destroyCluster(state: ClusterState, states: ClusterStates): Promise<void> {
  const processes = [...state.nodes.map((node) => node.process), state.proxy].flatMap((given) => given ?? []);
  for (const process of processes) signalProcess(process, 'SIGKILL');
  await Promise.all(processes.map((process) => waitForExit(process, 10_000)));
  await rm(state.directory, { recursive: true, force: true, maxRetries: 5 });
  states.remove(state.id);
}

/** Hands a cluster over to `cluster down`: it outlives the process that started it. */
export function keepCluster(id: string, states: ClusterStates): ClusterState | undefined {
  const state = states.read(id);
  if (state) states.write({ ...state, keep: true, owner: null });
  return states.read(id);
}

/** Chooses ports and writes the state file in one locked step, so that no two clusters choose the same. */
function plan(options: StartOptions): Promise<ClusterState> {
  return options.states.locked(async () => {
    const names = nodeNames(options.brokers, options.controllers);
    const taken = new Set(
      options.states.list().flatMap((other) => other.nodes.flatMap((n) => Object.values(n.ports))),
    );
    const ports = await freePorts(names.length * 4, taken);
    if (ports.length < names.length * 4)
      throw new BenchError('cluster', 'not enough free ports on 127.0.0.1');
    const state: ClusterState = {
      id: randomBytes(4).toString('hex'),
      version: options.version,
      created: new Date().toISOString(),
      owner: identityOf(process.pid) ?? null,
      keep: false,
      directory: await mkdtemp(join(tmpdir(), 'kafka-bench-')),
      controllers: options.controllers,
      config: options.config,
      java: options.java,
      libs: options.libs,
      nodes: names.map((node, i) => ({
        ...node,
        ports: {
          client: ports[4 * i]!,
          controller: ports[4 * i + 1]!,
          proxied: ports[4 * i + 2]!,
          advertised: ports[4 * i + 3]!,
        },
        process: null,
      })),
    };
    options.states.write(state);
    return state;
  });
}

function nodeNames(brokers: number, controllers: ControllerChoice) {
  const role = controllers === 'dedicated' ? ('broker' as const) : ('combined' as const);
  const nodes: Pick<NodeState, 'name' | 'id' | 'role'>[] = [];
  for (let i = 1; i <= brokers; i++) nodes.push({ name: `kafka${i}`, id: i, role });
  if (controllers === 'dedicated') {
    const count = brokers > 1 ? 3 : 1;
    for (let i = 1; i <= count; i++) nodes.push({ name: `controller${i}`, id: 100 + i, role: 'controller' });
  }
  return nodes;
}

async function launch(planned: ClusterState, { states, signal }: StartOptions): Promise<void> {
  const clusterId = newClusterId();
  await Promise.all(planned.nodes.map((node) => formatNode(planned, node, clusterId)));
  for (const node of planned.nodes) {
    interruptible(signal);
    const process = startNode(planned, node);
    if (!process) throw new BenchError('cluster', `cannot start ${planned.java} for ${node.name}`);
    states.setProcess(planned.id, node.name, process);
  }
  const state = states.read(planned.id)!;
  const deadline = performance.now() + readyMillis;
  await registered(state, state.nodes.filter(isBroker), deadline, signal);
  await probeProduce({ bootstrap: bootstrapOf(state), timeoutMillis: 30_000 });
  interruptible(signal);
}

/** 16 bytes in URL-safe base64, none that the storage tool would take for an option. */
function newClusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? newClusterId() : id;
}

/** Waits until the cluster lists each of `nodes` as a live broker. Throws with its log's end when one has ended. */
export async function registered(
  state: ClusterState,
  nodes: readonly NodeState[],
  deadline: number,
  signal?: AbortSignal,
): Promise<void> {
  for (;;) {
    interruptible(signal);
    const ended = nodes.find((node) => node.process && !isAlive(node.process));
    if (ended) {
      throw new BenchError('cluster', `${ended.name} ended while starting:\n${logTail(state, ended)}`, {
        hint: 'if it names a property, check cluster.config',
      });
    }
    const missing = await missingFrom(nodes);
    if (missing === undefined) return;
    if (performance.now() > deadline) {
      const slow = nodes[0]!;
      throw new BenchError(
        'cluster',
        `the local cluster is not ready in time: ${missing}\n${logTail(state, slow)}`,
      );
    }
    await sleep(100);
  }
}

/**
 * Each node itself must answer and list all of them: for as long as a session lasts (9 s) the others go on listing
 * a killed broker, and its new process is no member before it serves requests. Returns what is missing.
 */
async function missingFrom(nodes: readonly NodeState[]): Promise<string | undefined> {
  for (const { name, ports } of nodes) {
    try {
      const admin = await connectAdmin({ bootstrap: `127.0.0.1:${ports.client}`, timeoutMillis: 2_000 });
      const present = await admin.brokers().finally(() => admin.close());
      const missing = nodes.filter((node) => !present.some((broker) => broker.id === node.id));
      if (missing.length > 0) return `${missing.map((node) => node.name).join(', ')} not registered`;
    } catch (error) {
      return `${name}: ${messageOf(error)}`;
    }
  }
  return undefined;
}

function interruptible(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new BenchError('interrupted', 'interrupted while the local cluster was starting');
}
