import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { performUndo } from '../cluster/faults/perform-undo.ts';
import { restoreAll } from '../cluster/faults/restore.ts';
import { endLeftProjects, type LeftProject } from '../cluster/compose/left-project.ts';
import { removeLeftTopics, type RemovedTopics } from '../trial/left-topics.ts';
import type { Undo, Undone } from '../cluster/faults/undo.ts';
import { manualCommand } from '../cluster/faults/undo.ts';
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
  let { undone, failed, alive } = await restoreAll(env, undo);
  let topics = await removeLeftTopics(env);
  const projects = await endLeftProjects(env);
  if (projects.some(({ kept }) => kept === null)) {
    // What could not be undone in it, or deleted, may have gone with it.
    const again = await restoreAll(env, undo);
    undone = [...undone, ...again.undone.filter(({ by }) => by === 'restore')];
    ({ failed, alive } = again);
    topics = [...topics.filter(({ failure }) => failure === null), ...(await removeLeftTopics(env))];
  }
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
  for (const journal of new Set(failed.map((each) => each.journal))) io.err(forgetting(journal));
  const left = [tellTopics(topics, io), tellProjects(projects, io)];
  const isNothing = undone.length === 0 && failed.length === 0 && left.every((each) => each === 'nothing');
  if (isNothing) io.out('nothing to undo');
  return failed.length > 0 || left.includes('kept') ? exitCodes.failed : exitCodes.ok;
}

/** What was, and is, left by runs that are over. */
type Left = 'nothing' | 'removed' | 'kept';

/** Of what no later call could undo either. */
const forgetting = (file: string): string => `where that is gone for good: rm ${file}`;

function tellTopics(topics: readonly RemovedTopics[], io: Io): Left {
  for (const { run, names, failure, byHand, note } of topics) {
    const what = `topics ${names.join(', ')}`;
    if (failure === null) {
      io.out(`run ${run}: ${what} deleted`);
      continue;
    }
    io.err(`run ${run}: could not delete ${what}: ${failure}`);
    for (const command of byHand) io.err(`by hand: ${command}`);
    io.err(forgetting(note));
  }
  if (topics.some(({ failure }) => failure !== null)) return 'kept';
  return topics.length === 0 ? 'nothing' : 'removed';
}

function tellProjects(projects: readonly LeftProject[], io: Io): Left {
  for (const { kept, isUsed, byHand, note } of projects) {
    const what = 'the compose project that a run had left';
    if (kept === null) io.out(`ended ${what}`);
    else if (isUsed) io.out(`${what} goes on: ${kept}`);
    else {
      io.err(`could not end ${what}: ${kept}`);
      io.err(`by hand: ${byHand}`);
      io.err(forgetting(note));
    }
  }
  if (projects.some(({ kept, isUsed }) => kept !== null && !isUsed)) return 'kept';
  return projects.length === 0 ? 'nothing' : 'removed';
}
