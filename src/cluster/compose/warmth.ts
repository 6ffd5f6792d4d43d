import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDir } from '../../base/cache-dir.ts';
import type { Warmth } from '../cluster.ts';
import { findContainers } from './containers.ts';

interface Remembered {
  /** Name and start of each container's process. */
  readonly brokers: string;
  readonly shapes: readonly string[];
}

/** In a file of the cache, under what the running containers are: one started anew is another cluster. */
export function composeWarmth(env: NodeJS.ProcessEnv): Warmth {
  const path = join(cacheDir(env), 'compose-warmed.json');

  async function brokers(): Promise<string> {
    const containers = await findContainers(env);
    return containers.map(({ name, pid, startedAt }) => `${name} ${pid ?? ''} ${startedAt}`).join(', ');
  }

  async function known(): Promise<ReadonlySet<string>> {
    const remembered = read(path);
    return new Set(remembered?.brokers === (await brokers()) ? remembered.shapes : []);
  }

  return {
    known,
    remember: async (shapes) => {
      const remembered: Remembered = {
        brokers: await brokers(),
        shapes: [...new Set([...(await known()), ...shapes])],
      };
      mkdirSync(dirname(path), { recursive: true });
      const temporary = `${path}.${process.pid}.tmp`;
      writeFileSync(temporary, JSON.stringify(remembered));
      renameSync(temporary, path);
    },
  };
}

function read(path: string): Remembered | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Remembered;
  } catch {
    // Not there yet, or not whole: the brokers are warmed once more.
    return undefined;
  }
}
