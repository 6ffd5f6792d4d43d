import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { performUndo } from '../faults/perform-undo.ts';
import { restoreAll } from '../faults/restore.ts';
import type { Undo, Undone } from '../faults/undo.ts';
import { manualCommand } from '../faults/undo.ts';
import type { Io } from './io.ts';

export interface FaultsArguments {
  readonly env?: NodeJS.ProcessEnv;
  readonly undo?: (undo: Undo) => Promise<Undone>;
}

/** `faults restore`. Exit code 5 where something could not be undone: it says what to type instead. */
export async function runFaultsRestore(
  { env = process.env, undo = performUndo }: FaultsArguments,
  io: Io,
): Promise<ExitCode> {
  const { undone, failed, alive } = await restoreAll(env, undo);
  for (const { run, what, by } of undone) {
    io.out(`run ${run}: ${what}${by === 'restore' ? '' : ', by its watchdog when the run was killed'}`);
  }
  for (const { run, what, reason, undo: change } of failed) {
    io.err(`run ${run}: could not ${what}: ${reason}`);
    io.err(`by hand: ${manualCommand(change)}`);
  }
  for (const { run, pid, open } of alive) {
    io.out(`run ${run} goes on (process ${pid}) and undoes its faults itself; ${open} now open`);
  }
  if (undone.length === 0 && failed.length === 0) io.out('nothing to undo');
  return failed.length > 0 ? exitCodes.failed : exitCodes.ok;
}
