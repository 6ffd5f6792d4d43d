import { execFile } from 'node:child_process';
import { BenchError } from '../../base/errors.ts';
import type { Cluster } from '../cluster.ts';
import { isVersion } from '../../base/kafka-version.ts';
import { brokerCount } from '../request.ts';
import type { ClusterRequest, OpenContext } from '../request.ts';
import { statusOf } from './act.ts';
import { ClusterUsers } from '../users.ts';
import { findJava } from './java.ts';
import { presentJars, resolveJars } from './kafka-jars.ts';
import type { KafkaJars } from './kafka-jars.ts';
import { localCluster } from './local-cluster.ts';
import { hasProxy } from './start-proxy.ts';
import { stopOrphans } from './orphans.ts';
import { startCluster } from './start-cluster.ts';
import { ClusterStates, isBroker } from './state.ts';
import type { ClusterState } from './state.ts';

/** A cluster that `cluster up` left running and that fits; takes what to append to `why`. */
export async function keptCluster(
  request: ClusterRequest,
  context: OpenContext,
): Promise<((why: string) => Promise<Cluster>) | undefined> {
  const states = new ClusterStates(context.env);
  const brokers = brokerCount(request, context);
  const state = states.list().find((candidate) => candidate.keep && fits(candidate, request, brokers));
  if (!state) return Promise.resolve(undefined);
  return (why) =>
    localCluster(
      state,
      states,
      { owned: false, proxy: request.proxy === true, users: new ClusterUsers(context.env) },
      `local Kafka ${state.version} that is up already (${state.id})${why}`,
    );
}

export interface PreparedLocal {
  readonly java: string;
  readonly jars: KafkaJars;
}

/** Java and Kafka's jars. Throws BenchError('setup') when this machine has no way to get them. */
export async function prepareLocal(request: ClusterRequest, context: OpenContext): Promise<PreparedLocal> {
  const java = await findJava(context.env);
  if ('missing' in java) {
    throw new BenchError('setup', java.missing, {
      hint: 'local Kafka needs a Java 17 runtime (openjdk-17-jre-headless); or give a bootstrap, or use cluster: mock',
    });
  }
  const { env, signal, progress } = context;
  const jars = await resolveJars({ env, version: request.version, signal, progress });
  return { java: java.command, jars };
}

/** Starts real Kafka on loopback, which `close` stops; stops the orphans of killed runs first. */
export async function startLocal(
  { java, jars }: PreparedLocal,
  request: ClusterRequest,
  context: OpenContext,
  why: string,
): Promise<Cluster> {
  const states = new ClusterStates(context.env);
  const orphans = await stopOrphans(states);
  if (orphans > 0)
    context.progress?.(`stopped ${orphans} local cluster${orphans > 1 ? 's' : ''} of killed runs`);
  const brokers = brokerCount(request, context);
  context.progress?.(`starting Apache Kafka ${jars.version}: ${brokers} broker${brokers > 1 ? 's' : ''}`);
  const state = await startCluster({
    states,
    java,
    libs: jars.libs,
    version: jars.version,
    brokers,
    controllers: request.controllers,
    config: request.config,
    signal: context.signal,
  });
  const use = { owned: true, proxy: request.proxy === true, users: new ClusterUsers(context.env) };
  return localCluster(state, states, use, `local Kafka ${state.version}${why}`);
}

/** Whether a kept cluster is what a run would have started, with all of it up. */
export function fits(state: ClusterState, request: ClusterRequest, brokers: number): boolean {
  const present = state.nodes.filter(isBroker).length;
  const keys = new Set([...Object.keys(state.config), ...Object.keys(request.config)]);
  return (
    (request.brokers === undefined ? present >= brokers : present === brokers) &&
    isVersion(state.version, request.version) &&
    request.controllers === state.controllers &&
    [...keys].every((key) => state.config[key] === request.config[key]) &&
    state.nodes.every((node) => statusOf(node) === 'running') &&
    !(request.proxy && hasProxy(state))
  );
}

/** Whether `prepareLocal` would get far, without resolving anything. */
export async function localMissing(env: NodeJS.ProcessEnv): Promise<{ available: boolean; reason: string }> {
  const java = await findJava(env);
  if ('missing' in java) return { available: false, reason: java.missing };
  const jars = presentJars({ env });
  if (jars)
    return { available: true, reason: `Java ${java.release}, Kafka ${jars.version} from ${jars.from}` };
  return (await hasMaven(env))
    ? { available: true, reason: `Java ${java.release}, Kafka through Maven` }
    : { available: false, reason: `Java ${java.release}, but no KAFKA_HOME, no cached jars and no Maven` };
}

function hasMaven(env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('mvn', ['-v'], { env, timeout: 10_000 }, (error) => resolve(!error));
  });
}
