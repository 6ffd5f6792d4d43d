import { sleep } from '../../../base/clock.ts';
import type { BrokerState } from '../driver.ts';
import { docker } from './command.ts';
import { inspectContainer } from './inspect.ts';

/** What a command asked the engine for shows within this, except a stop, which lasts as long as the broker takes. */
const requestMillis = 3_000;
/** docker-compose.yml grants 30 s before SIGKILL. */
const endingMillis = 60_000;

/**
 * The container's state once whatever was asked of it is over. When a run is killed, its docker command and the engine
 * go on: a container that runs now may be about to end. Waits until it is in the state `awaited`, or nothing points
 * there: 3 s, and 60 s while it is ending.
 */
export async function settledState(
  container: string,
  awaited: BrokerState,
  env: NodeJS.ProcessEnv,
): Promise<BrokerState> {
  const started = performance.now();
  for (;;) {
    const { state } = await inspectContainer(container, env);
    const waited = performance.now() - started;
    if (state === awaited || waited > endingMillis) return state;
    if (waited > requestMillis && !(awaited === 'stopped' && (await isEnding(container, env)))) return state;
    await sleep(300);
  }
}

/**
 * Whether it was sent a signal and has not ended since; the engine has no state for that, only events. It keeps the
 * last 256, a minute of three brokers' health checks.
 */
async function isEnding(container: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const filters = [`container=${container}`, 'event=kill', 'event=die', 'event=start'];
  const until = (Date.now() / 1000).toFixed(3);
  const { ok, stdout } = await docker(
    [
      ...['events', '--since', '2m', '--until', until, '--format', '{{.Action}}'],
      ...filters.flatMap((filter) => ['--filter', filter]),
    ],
    { env },
  );
  return ok && stdout.trim().split('\n').at(-1) === 'kill';
}
