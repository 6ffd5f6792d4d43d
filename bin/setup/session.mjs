// What every step of a set-up shares: one progress line each on stderr, one log file for the details, and an
// end to the children when the person or the system ends us.
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { runInBackground } from './children.mjs';
import { SetupError, SetupInterrupted } from './setup-error.mjs';

const keptLogs = 10;

/** @typedef {ReturnType<typeof openSession>} Session */

/**
 * @param {string} cache
 * @param {{write?: (text: string) => void}} [options] where progress goes, stderr by default
 */
export function openSession(cache, options = {}) {
  const write = options.write ?? ((text) => process.stderr.write(text));
  const logs = join(cache, 'logs');
  mkdirSync(logs, { recursive: true });
  for (const old of readdirSync(logs).sort().slice(0, -keptLogs)) rmSync(join(logs, old), { force: true });
  const logFile = join(logs, `setup-${new Date().toISOString().replace(/[:.]/g, '-')}-${process.pid}.log`);
  const log = openSync(logFile, 'a+');

  const abort = new AbortController();
  const onInterrupt = () => abort.abort(new SetupInterrupted(130));
  const onTerminate = () => abort.abort(new SetupInterrupted(143));
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate).on('SIGHUP', onTerminate);

  return {
    logFile,
    signal: abort.signal,

    /** One line for a person, outside any step. @param {string} text */
    say(text) {
      write(`set-up: ${text}\n`);
    },

    /**
     * Prints what is being done now and, behind it, how long it took.
     * @template T
     * @param {string} title @param {() => Promise<T>} work
     * @returns {Promise<T>}
     */
    async step(title, work) {
      abort.signal.throwIfAborted();
      const start = performance.now();
      write(`set-up: ${title} … `);
      /** @param {string} outcome */
      const end = (outcome) => write(`${outcome}${((performance.now() - start) / 1000).toFixed(1)} s\n`);
      try {
        const result = await work();
        abort.signal.throwIfAborted();
        end('');
        return result;
      } catch (error) {
        end(abort.signal.aborted ? 'interrupted after ' : 'failed after ');
        abort.signal.throwIfAborted();
        throw error;
      }
    },

    /**
     * Runs a program to its end, its output into the log.
     * @param {string} command @param {readonly string[]} args
     * @param {{cwd: string, env?: NodeJS.ProcessEnv, timeoutMillis?: number, endWith?: NodeJS.Signals,
     *   graceMillis?: number}} options
     * @returns {Promise<{ok: boolean, timedOut: boolean, output: string}>}
     */
    async run(command, args, options) {
      writeSync(log, `\n$ ${[command, ...args].join(' ')}\n`);
      const from = fstatSync(log).size;
      const { code, timedOut } = await runInBackground(command, args, {
        ...options,
        output: log,
        signal: abort.signal,
      });
      abort.signal.throwIfAborted();
      const output = readFileSync(logFile).subarray(from).toString();
      return { ok: code === 0, timedOut, output };
    },

    /**
     * The error for a program that failed, with its last lines.
     * @param {string} message @param {string} output @param {{hint?: string, lines?: number}} [about]
     */
    failure(message, output, about = {}) {
      const details = output
        .trimEnd()
        .split('\n')
        .slice(-(about.lines ?? 15))
        .join('\n');
      return new SetupError(message, { hint: about.hint ?? `The whole log: ${logFile}`, details });
    },

    close() {
      process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate).off('SIGHUP', onTerminate);
      closeSync(log);
    },
  };
}
