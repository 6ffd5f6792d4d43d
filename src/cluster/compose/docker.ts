import { execFile } from 'node:child_process';
import { packageRoot } from '../../base/package-root.ts';

export interface CommandResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** What stderr says last of the cause, or why the command did not run. */
  readonly reason: string;
}

export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMillis?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Runs `docker …` or `docker-compose …`; never rejects. DOCKER_HOST and contexts are the client's own business. */
export function command(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const timeoutMillis = options.timeoutMillis ?? 10_000;
  return new Promise((resolve) => {
    execFile(
      file,
      [...args],
      {
        env: options.env,
        timeout: timeoutMillis,
        // docker compose reads docker-compose.yml and .env here.
        cwd: packageRoot(),
        maxBuffer: 16 << 20,
        ...(options.signal && { signal: options.signal }),
      },
      (error, stdout, stderr) => {
        if (!error) {
          resolve({ ok: true, stdout, stderr, reason: '' });
          return;
        }
        const reason =
          error.code === 'ENOENT'
            ? `no ${file} command`
            : error.killed
              ? `${file} ${args[0] ?? ''} took longer than ${timeoutMillis / 1000} s`
              : causeIn(stderr) || error.message;
        resolve({ ok: false, stdout, stderr, reason });
      },
    );
  });
}

/** Closing words that name no cause: of docker-compose v1, which begins with `ERROR` in a terminal, and of the client. */
const closing = [
  /^(ERROR: )?Encountered errors while bringing up the project/,
  /^(See|Run) 'docker .*--help'/,
];

function causeIn(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line !== '' && !closing.some((each) => each.test(line))) ?? '';
}

export const notReachable = 'Docker engine not reachable';

/** Undefined when an engine answers, else a clause saying why not and, where it is not running, what to change. */
export async function engineMissing(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const result = await command('docker', ['version', '--format', '{{.Server.Version}}'], {
    env,
    timeoutMillis: 5_000,
  });
  if (result.ok && result.stdout.trim() !== '') return undefined;
  if (result.reason === 'no docker command') return 'Docker not installed';
  return engineProblem(result.reason);
}

/** @param said by the client, which found no engine that answers */
export function engineProblem(said: string): string {
  return /permission denied/i.test(said)
    ? 'this user may not use the Docker engine (add it to the group docker, then log in again)'
    : notReachable;
}

/** `docker compose` (v2), else `docker-compose` (v1), as the words in front of its arguments. */
export async function composeCommand(
  env: NodeJS.ProcessEnv,
): Promise<{ words: string[]; v2: boolean } | undefined> {
  if ((await command('docker', ['compose', 'version'], { env })).ok)
    return { words: ['docker', 'compose'], v2: true };
  if ((await command('docker-compose', ['version'], { env })).ok)
    return { words: ['docker-compose'], v2: false };
  return undefined;
}

/** Undefined when the image is here or its registry answers for it at once; never pulls. */
export async function imageMissing(image: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if ((await command('docker', ['image', 'inspect', '--format', '{{.Id}}', image], { env })).ok)
    return undefined;
  const manifest = await command('docker', ['manifest', 'inspect', image], { env, timeoutMillis: 5_000 });
  return manifest.ok ? undefined : `image ${image} neither present nor pullable`;
}

/** Whether volumes of docker-compose.yml's brokers exist, of this or another checkout. */
export async function hasData(env: NodeJS.ProcessEnv): Promise<boolean> {
  const filter = 'label=com.docker.compose.volume=kafka1-data';
  const { ok, stdout } = await command('docker', ['volume', 'ls', '-q', '--filter', filter], { env });
  return !ok || stdout.trim() !== '';
}
