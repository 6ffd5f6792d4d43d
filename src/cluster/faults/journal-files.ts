import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '../local/process-identity.ts';
import { journalDirectory } from './journal.ts';
import type { JournalLine, Undoer } from './journal.ts';
import type { Undo } from './undo.ts';

/** A journal as another process reads it. */
export interface JournalFile {
  readonly path: string;
  readonly run: string;
  readonly owner: ProcessIdentity;
  readonly watchdog: ProcessIdentity | null;
  /** Not undone, newest first. */
  readonly open: readonly { entry: number; fault: string; undo: Undo }[];
  readonly done: readonly { entry: number; by: Undoer; what: string }[];
  /** The run ended in order, though something may be open that it could not undo. */
  readonly closed: boolean;
  /** It ended in order too, and what is open is to be done later. */
  readonly left: boolean;
}

/** Undefined when there is none, or not even its first line reached the disk. */
export function readJournal(path: string): JournalFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const lines = text.split('\n').flatMap(parse);
  const head = lines.find((line) => line.is === 'run');
  if (!head) return undefined;
  const done = lines.filter((line) => line.is === 'done');
  const open = lines.filter((line) => line.is === 'open' && !done.some(({ entry }) => entry === line.entry));
  return {
    path,
    run: head.run,
    owner: head.owner,
    watchdog: lines.find((line) => line.is === 'watchdog')?.process ?? null,
    open: open.flatMap((line) => (line.is === 'open' ? [line] : [])).reverse(),
    done,
    closed: lines.some((line) => line.is === 'closed'),
    left: lines.some((line) => line.is === 'left'),
  };
}

/** Journals of this user, oldest name first. */
export function listJournals(env: NodeJS.ProcessEnv): JournalFile[] {
  const directory = journalDirectory(env);
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .flatMap((name) => readJournal(join(directory, name)) ?? []);
}

/** The last line may be torn: its writer died, and had then not made the change either. */
function parse(text: string): JournalLine[] {
  if (text === '') return [];
  try {
    return [JSON.parse(text) as JournalLine];
  } catch {
    return [];
  }
}
