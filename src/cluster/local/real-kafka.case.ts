import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterRequest, OpenContext } from '../request.ts';
import { findJava } from './java.ts';
import { localMissing } from './open-local.ts';
import { resolveJars } from './kafka-jars.ts';

/** For tests of real Kafka: why they cannot run here (printed once), else undefined. */
export async function whyNoRealKafka(): Promise<string | undefined> {
  const { available, reason } = await localMissing(process.env);
  if (available) return undefined;
  console.log(`skipped: real Kafka cannot run here: ${reason}`);
  return reason;
}

export async function hasJava(): Promise<boolean> {
  return !('missing' in (await findJava(process.env)));
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
