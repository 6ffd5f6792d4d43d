import { BenchError } from '../../../base/errors.ts';
import type { BrokerState } from '../driver.ts';
import { docker, type CommandResult } from './command.ts';

/** A container as `docker container inspect` tells it. */
export interface InspectedContainer {
  readonly id: string;
  readonly state: BrokerState;
  /** By name. */
  readonly networks: readonly string[];
  readonly exitCode: number;
  /** Null: the image has no health check. */
  readonly health: string | null;
  readonly env: readonly string[];
  /** Ports on the engine's machine. */
  readonly ports: readonly number[];
}

interface Raw {
  readonly Id: string;
  readonly NetworkSettings?: { Networks?: Record<string, unknown> | null };
  readonly State: {
    Running: boolean;
    Paused: boolean;
    ExitCode: number;
    Health?: { Status: string } | null;
  };
  readonly Config: { Env?: string[] | null };
  readonly HostConfig: { PortBindings?: Record<string, { HostPort: string }[] | null> | null };
}

/** Whether an engine that answers has no container of that name. Without an engine, too, the client prints an empty list. */
export const isMissing = ({ ok, reason }: CommandResult): boolean =>
  !ok && /no such (container|object)/i.test(reason);

/** Throws BenchError('cluster') when there is no such container or no engine. */
export async function inspectContainer(name: string, env: NodeJS.ProcessEnv): Promise<InspectedContainer> {
  const found = await findContainer(name, env);
  if (!found) throw new BenchError('cluster', `there is no container ${name}`);
  return found;
}

/** Undefined where there is no such container. @throws BenchError('cluster') when no engine answers */
export async function findContainer(
  name: string,
  env: NodeJS.ProcessEnv,
): Promise<InspectedContainer | undefined> {
  const result = await docker(['container', 'inspect', name], { env });
  if (isMissing(result)) return undefined;
  if (!result.ok) throw new BenchError('cluster', `cannot inspect container ${name}: ${result.reason}`);
  const raw = (JSON.parse(result.stdout) as Raw[])[0];
  if (!raw) return undefined;
  const bindings = Object.values(raw.HostConfig.PortBindings ?? {});
  return {
    id: raw.Id,
    networks: Object.keys(raw.NetworkSettings?.Networks ?? {}),
    // A paused container is also "running".
    state: raw.State.Paused ? 'paused' : raw.State.Running ? 'running' : 'stopped',
    exitCode: raw.State.ExitCode,
    health: raw.State.Health?.Status ?? null,
    env: raw.Config.Env ?? [],
    ports: bindings.flatMap((list) => (list ?? []).map((binding) => Number(binding.HostPort))),
  };
}

/** 128 + 9: the process did not end by itself. */
const killedExitCode = 137;

/** After a stop: whether the grace period ran out and the engine sent SIGKILL. */
export async function stopNote(container: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { exitCode } = await inspectContainer(container, env);
  return exitCode === killedExitCode
    ? `${container} did not end within its grace period: docker stop ended in SIGKILL (exit code ${exitCode})`
    : undefined;
}
