import { rmSync } from 'node:fs';
import { messageOf } from '../../base/errors.ts';
import { withFileLock } from '../local/file-lock.ts';
import { isAlive } from '../local/process-identity.ts';
import { listJournals, readJournal } from './journal-files.ts';
import type { JournalFile } from './journal-files.ts';
import { appendLine } from './journal.ts';
import type { Undoer } from './journal.ts';
import { describeUndo } from './undo.ts';
import type { Undo, Undone } from './undo.ts';

export interface Restored {
  readonly run: string;
  readonly what: string;
  readonly by: Undoer;
}

export interface Restoration {
  readonly undone: readonly Restored[];
  readonly failed: readonly { run: string; what: string; reason: string; undo: Undo; journal: string }[];
  /** Runs that go on and undo themselves what they changed. */
  readonly alive: readonly { run: string; pid: number; open: number }[];
}

/** Undoes what one journal has open, newest first, and then what can wait. A failure does not keep the rest from being undone. */
export function restoreJournal(
  path: string,
  by: Undoer,
  undo: (undo: Undo) => Promise<Undone>,
): Promise<Pick<Restoration, 'undone' | 'failed'>> {
  // The watchdog and a person may both be at it.
  return withFileLock(`${path}.lock`, async () => {
    const journal = readJournal(path);
    const undone: Restored[] = [];
    const failed: Restoration['failed'][number][] = [];
    const open = journal?.open ?? [];
    const canWait = (each: JournalFile['open'][number]): boolean => each.undo.kind === 'side-networks';
    const queue = [...open.filter((each) => !canWait(each)), ...open.filter(canWait)];
    let entries = Math.max(
      0,
      ...open.map(({ entry }) => entry),
      ...(journal?.done ?? []).map((d) => d.entry),
    );
    for (const { entry, fault, undo: change } of queue) {
      const { run } = journal!;
      try {
        const { what, left } = await undo(change);
        if (left) {
          queue.push({ entry: ++entries, fault, undo: left });
          appendLine(path, { is: 'open', entry: entries, fault, undo: left });
        }
        appendLine(path, { is: 'done', entry, by, what });
        undone.push({ run, what, by });
      } catch (error) {
        const [what, reason] = [describeUndo(change), messageOf(error)];
        failed.push({ run, what, reason, undo: change, journal: path });
      }
    }
    return { undone, failed };
  });
}

/** Replays the journals of dead runs and of those that ended without undoing all. Says what watchdogs undid. */
export async function restoreAll(
  env: NodeJS.ProcessEnv,
  undo: (undo: Undo) => Promise<Undone>,
): Promise<Restoration> {
  const undone: Restored[] = [];
  const failed: Restoration['failed'][number][] = [];
  const alive: Restoration['alive'][number][] = [];
  for (const journal of listJournals(env)) {
    if (!journal.closed && !journal.left && isAlive(journal.owner)) {
      alive.push({ run: journal.run, pid: journal.owner.pid, open: journal.open.length });
      continue;
    }
    const now = await restoreJournal(journal.path, 'restore', undo);
    const before = readJournal(journal.path)?.done.filter(({ by }) => by === 'watchdog') ?? [];
    undone.push(...before.map(({ what, by }) => ({ run: journal.run, what, by })), ...now.undone);
    failed.push(...now.failed);
    if (now.failed.length === 0) rmSync(journal.path, { force: true });
  }
  return { undone, failed, alive };
}
