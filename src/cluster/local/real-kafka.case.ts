import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missing, skippedBelow } from '../../../test/requirements.ts';
import type { ClusterRequest, OpenContext } from '../request.ts';
import { localMissing } from './open-local.ts';
import { resolveJars } from './kafka-jars.ts';

/** For `describe.skipIf`: true, with the reason printed, where no real Kafka can be started. */
export async function noRealKafka(): Promise<boolean> {
  if (skippedBelow('all')) return true;
  const { available, reason } = await localMissing(process.env);
  if (available || missing('java', 'maven')) return !available;
  console.log(`skipped: real Kafka cannot run here: ${reason}`);
  return true;
}

/**
 * An environment with a cache of its own, so that tests neither see nor touch the clusters of the person who runs
 * them; the jars come from that person's cache, as a KAFKA_HOME.
 */
export async function isolatedEnvironment(): Promise<{ env: NodeJS.ProcessEnv; remove: () => void }> {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-test-'));
  const { libs } = await resolveJars({ env: process.env });
  symlinkSync(libs, join(directory, 'libs'));
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    KAFKA_BENCH_CACHE: join(directory, 'cache'),
    KAFKA_HOME: directory,
  };
  delete env['KAFKA_BENCH_BOOTSTRAP'];
  return { env, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

export function contextIn(env: NodeJS.ProcessEnv, lines: string[] = []): OpenContext {
  return {
    env,
    progress: (line) => lines.push(line),
    startMock: () => Promise.reject(new Error('no mock in this test')),
  };
}

export function localRequest(more: Partial<ClusterRequest> = {}): ClusterRequest {
  return { kind: 'local', controllers: 'combined', config: {}, ...more };
}

/** Sessions of 3 s instead of 9 s: a paused or killed broker is missed, and let in again, sooner. */
export const shortSessions = { 'broker.session.timeout.ms': '3000', 'broker.heartbeat.interval.ms': '500' };
