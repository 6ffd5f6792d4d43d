import { join } from 'node:path';
import { cacheDir } from '../../base/cache-dir.ts';
import { BenchError } from '../../base/errors.ts';
import { hold, leftAt, release } from '../leftover.ts';
import { findContainers, serviceNames, type Container } from './containers.ts';
import { command, composeCommand } from './docker.ts';
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

/** As long as a first start may take, which pulls the image. */
const upMillis = 600_000;

const pathIn = (env: NodeJS.ProcessEnv) => (): string => join(cacheDir(env), 'compose-started.json');

export const holdProject = (env: NodeJS.ProcessEnv, project: StartedProject): void =>
  hold(pathIn(env), project);

export const releaseProject = (env: NodeJS.ProcessEnv): void => release(pathIn(env));

/** Ends a project as `project` says. @throws BenchError `cluster` */
export async function endProject({ fresh, before }: StartedProject, env: NodeJS.ProcessEnv): Promise<void> {
  const compose = await composeCommand(env);
  if (!compose) throw new BenchError('cluster', 'neither docker compose nor docker-compose is installed');
  const [file, ...words] = compose.words;
  const must = async (args: readonly string[]): Promise<void> => {
    const result = await command(file!, [...words, ...composeFile, ...args], { env, timeoutMillis: 120_000 });
    if (!result.ok) throw new BenchError('cluster', `docker compose ${args[0]!} failed: ${result.reason}`);
  };
  if (before.length === 0) await must(['down', ...(fresh ? ['-v'] : [])]);
  else {
    await must(['stop', ...serviceNames]);
    const made = serviceNames.filter((name) => !before.includes(name));
    if (made.length > 0) await must(['rm', '-f', ...made]);
  }
  releaseProject(env);
}

/**
 * Ends the project of a run that was killed; false where there is none. One that somebody has made anew meanwhile is
 * theirs.
 */
export async function endLeftProject(env: NodeJS.ProcessEnv): Promise<boolean> {
  const left = leftAt(pathIn(env)) as StartedProject | undefined;
  if (left === undefined) return false;
  const containers = await findContainers(env);
  if (containers.length > 0 && containers.every((container) => isOf(left, container))) {
    await endProject(left, env);
    return true;
  }
  releaseProject(env);
  return false;
}

function isOf({ ids, at, before }: StartedProject, { id, name, createdAt }: Container): boolean {
  if (ids !== null) return ids.includes(id);
  const created = Date.parse(createdAt);
  return before.includes(name) || (created >= at - 1000 && created <= at + upMillis);
}
