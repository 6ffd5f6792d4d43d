import { sleep } from '../../../base/clock.ts';
import { BenchError } from '../../../base/errors.ts';
import type { Undo, Undone } from '../undo.ts';
import { docker } from './command.ts';
import { engineSettings } from '../../compose/engine-settings.ts';
import { settledState } from './docker-settling.ts';
import { findContainer, inspectContainer } from './inspect.ts';

export type DockerUndo = Undo & { kind: 'docker' };

const healthyMillis = 90_000;

export function dockerUndo(
  action: 'stop' | 'kill' | 'pause',
  container: string,
  env: NodeJS.ProcessEnv,
): DockerUndo {
  return {
    kind: 'docker',
    container,
    action: action === 'pause' ? 'unpause' : 'start',
    env: engineSettings(env),
  };
}

/**
 * From a journal entry alone; what is not as the fault left it stays as it is. `over`: the command that made the change
 * has returned; where nobody knows, because the run was killed, the change may still come and is waited for.
 */
export async function undoDocker(undo: DockerUndo, over = false): Promise<Undone> {
  const { container, action } = undo;
  const env = { ...process.env, ...undo.env };
  const broken = action === 'start' ? 'stopped' : 'paused';
  const found = await findContainer(container, env);
  if (!found) return { what: `${container} is gone`, needed: false };
  const state = over ? found.state : await settledState(container, broken, env);
  if (state !== broken) return { what: `${container} was ${state} already`, needed: false };
  const result = await docker([action, container], { env, timeoutMillis: 60_000 });
  if (!result.ok) throw new BenchError('cluster', `docker ${action} ${container} failed: ${result.reason}`);
  if (action === 'start') await untilHealthy(container, env);
  return { what: `${container} ${action === 'start' ? 'started' : 'resumed'}`, needed: true };
}

/** Returns at once where the image has no health check. @throws BenchError('cluster') when it ends or stays sick. */
export async function untilHealthy(container: string, env: NodeJS.ProcessEnv): Promise<void> {
  const deadline = performance.now() + healthyMillis;
  for (;;) {
    const { state, health } = await inspectContainer(container, env);
    if (state === 'stopped') throw new BenchError('cluster', `${container} ended while starting`);
    if (health === null || health === 'healthy') return;
    if (performance.now() > deadline)
      throw new BenchError('cluster', `${container} is not healthy after ${healthyMillis / 1000} s`);
    await sleep(300);
  }
}
