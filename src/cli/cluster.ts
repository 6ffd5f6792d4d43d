import type { ControllerChoice, KeptCluster } from '../base/choices.ts';
import { BenchError } from '../base/errors.ts';
import { exitCodes } from '../base/exit-codes.ts';
import type { ExitCode } from '../base/exit-codes.ts';
import type { BrokerAction } from '../cluster/cluster.ts';
import { findContainers } from '../cluster/compose/containers.ts';
import type { Container } from '../cluster/compose/containers.ts';
import { actOnContainer } from '../cluster/compose/open-compose.ts';
import { composeDown } from '../cluster/compose/manage.ts';
import { actLocal, downLocal, listLocal, upLocal } from '../cluster/local/manage.ts';
import type { LocalStatus } from '../cluster/local/manage.ts';
import { ClusterUsers } from '../cluster/users.ts';
import { openCluster } from '../cluster/open.ts';
import type { ClusterRequest, OpenContext } from '../cluster/request.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

export interface ClusterArguments {
  /** Node to act on: kafka2, controller1 … */
  readonly broker?: string | undefined;
  readonly brokers?: number | undefined;
  readonly kind?: KeptCluster | undefined;
  /** Of one local cluster where several are up. */
  readonly id?: string | undefined;
  readonly controllers?: ControllerChoice | undefined;
  readonly version?: string | undefined;
  /** `down` also where a run uses it. */
  readonly force?: boolean | undefined;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

export type ClusterCommand = 'up' | 'down' | 'status' | BrokerAction;

/** `cluster up|down|status|stop|start|kill|pause|unpause`. Rejects with BenchError; the caller prints that. */
export async function runCluster(action: ClusterCommand, args: ClusterArguments, io: Io): Promise<ExitCode> {
  const env = args.env ?? process.env;
  switch (action) {
    case 'up':
      return args.kind === 'compose' ? upCompose(args, env, io) : up(args, env, io);
    case 'down':
      return down(args, env, io);
    case 'status':
      return status(args, env, io);
    default:
      return act(action, args, env, io);
  }
}

function contextOf(args: ClusterArguments, env: NodeJS.ProcessEnv, io: Io): OpenContext {
  return {
    env,
    signal: args.signal,
    progress: (line) => io.err(line),
    startMock: () => Promise.reject(new BenchError('usage', 'a mock cluster lives only inside a run')),
  };
}

function requestOf(args: ClusterArguments, kind: KeptCluster): ClusterRequest {
  const { brokers, controllers = 'combined', version } = args;
  return { kind, brokers, controllers, version, config: {} };
}

async function up(args: ClusterArguments, env: NodeJS.ProcessEnv, io: Io): Promise<ExitCode> {
  const { cluster, already } = await upLocal(requestOf(args, 'local'), contextOf(args, env, io));
  io.out(`local Kafka ${cluster.version} is up${already ? ' already' : ''} (${cluster.id})`);
  announce(cluster.bootstrap, io);
  return exitCodes.ok;
}

async function upCompose(args: ClusterArguments, env: NodeJS.ProcessEnv, io: Io): Promise<ExitCode> {
  const cluster = await openCluster(requestOf(args, 'compose'), contextOf(args, env, io));
  await cluster.close({ keep: true });
  io.out(`compose Kafka ${cluster.version ?? ''} is up`);
  announce(cluster.bootstrap, io);
  return exitCodes.ok;
}

/** Not as KAFKA_BENCH_BOOTSTRAP: a cluster that is named by its address is somebody's, and has no faults. */
function announce(bootstrap: string, io: Io): void {
  io.out(`bootstrap: ${bootstrap}`);
  io.out('runs and the other commands find it by themselves, until kafka-bench cluster down');
}

async function down(args: ClusterArguments, env: NodeJS.ProcessEnv, io: Io): Promise<ExitCode> {
  if (args.kind === 'compose') {
    refuseUsed(new ClusterUsers(env).of('compose'), 'the compose project', args);
    await composeDown(env);
    io.out('compose project is down; docker compose down -v removes its data too');
    return exitCodes.ok;
  }
  const chosen = listLocal(env).filter(({ id, lifetime }) =>
    args.id === undefined ? lifetime === 'kept' : id === args.id,
  );
  const users = new ClusterUsers(env);
  for (const { id } of chosen) refuseUsed(users.of(id), `local cluster ${id}`, args);
  const stopped = await downLocal(env, args.id);
  io.out(stopped.length === 0 ? 'no local cluster was up' : `stopped ${stopped.join(', ')}`);
  return exitCodes.ok;
}

function refuseUsed(pids: readonly number[], what: string, { force = false }: ClusterArguments): void {
  if (force || pids.length === 0) return;
  const who = `process${pids.length === 1 ? '' : 'es'} ${pids.join(', ')}`;
  throw new BenchError('usage', `${what} is used by a run (${who})`, {
    hint: 'wait for it, or stop the cluster all the same with --force',
  });
}

async function status(args: ClusterArguments, env: NodeJS.ProcessEnv, io: Io): Promise<ExitCode> {
  const locals =
    args.kind === 'compose' ? [] : listLocal(env).filter((c) => args.id === undefined || c.id === args.id);
  const containers = args.kind === 'local' ? [] : await findContainers(env);
  for (const cluster of locals) printLocal(cluster, io);
  if (containers.length > 0) printCompose(containers, io);
  if (locals.length === 0 && containers.length === 0) io.out('no cluster is up');
  return exitCodes.ok;
}

function printLocal(cluster: LocalStatus, io: Io): void {
  const lifetime = cluster.lifetime === 'kept' ? 'until cluster down' : 'until its run ends';
  io.out(`local ${cluster.id}: Kafka ${cluster.version}, ${lifetime}, ${cluster.directory}`);
  const rows = cluster.nodes.map((n) => [n.name, n.id, n.role, n.address, n.pid ?? '-', n.status]);
  for (const line of table(['node', 'id', 'role', 'address', 'pid', 'status'], rows)) io.out(`  ${line}`);
}

function printCompose(containers: readonly Container[], io: Io): void {
  io.out(`compose: ${containers[0]!.image}`);
  const rows = containers.map((c) => [
    c.name,
    c.port === undefined ? '-' : `localhost:${c.port}`,
    stateOf(c),
  ]);
  for (const line of table(['node', 'address', 'status'], rows)) io.out(`  ${line}`);
}

function stateOf(container: Container): string {
  if (!container.running) return 'stopped';
  if (container.paused) return 'paused';
  return container.health === 'healthy' ? 'running' : 'running, not healthy';
}

async function act(
  action: BrokerAction,
  args: ClusterArguments,
  env: NodeJS.ProcessEnv,
  io: Io,
): Promise<ExitCode> {
  if (args.broker === undefined) {
    throw new BenchError('usage', `cluster ${action} needs the name of a broker`, {
      hint: `cluster ${action} kafka2`,
    });
  }
  const where = await target(args.broker, args, env);
  if (where === 'compose') {
    await actOnContainer(action, args.broker, contextOf(args, env, io));
    io.out(`${args.broker} of the compose project: ${doneWords[action]}`);
  } else {
    const note = await actLocal(env, action, args.broker, where.id);
    if (note !== undefined) io.err(note);
    io.out(`${args.broker} of local cluster ${where.id}: ${doneWords[action]}`);
  }
  return exitCodes.ok;
}

/** The newest local cluster with a node of that name, else the compose project; `kind` and `id` narrow it. */
async function target(
  broker: string,
  { kind, id }: ClusterArguments,
  env: NodeJS.ProcessEnv,
): Promise<LocalStatus | 'compose'> {
  const locals =
    kind === 'compose' ? [] : listLocal(env).filter((cluster) => id === undefined || cluster.id === id);
  const local = locals.find((cluster) => cluster.nodes.some((node) => node.name === broker));
  if (local) return local;
  const containers = kind === 'local' || id !== undefined ? [] : await findContainers(env);
  if (containers.some((container) => container.name === broker)) return 'compose';
  const names = [...locals.flatMap((cluster) => cluster.nodes), ...containers].map((node) => node.name);
  if (names.length > 0) {
    throw new BenchError('usage', `there is no broker ${broker}`, {
      hint: `use one of ${[...new Set(names)].join(', ')}`,
    });
  }
  throw new BenchError('cluster', id === undefined ? 'no cluster is up' : `there is no local cluster ${id}`, {
    hint: 'see kafka-bench cluster status; start one with kafka-bench cluster up',
  });
}

const doneWords: Record<BrokerAction, string> = {
  stop: 'stopped',
  start: 'started',
  kill: 'killed',
  pause: 'paused',
  unpause: 'resumed',
};
