import { messageOf } from '../base/errors.ts';
import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { performUndo } from '../faults/perform-undo.ts';
import { restoreAll } from '../faults/restore.ts';
import { endLeftProject } from '../cluster/compose/left-project.ts';
import { removeLeftTopics } from '../run/left-topics.ts';
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
  const left = await removeLeft(env, io);
  if (undone.length === 0 && failed.length === 0 && left === 'nothing') io.out('nothing to undo');
  return failed.length > 0 || left === 'kept' ? exitCodes.failed : exitCodes.ok;
}

/** Topics and the compose project of runs that were killed. */
async function removeLeft(env: NodeJS.ProcessEnv, io: Io): Promise<'nothing' | 'removed' | 'kept'> {
  const topics = await removeLeftTopics(env);
  for (const { run, names, bootstrap, failure } of topics) {
    const what = `topics ${names.join(', ')}`;
    if (failure === null) io.out(`run ${run}: ${what} deleted`);
    else {
      io.err(`run ${run}: could not delete ${what}: ${failure}`);
      io.err(`by hand: kafka-bench topics delete ${names.join(' ')} --bootstrap ${bootstrap}`);
    }
  }
  const failed = topics.some(({ failure }) => failure !== null);
  try {
    const ended = await endLeftProject(env);
    if (ended) io.out('ended the compose project of a run that was killed');
    return failed ? 'kept' : ended || topics.length > 0 ? 'removed' : 'nothing';
  } catch (error) {
    io.err(`could not end the compose project of a run that was killed: ${messageOf(error)}`);
    return 'kept';
  }
}
