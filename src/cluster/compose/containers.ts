import type { Broker } from '../cluster.ts';
import { command } from './docker.ts';

export const serviceNames = ['kafka1', 'kafka2', 'kafka3'] as const;

/** Port inside the container that clients of this machine reach. */
const hostListener = '9092/tcp';

export interface Container {
  readonly name: string;
  readonly running: boolean;
  readonly paused: boolean;
  readonly healthy: boolean;
  /** On this machine; undefined while it is down. */
  readonly port: number | undefined;
  readonly image: string;
  /** Of its first process, as the engine's machine sees it; undefined while it is down. */
  readonly pid: number | undefined;
}

interface Inspected {
  readonly Name: string;
  readonly State: { Running: boolean; Paused: boolean; Pid: number; Health?: { Status: string } };
  readonly Config: { Image: string; Labels?: Record<string, string> | null };
  readonly HostConfig: { PortBindings?: Record<string, { HostPort: string }[] | null> | null };
}

/** The containers of docker-compose.yml's brokers that exist, running or not, whoever started them. */
export async function findContainers(env: NodeJS.ProcessEnv): Promise<Container[]> {
  // inspect fails when one is missing and still prints the others.
  const { stdout } = await command('docker', ['container', 'inspect', ...serviceNames], { env });
  let found: Inspected[];
  try {
    found = JSON.parse(stdout) as Inspected[];
  } catch {
    return [];
  }
  return found
    .filter((container) => container.Config.Labels?.['com.docker.compose.service'] !== undefined)
    .map(({ Name, State, Config, HostConfig }) => {
      const port = HostConfig.PortBindings?.[hostListener]?.[0]?.HostPort;
      return {
        name: Name.replace(/^\//, ''),
        running: State.Running,
        paused: State.Paused,
        healthy: State.Health?.Status === 'healthy',
        port: port === undefined ? undefined : Number(port),
        image: Config.Image,
        pid: State.Pid === 0 ? undefined : State.Pid,
      };
    });
}

/** Brokers of running containers. The compose file advertises localhost. */
export function brokersOf(containers: readonly Container[]): Broker[] {
  return containers.flatMap(({ name, port }) =>
    port === undefined ? [] : [{ id: Number(name.replace('kafka', '')), name, host: 'localhost', port }],
  );
}

/** `4.3.0` of `apache/kafka:4.3.0`. */
export function versionOf(image: string): string | null {
  return /:(\d+\.\d+\.\d+)/.exec(image)?.[1] ?? null;
}
