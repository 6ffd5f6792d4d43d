import { accessSync, constants, existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { BenchError } from './errors.ts';

/**
 * The per-user directory for what can be made again: Kafka's jars, the native binding, state of running clusters.
 * `KAFKA_BENCH_CACHE`, else `$XDG_CACHE_HOME/kafka-bench`, else `~/.cache/kafka-bench`; where that cannot be written, as
 * for a user without a home, a directory of this user's in the system's temporary one. It need not exist yet.
 * @throws BenchError `setup` where another user has put something in that place
 */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const wanted = wantedDir(env);
  if (wanted !== undefined && isWritable(wanted)) return wanted;
  const fallback = join(tmpdir(), `kafka-bench-${process.getuid?.() ?? 'user'}`);
  try {
    mkdirSync(fallback, { recursive: true, mode: 0o700 });
    // Native code is loaded from there: a directory that somebody else put there first is not used.
    const stat = lstatSync(fallback);
    if (stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0) return fallback;
  } catch {
    // Told below.
  }
  throw new BenchError(
    'setup',
    `neither ${wanted ?? 'a home directory'} nor ${fallback} can be used as a cache`,
    {
      hint: 'set KAFKA_BENCH_CACHE to a directory that this user may write',
    },
  );
}

function wantedDir(env: NodeJS.ProcessEnv): string | undefined {
  if (env['KAFKA_BENCH_CACHE']) return resolve(env['KAFKA_BENCH_CACHE']);
  if (env['XDG_CACHE_HOME']) return resolve(env['XDG_CACHE_HOME'], 'kafka-bench');
  try {
    return resolve(homedir(), '.cache', 'kafka-bench');
  } catch {
    // No HOME, and no entry of this user in the system's list.
    return undefined;
  }
}

/** Whether it is there and may be written, or could be made. */
function isWritable(directory: string): boolean {
  let nearest = directory;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    accessSync(nearest, constants.W_OK);
    return statSync(nearest).isDirectory();
  } catch {
    return false;
  }
}
