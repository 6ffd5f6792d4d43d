import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../base/cache-dir.ts';
import { identityOf, isAlive, type ProcessIdentity } from './local/process-identity.ts';

/**
 * Which processes use a cluster that stays up: a file each in the cache directory, so that another terminal sees them.
 * What a killed process left is passed over.
 */
export class ClusterUsers {
  readonly #directory: string;

  constructor(env: NodeJS.ProcessEnv) {
    this.#directory = join(cacheDir(env), 'users');
  }

  /** @param cluster its id, or `compose` @returns what ends the use */
  enter(cluster: string): () => void {
    const path = join(this.#directory, `${cluster}.${process.pid}.json`);
    try {
      mkdirSync(this.#directory, { recursive: true });
      writeFileSync(path, JSON.stringify(identityOf(process.pid)));
    } catch {
      // A run is worth more than the note of it: a full disk loses the note.
    }
    return () => rmSync(path, { force: true });
  }

  /** Pids of other processes that use it now. */
  of(cluster: string): number[] {
    return this.#names()
      .filter((name) => name.startsWith(`${cluster}.`))
      .flatMap((name) => {
        const user = this.#read(name);
        return user && isAlive(user) && user.pid !== process.pid ? [user.pid] : [];
      });
  }

  #names(): string[] {
    try {
      return readdirSync(this.#directory);
    } catch {
      return [];
    }
  }

  #read(name: string): ProcessIdentity | undefined {
    try {
      const found = JSON.parse(readFileSync(join(this.#directory, name), 'utf8')) as Partial<ProcessIdentity>;
      const { pid, startTime } = found;
      return pid === undefined || startTime === undefined ? undefined : { pid, startTime };
    } catch {
      return undefined;
    }
  }
}
