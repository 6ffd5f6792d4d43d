import type { Broker } from '../cluster.ts';
import { forwardingProcesses } from '../listening-processes.ts';
import { command } from './docker.ts';

export const serviceNames = ['kafka1', 'kafka2', 'kafka3'] as const;

/** Ports inside the container that clients of this machine reach: directly, and through the proxy. */
const hostListener = '9092/tcp';
const proxiedListener = '9192/tcp';

export interface Container {
  /** The engine's; one that is made anew has another. */
  readonly id: string;
  readonly name: string;
  /** Compose's name of what it belongs to. */
  readonly project: string | undefined;
  readonly createdAt: string;
  readonly running: boolean;
  readonly paused: boolean;
  /** As its health check says; `none`: it has none. */
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  /** On this machine; undefined while it is down. */
  readonly port: number | undefined;
  /** For a proxy on this machine: where it is expected to listen, and where it reaches the broker. */
  readonly proxied: { readonly advertised: number; readonly port: number } | undefined;
  readonly image: string;
  /** When its process was started, as the engine writes it. */
  readonly startedAt: string;
  /** Of its first process, as the engine's machine sees it; undefined while it is down. */
  readonly pid: number | undefined;
}

interface Inspected {
  readonly Id?: string;
  readonly Created?: string;
  readonly Name: string;
  readonly State: {
    Running: boolean;
    Paused: boolean;
    Pid: number;
    StartedAt?: string;
    Health?: { Status: Container['health'] };
  };
  readonly Config: { Image: string; Labels?: Record<string, string> | null; Env?: string[] | null };
  readonly HostConfig: { PortBindings?: Record<string, { HostPort: string }[] | null> | null };
}

/** The containers of docker-compose.yml's brokers that exist, running or not, whoever started them. */
export async function findContainers(env: NodeJS.ProcessEnv): Promise<Container[]> {
  const found = await askContainers(env);
  return 'containers' in found ? found.containers : [];
}

/** The same, or a clause that says why the engine does not tell. */
export async function askContainers(
  env: NodeJS.ProcessEnv,
): Promise<{ containers: Container[] } | { reason: string }> {
  // inspect fails when one is missing and still prints the others; without an engine it prints an empty list.
  const result = await command('docker', ['container', 'inspect', ...serviceNames], { env });
  if (!result.ok && !/no such (container|object)/i.test(result.stderr)) return { reason: result.reason };
  try {
    return { containers: containersOf(JSON.parse(result.stdout) as Inspected[]) };
  } catch {
    return { reason: 'docker container inspect printed no list of containers' };
  }
}

function containersOf(found: readonly Inspected[]): Container[] {
  return found
    .filter((container) => container.Config.Labels?.['com.docker.compose.service'] !== undefined)
    .map(({ Id, Created, Name, State, Config, HostConfig }) => {
      const published = (inside: string): number | undefined => {
        const port = HostConfig.PortBindings?.[inside]?.[0]?.HostPort;
        return port === undefined ? undefined : Number(port);
      };
      return {
        id: Id ?? '',
        createdAt: Created ?? '',
        name: Name.replace(/^\//, ''),
        project: Config.Labels?.['com.docker.compose.project'],
        running: State.Running,
        paused: State.Paused,
        health: State.Health?.Status ?? 'none',
        port: published(hostListener),
        proxied: proxiedBy(Config.Env ?? [], published(proxiedListener)),
        image: Config.Image,
        startedAt: State.StartedAt ?? '',
        pid: State.Pid === 0 ? undefined : State.Pid,
      };
    });
}

function proxiedBy(env: readonly string[], port: number | undefined): Container['proxied'] {
  const listeners = env.find((line) => line.startsWith('KAFKA_ADVERTISED_LISTENERS=')) ?? '';
  const advertised = /PROXIED:\/\/localhost:(\d+)/.exec(listeners)?.[1];
  return advertised === undefined || port === undefined
    ? undefined
    : { advertised: Number(advertised), port };
}

/** Brokers of running containers. The compose file advertises localhost. */
export function brokersOf(containers: readonly Container[]): Broker[] {
  return containers.flatMap(({ name, port }) =>
    port === undefined ? [] : [{ id: Number(name.replace('kafka', '')), name, host: 'localhost', port }],
  );
}

/** Of the running containers, and of what carries their published ports to them: all client traffic passes there. */
export async function composeProcesses(env: NodeJS.ProcessEnv, proc?: string): Promise<readonly number[]> {
  const containers = await findContainers(env);
  const pids = containers.flatMap(({ pid }) => pid ?? []);
  const ports = containers.flatMap(({ port, proxied }) => [port ?? [], proxied?.port ?? []].flat());
  return [...pids, ...forwardingProcesses(ports, proc)];
}

/** `4.3.0` of `apache/kafka:4.3.0`. */
export function versionOf(image: string): string | null {
  return /:(\d+\.\d+\.\d+)/.exec(image)?.[1] ?? null;
}
