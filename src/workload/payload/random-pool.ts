import { seededRandom } from '../../base/random.ts';

/**
 * Random bytes shared by the clients of a process. Compressors look back over at most a batch (librdkafka: 1 MB by
 * default), so a pool several times that size does not let them find a message's earlier use.
 */
export const POOL_BYTES = 8 * 2 ** 20;

let last: { seed: number; pool: Buffer } | undefined;

/** The same seed gives the same pool; the last one is kept, as all clients of a process share one seed. */
export function randomPool(seed: number): Buffer {
  if (last?.seed === seed) return last.pool;
  const random = seededRandom(seed, 'payload-pool');
  const words = new Uint32Array(POOL_BYTES / 4);
  for (let i = 0; i < words.length; i++) words[i] = random.uint32();
  last = { seed, pool: Buffer.from(words.buffer) };
  return last.pool;
}
