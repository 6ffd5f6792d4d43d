import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../../src/base/cache-dir.ts';
import { resolveJars } from '../../src/cluster/local/kafka-jars.ts';

/**
 * An environment in which rows start clusters of their own: one that somebody left up with `cluster up` is neither
 * seen nor broken. Its place stays the same, so that a later suite stops what a killed one left running; the jars are
 * those of the user.
 */
export async function ownClusters(
  env: NodeJS.ProcessEnv,
  progress: (line: string) => void,
): Promise<NodeJS.ProcessEnv> {
  const { libs } = await resolveJars({ env, progress });
  const directory = join(cacheDir(env), 'conformance');
  const link = join(directory, 'libs');
  mkdirSync(directory, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(libs, link);
  const own: NodeJS.ProcessEnv = { ...env, KAFKA_BENCH_CACHE: directory, KAFKA_HOME: directory };
  delete own['KAFKA_BENCH_BOOTSTRAP'];
  return own;
}
