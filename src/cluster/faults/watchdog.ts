import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { sleep } from '../../base/clock.ts';
import type { Warning } from '../../base/errors.ts';
import { packageRoot } from '../../base/package-root.ts';
import { readJournal } from './journal-files.ts';

export interface WatchdogOptions {
  /** Node and its arguments in front of the journal's path; the compiled watchdog unless told. */
  readonly command?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

const readyMillis = 10_000;

/**
 * Starts a process in a session of its own (Ctrl-C and a closed terminal do not reach it) that undoes what the
 * journal has open once this process is gone. It ends when the journal is closed. Resolves when it watches; with a
 * warning when it does not, which `faults restore` makes good by hand.
 */
export async function startWatchdog(journal: string, options: WatchdogOptions = {}): Promise<Warning | null> {
  const compiled = join(packageRoot(), 'dist', 'cluster', 'faults', 'watchdog-main.js');
  const [file, ...args] = options.command ?? [process.execPath, compiled];
  const child = spawn(file!, [...args, journal], {
    // A working directory of its own would keep a mount busy for as long as it waits.
    cwd: '/',
    detached: true,
    stdio: 'ignore',
    env: options.env ?? process.env,
  });
  let gone: string | undefined;
  child.once('error', (error) => (gone = error.message));
  child.once('exit', (code, signal) => (gone = `it ended (${signal ?? `code ${String(code)}`})`));
  child.unref();
  const deadline = performance.now() + readyMillis;
  while (gone === undefined && performance.now() < deadline) {
    if (readJournal(journal)?.watchdog) return null;
    await sleep(20);
  }
  return {
    code: 'no-watchdog',
    message: `the watchdog of faults did not start (${gone ?? `not within ${readyMillis / 1000} s`}): if this run is killed, kafka-bench faults restore undoes what it left`,
  };
}
