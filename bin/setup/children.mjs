import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * A program with this terminal, for as long as it runs. It shares our process group, so Ctrl-C reaches it by
 * itself; we stay until it has ended.
 * @param {string} command @param {readonly string[]} args @param {string} cwd
 * @returns {Promise<number>} its exit code, 128 + n when signal n ended it
 */
export function runInForeground(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: 'inherit' });
    const ignore = () => undefined;
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', ignore).on('SIGTERM', forward).on('SIGHUP', forward);
    const done = () => process.off('SIGINT', ignore).off('SIGTERM', forward).off('SIGHUP', forward);
    child.once('error', (error) => (done(), reject(error)));
    child.once(
      'close',
      (code, signal) => (done(), resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL'])),
    );
  });
}

/**
 * A program in a process group of its own, so that all of it (npm, make, the compilers) can be ended together;
 * its output goes to an open file.
 * @param {string} command @param {readonly string[]} args
 * @param {{cwd: string, output: number, env?: NodeJS.ProcessEnv | undefined, timeoutMillis?: number | undefined,
 *   signal: AbortSignal, endWith?: NodeJS.Signals | undefined, graceMillis?: number | undefined}} options
 *   `endWith`, `graceMillis`: the signal that asks it to end, and how long it may take before SIGKILL
 * @returns {Promise<{code: number, timedOut: boolean}>} code −1 when it could not start
 */
export function runInBackground(command, args, options) {
  return new Promise((resolve) => {
    if (options.signal.aborted) return resolve({ code: -1, timedOut: false });
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', options.output, options.output],
      detached: true,
    });
    let timedOut = false;
    /** @type {NodeJS.Timeout | undefined} */
    let killTimer;
    const end = () => {
      killGroup(child.pid, options.endWith ?? 'SIGTERM');
      killTimer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), options.graceMillis ?? 3000);
    };
    const limit =
      options.timeoutMillis === undefined
        ? undefined
        : setTimeout(() => ((timedOut = true), end()), options.timeoutMillis);
    options.signal.addEventListener('abort', end);
    /** @param {number} code */
    const finish = (code) => {
      options.signal.removeEventListener('abort', end);
      clearTimeout(limit);
      clearTimeout(killTimer);
      // The leader may have ended before the rest of its group.
      if (timedOut || options.signal.aborted) killGroup(child.pid, 'SIGKILL');
      resolve({ code, timedOut });
    };
    child.once('error', () => finish(-1));
    child.once('exit', (code) => finish(code ?? -1));
  });
}

/** @param {number | undefined} pid @param {NodeJS.Signals} signal */
function killGroup(pid, signal) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
}
