import { randomBytes } from 'node:crypto';
import { closeSync, constants, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../../base/cache-dir.ts';
import { BenchError, messageOf } from '../../base/errors.ts';
import type { ProcessIdentity } from '../local/process-identity.ts';
import { identityOf } from '../local/process-identity.ts';
import type { Undo } from './undo.ts';

/** One line each. `open` is written before the change it undoes is made, `done` once it is undone. */
export type JournalLine =
  | { readonly is: 'run'; readonly version: 1; readonly run: string; readonly owner: ProcessIdentity }
  | { readonly is: 'watchdog'; readonly process: ProcessIdentity }
  | { readonly is: 'open'; readonly entry: number; readonly fault: string; readonly undo: Undo }
  | { readonly is: 'done'; readonly entry: number; readonly by: Undoer; readonly what: string }
  /** The run ended in order. What is open is the watchdog's to do, later. */
  | { readonly is: 'left' }
  | { readonly is: 'closed' };

/** Who undid: the run itself, its watchdog, or a person with `faults restore`. */
export type Undoer = 'run' | 'watchdog' | 'restore';

export function journalDirectory(env: NodeJS.ProcessEnv): string {
  return join(cacheDir(env), 'faults');
}

const append = constants.O_WRONLY | constants.O_APPEND;
const create = append | constants.O_CREAT | constants.O_EXCL;

/**
 * Appends one line and waits until it is on the disk. Lines of several processes do not mix (O_APPEND). A journal
 * that is gone is not made again: its run has ended.
 */
export function appendLine(path: string, line: JournalLine, flags = append): void {
  const file = openSync(path, flags, 0o600);
  try {
    writeSync(file, JSON.stringify(line) + '\n');
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * What one run has to undo, on disk before it breaks anything. Synchronous, so that nothing happens between the
 * decision and the record. Readable by its owner alone: commands that heal may carry secrets.
 */
export class Journal {
  readonly path: string;
  readonly #open = new Map<number, Undo>();
  #entries = 0;

  /** @throws BenchError('setup') where it cannot be written: then nothing may be broken. */
  constructor(run: string, env: NodeJS.ProcessEnv) {
    const directory = journalDirectory(env);
    // Two runs of one id (a retried shard) must not share a file.
    this.path = join(directory, `${run}-${randomBytes(3).toString('hex')}.jsonl`);
    const owner = identityOf(process.pid);
    if (!owner) throw new BenchError('setup', 'cannot tell this process from others (no /proc and no ps)');
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      appendLine(this.path, { is: 'run', version: 1, run, owner }, create);
      syncDirectory(directory);
    } catch (error) {
      throw new BenchError('setup', `cannot write the journal of faults ${this.path}: ${messageOf(error)}`, {
        hint: 'without it a killed run would leave brokers down; set KAFKA_BENCH_CACHE to a place that can be written',
        cause: error,
      });
    }
  }

  /** What is changed and not yet undone, newest first. */
  get open(): readonly { entry: number; undo: Undo }[] {
    return [...this.#open].map(([entry, undo]) => ({ entry, undo })).reverse();
  }

  /** Before the change. @throws when it does not reach the disk: then the change must not be made. */
  begin(fault: string, undo: Undo): number {
    const entry = ++this.#entries;
    appendLine(this.path, { is: 'open', entry, fault, undo });
    this.#open.set(entry, undo);
    return entry;
  }

  /** After the undo. */
  done(entry: number, what: string): void {
    if (!this.#open.delete(entry)) return;
    appendLine(this.path, { is: 'done', entry, by: 'run', what });
  }

  /**
   * Lets the watchdog go, after what can only be done later. The file stays only where something could not be undone,
   * for `faults restore`.
   */
  close(): void {
    const open = [...this.#open.values()];
    if (open.length === 0) rmSync(this.path, { force: true });
    else
      appendLine(this.path, { is: open.every(({ kind }) => kind === 'side-networks') ? 'left' : 'closed' });
  }
}

/** A new file is safe once its directory is; some file systems refuse, and then have no need. */
function syncDirectory(path: string): void {
  try {
    const directory = openSync(path, 'r');
    fsyncSync(directory);
    closeSync(directory);
  } catch {
    return;
  }
}
