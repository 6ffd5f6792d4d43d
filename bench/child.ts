import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What crosses between the benchmark and a child: one plan there, one result back. */
export interface Job {
  readonly plan: object;
  readonly result: object;
}

/**
 * Runs a file of this folder in a process of its own: the binding registers once a process, and CPU is counted
 * by process.
 */
export function runChild<J extends Job>(
  file: string,
  plan: J['plan'],
  signal: AbortSignal,
): Promise<J['result']> {
  return new Promise((resolve, reject) => {
    // execArgv, and with it the hook that reads TypeScript, is inherited; the thread pool is that of workers.
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], {
      serialization: 'advanced',
      env: { ...process.env, UV_THREADPOOL_SIZE: '6' },
      signal,
      killSignal: 'SIGKILL',
    });
    child.once('message', resolve);
    child.once('error', reject);
    child.once('exit', (code, killed) => {
      reject(new Error(`${file} ended early: ${killed ?? `code ${String(code)}`}`));
    });
    child.send(plan);
  });
}

/** The child's end. */
export function answer<J extends Job>(work: (plan: J['plan']) => Promise<J['result']>): void {
  process.once('disconnect', () => process.exit(1));
  process.once('message', (plan: J['plan']) => {
    void work(plan).then((result) => process.send?.(result, undefined, undefined, () => process.exit(0)));
  });
}
