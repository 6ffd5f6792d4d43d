import { join } from 'node:path';
import { connectAdmin } from '../admin/connect.ts';
import { parseBootstrap } from '../base/bootstrap.ts';
import { cacheDir } from '../base/cache-dir.ts';
import { messageOf } from '../base/errors.ts';
import { heldIn, hold, leftAt, release } from '../cluster/leftover.ts';

/** Topics that a run makes for itself, under names of its own. */
export interface RunsTopics {
  readonly run: string;
  readonly bootstrap: string;
  readonly names: readonly string[];
}

const directoryIn = (env: NodeJS.ProcessEnv) => (): string => join(cacheDir(env), 'topics');
const pathOf = (env: NodeJS.ProcessEnv, run: string) => (): string => join(directoryIn(env)(), `${run}.json`);

/** Before they are made. */
export function holdTopics(env: NodeJS.ProcessEnv, topics: RunsTopics): void {
  if (topics.names.length > 0) hold(pathOf(env, topics.run), topics);
}

export const releaseTopics = (env: NodeJS.ProcessEnv, run: string): void => release(pathOf(env, run));

export interface RemovedTopics extends RunsTopics {
  /** Why they are still there; null: they are not. */
  readonly failure: string | null;
}

/**
 * Deletes the topics of runs that were killed. How to connect is not written down beyond the address: a cluster that
 * wants a password is left to who has it.
 */
export async function removeLeftTopics(env: NodeJS.ProcessEnv): Promise<readonly RemovedTopics[]> {
  const removed: RemovedTopics[] = [];
  for (const path of heldIn(directoryIn(env))) {
    const left = leftAt(() => path) as RunsTopics | undefined;
    if (left === undefined) continue;
    const failure = await remove(left);
    const isGone = failure?.includes('connection refused') === true && isOfThisMachine(left.bootstrap);
    if (failure === null || isGone) release(() => path);
    if (!isGone) removed.push({ ...left, failure });
  }
  return removed;
}

/** Where nothing listens any more there, the cluster has gone, and its topics with it. */
function isOfThisMachine(bootstrap: string): boolean {
  return parseBootstrap(bootstrap).every(({ host }) => host === 'localhost' || host.startsWith('127.'));
}

async function remove({ bootstrap, names }: RunsTopics): Promise<string | null> {
  try {
    const admin = await connectAdmin({ bootstrap });
    try {
      await admin.deleteTopics(names);
      return null;
    } finally {
      await admin.close();
    }
  } catch (error) {
    return messageOf(error);
  }
}
