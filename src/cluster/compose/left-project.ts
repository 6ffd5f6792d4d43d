import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheDir } from '../../base/cache-dir.ts';
import { BenchError, messageOf } from '../../base/errors.ts';
import { heldIn, hold, leftAt, release } from '../leftover.ts';
import { ClusterUsers } from '../users.ts';
import { askContainers, serviceNames, type Container } from './containers.ts';
import { command, composeCommand, engineMissing } from './docker.ts';
import { engineSettings, settingsInFront, withEngine, type EngineSettings } from './engine-settings.ts';
import { composeFile } from './image-name.ts';

/** A project that a run has started, and what ending it means. */
export interface StartedProject {
  /** Its volumes are nobody else's. */
  readonly fresh: boolean;
  /** Containers that were there, stopped: they are stopped again. */
  readonly before: readonly string[];
  /** When it was started, ms since 1970. */
  readonly at: number;
  /** Of its containers; null until they are up. */
  readonly ids: readonly string[] | null;
}

interface HeldProject extends StartedProject {
  readonly engine: EngineSettings;
}

/** What became of a project that a run had started and not ended: it was killed, or could not. */
export interface LeftProject {
  /** Why it is still there, in a clause; null: it was ended. */
  readonly kept: string | null;
  /** By others, who go on. */
  readonly isUsed: boolean;
  /** What a person can type instead. */
  readonly byHand: string;
  /** The file that says that it is there. */
  readonly note: string;
}

/** As long as a first start may take, which pulls the image. */
const upMillis = 600_000;

const directoryIn = (env: NodeJS.ProcessEnv) => (): string => join(cacheDir(env), 'compose-started');

/** One for each engine: what runs on another one is not forgotten by who looks at this one. */
function placeIn(env: NodeJS.ProcessEnv): () => string {
  const engine = createHash('sha256')
    .update(JSON.stringify(engineSettings(env)))
    .digest('hex')
    .slice(0, 12);
  return () => join(directoryIn(env)(), `${engine}.json`);
}

export const holdProject = (env: NodeJS.ProcessEnv, project: StartedProject): void =>
  hold(placeIn(env), { ...project, engine: engineSettings(env) } satisfies HeldProject);

export const releaseProject = (env: NodeJS.ProcessEnv): void => release(placeIn(env));

/**
 * Ends a project as `project` says, unless somebody uses it: then it is held on, and a clause says who.
 * @param name compose's, where it is not that of this checkout
 * @throws BenchError `cluster`
 */
export async function endProject(
  { fresh, before }: StartedProject,
  env: NodeJS.ProcessEnv,
  name?: string,
): Promise<string | null> {
  const users = new ClusterUsers(env).of('compose');
  if (users.length > 0)
    return users.length === 1 ? `process ${users[0]!} uses it` : `processes ${users.join(', ')} use it`;
  const compose = await composeCommand(env);
  if (!compose) throw new BenchError('cluster', 'neither docker compose nor docker-compose is installed');
  const [file, ...words] = compose.words;
  const project = name === undefined ? [] : ['-p', name];
  const must = async (args: readonly string[]): Promise<void> => {
    const all = [...words, ...project, ...composeFile, ...args];
    const result = await command(file!, all, { env, timeoutMillis: 120_000 });
    if (result.ok) return;
    const reason = (await engineMissing(env)) ?? result.reason;
    throw new BenchError('cluster', `docker compose ${args[0]!} failed: ${reason}`);
  };
  if (before.length === 0) await must(['down', ...(fresh ? ['-v'] : [])]);
  else {
    await must(['stop', ...serviceNames]);
    const made = serviceNames.filter((service) => !before.includes(service));
    if (made.length > 0) await must(['rm', '-f', ...made]);
  }
  releaseProject(env);
  return null;
}

/** Ends the project that a run which is over has left on this engine; undefined where there is none. */
export const endLeftProject = (env: NodeJS.ProcessEnv): Promise<LeftProject | undefined> =>
  endLeft(placeIn(env), env);

/** The same on every engine. */
export async function endLeftProjects(env: NodeJS.ProcessEnv): Promise<readonly LeftProject[]> {
  const ended: LeftProject[] = [];
  for (const path of heldIn(directoryIn(env))) ended.push(...[(await endLeft(() => path, env)) ?? []].flat());
  return ended;
}

/** One that somebody has made anew meanwhile is theirs. */
async function endLeft(place: () => string, env: NodeJS.ProcessEnv): Promise<LeftProject | undefined> {
  const left = leftAt(place) as HeldProject | undefined;
  if (left === undefined) return undefined;
  const there = withEngine(env, left.engine);
  const remove = `docker ${left.before.length === 0 ? 'rm -f' : 'stop'} ${serviceNames.join(' ')}`;
  const became = (kept: string | null, isUsed = false): LeftProject => {
    return { kept, isUsed, byHand: `${settingsInFront(left.engine)}${remove}`, note: place() };
  };
  const found = await askContainers(there);
  if ('reason' in found) return became((await engineMissing(there)) ?? found.reason);
  const { containers } = found;
  if (containers.length === 0 || !containers.every((container) => isOf(left, container))) {
    release(place);
    return undefined;
  }
  try {
    // Killed while it came up, it never said which containers are its own, and volumes have no other name.
    const fresh = left.fresh && left.ids !== null;
    const used = await endProject({ ...left, fresh }, there, containers[0]!.project);
    return became(used, used !== null);
  } catch (error) {
    return became(messageOf(error));
  }
}

function isOf({ ids, at, before }: StartedProject, container: Container): boolean {
  if (ids !== null) return ids.includes(container.id);
  const wasThere = before.includes(container.name);
  if (wasThere && !container.running) return true;
  const begun = Date.parse(wasThere ? container.startedAt : container.createdAt);
  return begun >= at - 1000 && begun <= at + upMillis;
}
