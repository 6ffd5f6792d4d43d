import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDir } from '../src/base/cache-dir.ts';

/**
 * An environment that neither sees nor touches the clusters, faults and topics of the person who runs the tests, nor
 * that person's Docker engine. Only the tap's plugin comes from there: it is compiled once.
 */
export function ownCache(): { env: NodeJS.ProcessEnv; remove: () => void } {
  const cache = mkdtempSync(join(tmpdir(), 'kafka-bench-cache-'));
  const tap = join(cacheDir(process.env), 'tap');
  mkdirSync(tap, { recursive: true });
  symlinkSync(tap, join(cache, 'tap'));
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    KAFKA_BENCH_CACHE: cache,
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  };
  delete env['KAFKA_BENCH_BOOTSTRAP'];
  return { env, remove: () => rmSync(cache, { recursive: true, force: true }) };
}
