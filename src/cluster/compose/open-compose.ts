import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokerActions } from '../../base/choices.ts';
import { connectAdmin } from '../admin/connect.ts';
import { probeProduce } from '../admin/probe.ts';
import { sleep } from '../../base/clock.ts';
import { BenchError, messageOf } from '../../base/errors.ts';
import type { Broker, BrokerAction, Cluster } from '../cluster.ts';
import { ProxyProcess } from '../proxy/proxy-control.ts';
import { isVersion } from '../../base/kafka-version.ts';
import type { ClusterRequest, OpenContext } from '../request.ts';
import { ClusterUsers } from '../users.ts';
import { brokersOf, composeProcesses, findContainers, serviceNames, versionOf } from './containers.ts';
import type { Container } from './containers.ts';
import { command, composeCommand, engineMissing, hasData, imageMissing } from './docker.ts';
import { keepLogs } from './broker-logs.ts';
import { composeEnvironment, composeFile, composeImage } from './image-name.ts';
import {
  endLeftProject,
  endProject,
  holdProject,
  releaseProject,
  type StartedProject,
} from './left-project.ts';
import { overrideFile } from './override-file.ts';
import { composeWarmth } from './warmth.ts';

const actions: ReadonlySet<BrokerAction> = new Set(brokerActions);

/** A first `up` pulls the image. */
const upMillis = 600_000;
const healthyMillis = 120_000;

const whoEndsIt = 'the next run with compose ends it, or kafka-bench faults restore';

/** Why docker-compose.yml cannot be what is asked, whether or not it runs. */
export function composeMisfit(request: ClusterRequest, context: OpenContext): string | undefined {
  const count = serviceNames.length;
  if (request.brokers !== undefined && request.brokers !== count) {
    return `docker-compose.yml has ${count} brokers, not ${request.brokers}`;
  }
  if ((context.neededReplication ?? 1) > count) return `docker-compose.yml has ${count} brokers`;
  if (request.controllers === 'dedicated') return 'docker-compose.yml has no dedicated controllers';
  return undefined;
}

/**
 * The containers of a compose project that is up and is what is asked, else a clause saying why not. What another run
 * has left is ended first.
 */
export async function runningProject(
  request: ClusterRequest,
  context: OpenContext,
): Promise<{ containers: Container[] } | { reason: string; started: boolean }> {
  const left = await endLeftProject(context.env);
  if (left?.kept === null) context.progress?.('ended the compose project that a run had left');
  const containers = await findContainers(context.env);
  if (left && left.kept !== null && containers.length > 0)
    context.progress?.(`the compose project that a run had left is still there: ${left.kept}`);
  if (!containers.some((container) => container.running))
    return { reason: 'no compose project running', started: false };
  const reason = unusable(containers, request);
  return reason === undefined ? { containers } : { reason, started: true };
}

function unusable(containers: readonly Container[], request: ClusterRequest): string | undefined {
  const down = serviceNames.filter(
    (name) => !containers.some((c) => c.name === name && c.running && !c.paused),
  );
  if (down.length > 0) return `in the compose project ${down.join(', ')} is not running`;
  const unchecked = containers.filter(({ health }) => health === 'none');
  if (unchecked.length > 0)
    return `the running ${namesOf(unchecked)} have no health check: they are of another or an older compose file`;
  const unhealthy = containers.filter(({ health }) => health === 'unhealthy');
  if (unhealthy.length > 0) return `in the compose project ${namesOf(unhealthy)} is unhealthy`;
  const version = versionOf(containers[0]!.image);
  if (!isVersion(version, request.version)) {
    return `the running compose project is Kafka ${version ?? 'of unknown version'}`;
  }
  if (Object.keys(request.config).length > 0)
    return 'the running compose project was started without cluster.config';
  if (containers.some((container) => container.port === undefined))
    return 'the running kafka1 … publish no port 9092';
  if (request.proxy && containers.some((container) => container.proxied === undefined))
    return 'the running kafka1 … have no listener for the proxy';
  return undefined;
}

const namesOf = (containers: readonly Container[]): string => containers.map(({ name }) => name).join(', ');

/** Undefined when the project could be started, else a clause saying why not. Starts and pulls nothing. */
export async function composeMissing(
  request: Pick<ClusterRequest, 'version'>,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const engine = await engineMissing(env);
  if (engine !== undefined) return engine;
  const compose = await composeCommand(env);
  if (!compose) return 'neither docker compose nor docker-compose installed';
  const found = await composeImage(compose.words, request, env);
  return 'reason' in found ? found.reason : imageMissing(found.image, env);
}

/** Uses containers that run already and leaves them as they are. */
export async function useCompose(
  containers: readonly Container[],
  request: ClusterRequest,
  context: OpenContext,
  why: string,
): Promise<Cluster> {
  // Before it is healthy: another run may be about to end it.
  const leave = new ClusterUsers(context.env).enter('compose');
  try {
    await untilHealthy(context);
    return await clusterOf(containers, request, context, why, leave);
  } catch (error) {
    leave();
    throw error;
  }
}

/** Brings docker-compose.yml up and takes it down again with `close`; containers that were there are left, stopped. */
export async function startCompose(
  request: ClusterRequest,
  context: OpenContext,
  why: string,
): Promise<Cluster> {
  const compose = await composeCommand(context.env);
  if (!compose) throw new BenchError('cluster', 'neither docker compose nor docker-compose is installed');
  const found = await composeImage(compose.words, request, context.env);
  if ('reason' in found) throw new BenchError('cluster', found.reason);
  const before = await findContainers(context.env);
  refuseOthers(before, found.image, request);
  context.progress?.(`starting 3 brokers of ${found.image} with ${compose.words.join(' ')}`);
  const env = composeEnvironment(request, context.env);
  const run = (args: readonly string[], timeoutMillis: number, signal?: AbortSignal) =>
    command(compose.words[0]!, [...compose.words.slice(1), ...composeFile, ...args], {
      env,
      timeoutMillis,
      signal,
    });
  const started: StartedProject = {
    fresh: !(await hasData(context.env)),
    before: before.map(({ name }) => name),
    at: Date.now(),
    ids: null,
  };
  holdProject(context.env, started);
  const leave = new ClusterUsers(context.env).enter('compose');
  const down = async (): Promise<void> => {
    leave();
    const used = await endProject(started, env).catch((error: unknown) => {
      throw new BenchError('cluster', `${messageOf(error)}; ${whoEndsIt}`, { cause: error });
    });
    if (used !== null) context.progress?.(`the compose project stays up, ${used}; ${whoEndsIt}`);
  };

  const up = await withOverride(request.config, (override) => {
    const args = [
      ...[...override, 'up', '-d'],
      ...(compose.v2 ? ['--wait'] : []),
      ...(before.length > 0 ? ['--no-recreate'] : []),
    ];
    return run([...args, ...serviceNames], upMillis, context.signal);
  });
  try {
    if (context.signal?.aborted)
      throw new BenchError('interrupted', 'interrupted while compose was starting');
    if (!up.ok) {
      throw new BenchError('cluster', `${compose.words.join(' ')} up failed: ${up.reason}`, {
        hint: await keepLogs(serviceNames, context.env, 'ports come from .env (.env.example)'),
      });
    }
    await untilHealthy(context, serviceNames, (names) => keepLogs(names, context.env));
    const containers = await findContainers(context.env);
    holdProject(context.env, { ...started, ids: containers.map(({ id }) => id) });
    return await clusterOf(containers, request, context, why, async (keep) => {
      leave();
      if (keep) releaseProject(context.env);
      else await down();
    });
  } catch (error) {
    await down().catch(() => undefined);
    throw error;
  }
}

/** Stopped containers are started as they are, never made anew: they, and what they hold, are somebody's. */
function refuseOthers(before: readonly Container[], image: string, { config }: ClusterRequest): void {
  const others = before.filter((container) => container.image !== image);
  const hint = 'remove them (docker compose down), or use cluster: local';
  if (others.length > 0) {
    throw new BenchError('cluster', `stopped ${namesOf(others)} are of ${others[0]!.image}, not ${image}`, {
      hint,
    });
  }
  if (before.length > 0 && Object.keys(config).length > 0) {
    throw new BenchError('cluster', `stopped ${namesOf(before)} were made without cluster.config`, { hint });
  }
}

/** Broker properties go in by a second compose file, needed only while the containers are made. */
async function withOverride<T>(
  config: Readonly<Record<string, string>>,
  operation: (args: readonly string[]) => Promise<T>,
): Promise<T> {
  if (Object.keys(config).length === 0) return operation([]);
  const scratch = await mkdtemp(join(tmpdir(), 'kafka-bench-compose-'));
  try {
    const path = join(scratch, 'override.yml');
    await writeFile(path, overrideFile(config));
    return await operation(['-f', path]);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** @param advise what to look at where they do not become healthy */
async function untilHealthy(
  context: OpenContext,
  names: readonly string[] = serviceNames,
  advise: (names: readonly string[]) => Promise<string> = ([name]) =>
    Promise.resolve(`see docker logs ${name!}`),
): Promise<void> {
  const deadline = performance.now() + healthyMillis;
  for (;;) {
    const containers = await findContainers(context.env);
    const unhealthy = names.filter(
      (name) => !containers.some((c) => c.name === name && c.health === 'healthy'),
    );
    if (unhealthy.length === 0) return;
    const ended = unhealthy.filter((name) => !containers.some((c) => c.name === name && c.running));
    if (ended.length > 0 || performance.now() > deadline) {
      throw new BenchError('cluster', `${unhealthy.join(', ')} is not healthy`, {
        hint: await advise(unhealthy),
      });
    }
    if (context.signal?.aborted)
      throw new BenchError('interrupted', 'interrupted while compose was starting');
    await sleep(300);
  }
}

async function clusterOf(
  containers: readonly Container[],
  request: Pick<ClusterRequest, 'proxy'>,
  context: OpenContext,
  why: string,
  end: (keep: boolean) => Promise<void> | void,
): Promise<Cluster> {
  const direct: readonly Broker[] = brokersOf(containers);
  await probeProduce({ bootstrap: bootstrapOf(direct), timeoutMillis: 30_000 });
  const proxy = request.proxy ? await startProxy(containers) : undefined;
  // What we ask the cluster about itself goes past the proxy: a fault there must not blind us.
  const admin = await connectAdmin({ bootstrap: bootstrapOf(direct) }).catch(async (error: unknown) => {
    await proxy?.close();
    throw error;
  });
  const brokers = proxy
    ? direct.map((broker) => ({ ...broker, port: proxiedOf(containers, broker.name).advertised }))
    : direct;
  const bootstrap = bootstrapOf(brokers);
  let closing: Promise<void> | undefined;

  async function close(keep: boolean): Promise<void> {
    try {
      await admin.close();
      await proxy?.close();
    } finally {
      await end(keep);
    }
  }

  return {
    kind: 'compose',
    why: proxy ? `${why}, behind the proxy` : why,
    bootstrap,
    directBootstrap: bootstrapOf(direct),
    brokers,
    ...(proxy && { proxy }),
    warmth: composeWarmth(context.env),
    version: versionOf(containers[0]!.image),
    clientConfig: { 'bootstrap.servers': bootstrap },
    actions,
    sharesMachine: true,
    admin,
    processIds: async () => {
      const pids = await composeProcesses(context.env);
      return proxy ? [...pids, proxy.pid] : pids;
    },
    act: (action, broker) => actOnContainer(action, broker, context),
    close: (options = {}) => (closing ??= close(options.keep === true)),
  };
}

const bootstrapOf = (brokers: readonly Broker[]): string =>
  brokers.map(({ host, port }) => `${host}:${port}`).join(',');

/** Throws BenchError when another run's proxy has the ports. */
function startProxy(containers: readonly Container[]): Promise<ProxyProcess> {
  const routes = containers.map(({ name }) => {
    const { advertised, port } = proxiedOf(containers, name);
    const at = (number: number) => ({ host: '127.0.0.1', port: number });
    return { broker: name, listen: at(advertised), forward: at(port) };
  });
  return ProxyProcess.start({ routes, tls: false });
}

function proxiedOf(containers: readonly Container[], name: string): NonNullable<Container['proxied']> {
  const proxied = containers.find((container) => container.name === name)?.proxied;
  if (!proxied) {
    throw new BenchError('cluster', `${name} has no listener for the proxy`, {
      hint: 'bring it up anew with this docker-compose.yml (docker compose up -d)',
    });
  }
  return proxied;
}

/** `docker stop kafka2` and the like; `start` resolves when the container is healthy again. */
export async function actOnContainer(
  action: BrokerAction,
  broker: string,
  context: OpenContext,
): Promise<undefined> {
  if (!(serviceNames as readonly string[]).includes(broker)) {
    throw new BenchError('cluster', `there is no broker ${broker}`, {
      hint: `use one of ${serviceNames.join(', ')}`,
    });
  }
  const container = (await findContainers(context.env)).find((candidate) => candidate.name === broker);
  // docker stop and docker start succeed where there is nothing to do; a fault without effect is none.
  if (container && container.running === (action === 'start')) {
    throw new BenchError('cluster', `${broker} is ${container.running ? 'running already' : 'not running'}`);
  }
  const result = await command('docker', [action, broker], { env: context.env, timeoutMillis: 60_000 });
  if (!result.ok) throw new BenchError('cluster', `docker ${action} ${broker} failed: ${result.reason}`);
  if (action === 'start') await untilHealthy(context, [broker]);
  return undefined;
}
