import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * Where built bindings and logs are kept between clones: KAFKA_BENCH_CACHE, else the XDG cache directory, else
 * ~/.cache. Made if missing; where that place cannot be written, a folder of this user's in the system's
 * temporary directory.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function cacheDirectory(env = process.env) {
  const wanted =
    env['KAFKA_BENCH_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kafka-bench');
  try {
    mkdirSync(wanted, { recursive: true });
    accessSync(wanted, constants.W_OK);
    return wanted;
  } catch {
    const fallback = join(tmpdir(), `kafka-bench-${userInfo().uid}`);
    mkdirSync(fallback, { recursive: true, mode: 0o700 });
    return fallback;
  }
}
