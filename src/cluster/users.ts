import { randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { cacheDir } from '../base/cache-dir.ts';
import { heldIn, hold, ownerAt, release } from './leftover.ts';
import { isAlive } from './local/process-identity.ts';

/**
 * Which processes use a cluster that stays up: a file in the cache directory for each use, so that another terminal sees
 * them.
 */
export class ClusterUsers {
  readonly #directory: () => string;

  constructor(env: NodeJS.ProcessEnv) {
    this.#directory = () => join(cacheDir(env), 'users');
  }

  /** @param cluster its id, or `compose` @returns what ends the use */
  enter(cluster: string): () => void {
    // One process may use a cluster twice, and end one of both.
    const name = `${cluster}.${process.pid}.${randomBytes(4).toString('hex')}.json`;
    const place = () => join(this.#directory(), name);
    hold(place, null);
    return () => release(place);
  }

  /** Pids of the processes that use it now, this one among them. */
  of(cluster: string): number[] {
    const pids = heldIn(this.#directory)
      .filter((path) => basename(path).startsWith(`${cluster}.`))
      .flatMap((path) => {
        const owner = ownerAt(() => path);
        if (owner === undefined) return [];
        if (isAlive(owner)) return [owner.pid];
        release(() => path);
        return [];
      });
    return [...new Set(pids)];
  }
}
