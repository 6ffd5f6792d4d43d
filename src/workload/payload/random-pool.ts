import { seededRandom } from '../../base/random.ts';

/**
 * Random words shared by the clients of a process. Compressors look back over at most a batch (librdkafka: 1 MB by
 * default), so a pool several times that size does not let them find a message's earlier use.
 */
const POOL_WORDS = 2 * 2 ** 20;

let last: { seed: number; pool: Int32Array } | undefined;

/** The same seed gives the same pool; the last one is kept, as all clients of a process share one seed. */
export function randomPool(seed: number): Int32Array {
  if (last?.seed === seed) return last.pool;
  const random = seededRandom(seed, 'payload-pool');
  const pool = new Int32Array(POOL_WORDS);
  for (let i = 0; i < pool.length; i++) pool[i] = random.uint32();
  last = { seed, pool };
  return pool;
}
