import { join } from 'node:path';
import { connectAdmin } from '../cluster/admin/connect.ts';
import { cacheDir } from '../base/cache-dir.ts';
import { messageOf } from '../base/errors.ts';
import type { ClusterKind } from '../cluster/cluster.ts';
import { hasData } from '../cluster/compose/docker.ts';
import { engineSettings, withEngine, type EngineSettings } from '../cluster/compose/engine-settings.ts';
import { heldIn, hold, leftAt, release } from '../cluster/leftover.ts';
import { listLocal } from '../cluster/local/manage.ts';

/** Topics that a run makes for itself, under names of its own. */
export interface RunsTopics {
  readonly run: string;
  /** Past the run's proxy, which ends with it. */
  readonly bootstrap: string;
  readonly names: readonly string[];
  readonly kind: ClusterKind;
  /** `security.protocol`. */
  readonly protocol: string;
}

interface HeldTopics extends RunsTopics {
  readonly engine: EngineSettings;
}

const directoryIn = (env: NodeJS.ProcessEnv) => (): string => join(cacheDir(env), 'topics');
const pathOf = (env: NodeJS.ProcessEnv, run: string) => (): string => join(directoryIn(env)(), `${run}.json`);

/** Before they are made. */
export function holdTopics(env: NodeJS.ProcessEnv, topics: RunsTopics): void {
  if (topics.names.length === 0) return;
  hold(pathOf(env, topics.run), { ...topics, engine: engineSettings(env) } satisfies HeldTopics);
}

export const releaseTopics = (env: NodeJS.ProcessEnv, run: string): void => release(pathOf(env, run));

export interface RemovedTopics extends RunsTopics {
  /** Why they are still there; null: they are not. */
  readonly failure: string | null;
  /** What a person can type instead. */
  readonly byHand: readonly string[];
  /** The file that says that they are there. */
  readonly note: string;
}

/**
 * Deletes the topics of runs that were killed. How to connect is not written down beyond address and protocol: a cluster
 * that wants a password or a certificate is left to who has it.
 */
export async function removeLeftTopics(env: NodeJS.ProcessEnv): Promise<readonly RemovedTopics[]> {
  const removed: RemovedTopics[] = [];
  for (const note of heldIn(directoryIn(env))) {
    const found = leftAt(() => note) as HeldTopics | undefined;
    if (found === undefined) continue;
    // A note of an earlier version says less.
    const left: HeldTopics = { ...{ kind: 'external', protocol: 'plaintext', engine: {} }, ...found };
    // First: at its address somebody else may answer now.
    if (await hasGone(left, env)) {
      release(() => note);
      continue;
    }
    const failure = isSecured(left)
      ? `the cluster wants ${left.protocol.toUpperCase()}, and how to connect is not written down`
      : await remove(left);
    if (failure === null) release(() => note);
    removed.push({ ...left, failure, byHand: byHand(left), note });
  }
  return removed;
}

const isSecured = ({ protocol }: RunsTopics): boolean => protocol.toUpperCase() !== 'PLAINTEXT';

function byHand(topics: RunsTopics): readonly string[] {
  const { names, bootstrap } = topics;
  return names.map((name) =>
    isSecured(topics)
      ? `kafka-topics.sh --bootstrap-server ${bootstrap} --command-config client.properties --delete --topic ${name}`
      : `kafka-bench topics delete ${name} --bootstrap ${bootstrap}`,
  );
}

/**
 * Whether the topics went with their cluster: so they did where kafka-bench had started it, and knows nothing of it any
 * more, or is going to end it as the orphan of a killed run. What others run may come back.
 */
async function hasGone({ kind, bootstrap, engine }: HeldTopics, env: NodeJS.ProcessEnv): Promise<boolean> {
  switch (kind) {
    case 'local':
      return !listLocal(env).some((cluster) => cluster.bootstrap === bootstrap);
    case 'compose':
      return !(await hasData(withEngine(env, engine)));
    case 'external':
    case 'mock':
      return false;
  }
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
