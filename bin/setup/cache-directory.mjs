import { accessSync, constants, lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Where built bindings and logs are kept between clones: the same place as src/base/cache-dir.ts, which is not
 * compiled yet when this runs. Made if missing; where that place cannot be written, a folder of this user's in
 * the system's temporary directory.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function cacheDirectory(env = process.env) {
  const wanted = wantedDirectory(env);
  try {
    if (wanted === undefined) throw new Error('no home');
    mkdirSync(wanted, { recursive: true });
    accessSync(wanted, constants.W_OK);
    return wanted;
  } catch {
    // Not userInfo(): it throws for a user without an entry in the system's list.
    const user = process.getuid?.() ?? 'user';
    const fallback = join(tmpdir(), `kafka-bench-${user}`);
    mkdirSync(fallback, { recursive: true, mode: 0o700 });
    // Native code is loaded from here: a directory that somebody else put there first is not used.
    const stat = lstatSync(fallback);
    const ours = stat.isDirectory() && stat.uid === user && (stat.mode & 0o022) === 0;
    return ours ? fallback : mkdtempSync(`${fallback}-`);
  }
}

/** @param {NodeJS.ProcessEnv} env */
function wantedDirectory(env) {
  if (env['KAFKA_BENCH_CACHE']) return resolve(env['KAFKA_BENCH_CACHE']);
  try {
    return resolve(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kafka-bench');
  } catch {
    return undefined;
  }
}
