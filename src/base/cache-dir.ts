import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The per-user directory for what can be made again: Kafka's jars, the native binding, state of running clusters.
 * `KAFKA_BENCH_CACHE`, else `$XDG_CACHE_HOME/kafka-bench`, else `~/.cache/kafka-bench`. It need not exist yet.
 */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env['KAFKA_BENCH_CACHE']) return resolve(env['KAFKA_BENCH_CACHE']);
  if (env['XDG_CACHE_HOME']) return resolve(env['XDG_CACHE_HOME'], 'kafka-bench');
  return join(homedir(), '.cache', 'kafka-bench');
}
