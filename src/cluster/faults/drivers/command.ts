import { spawn } from 'node:child_process';
import { packageRoot } from '../../../base/package-root.ts';

export interface CommandResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** The last line that it said on stderr (else stdout), or why it did not run. */
  readonly reason: string;
}

export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly timeoutMillis?: number;
}

/**
 * Runs a command in a process group of its own; never rejects. Ctrl-C in the terminal must not reach it: an engine goes
 * on stopping a container after its client has died, and the undo would find the container still running.
 */
export function run(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { env, cwd = packageRoot(), timeoutMillis = 10_000 } = options;
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    let late = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const timer = setTimeout(() => {
      late = true;
      // The whole group: a shell's children hold the pipes open.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, timeoutMillis);
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const reason = error.code === 'ENOENT' ? `no ${file} command` : error.message;
      resolve({ ok: false, stdout, reason });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      const last = (stderr.trim() || stdout.trim()).split('\n').at(-1)!;
      const failed = last === '' ? `exit code ${String(code)}` : last;
      const reason = late ? `it took longer than ${timeoutMillis / 1000} s` : failed;
      resolve({ ok: code === 0 && !late, stdout, reason: code === 0 && !late ? '' : reason });
    });
  });
}

/** `docker …`; DOCKER_HOST and contexts are the client's own business. */
export function docker(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return run('docker', args, options);
}
