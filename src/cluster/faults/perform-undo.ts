import { within } from './timing.ts';
import { describeUndo } from './undo.ts';
import type { Undo, Undone } from './undo.ts';

/** A start waits until the broker is registered or healthy; an overloaded machine takes a minute. */
const limitMillis = 120_000;

/**
 * Undoes one change, and only that: what is as it was before stays untouched, so it may be repeated. Each call has a
 * time limit of its own, whatever ended the run.
 */
export async function performUndo(undo: Undo): Promise<Undone> {
  return within(perform(undo), limitMillis, describeUndo(undo));
}

async function perform(undo: Undo): Promise<Undone> {
  // Loaded when needed: the watchdog waits for hours without any of it.
  switch (undo.kind) {
    case 'local':
      return (await import('./drivers/local.ts')).undoLocal(undo);
    case 'docker':
      return (await import('./drivers/docker-undo.ts')).undoDocker(undo);
    case 'network':
      return (await import('./drivers/docker-networks.ts')).undoNetworks(undo);
    case 'side-networks':
      return (await import('./drivers/side-networks.ts')).removeSideNetworks(undo);
    case 'command':
      return (await import('./drivers/exec.ts')).undoCommand(undo);
  }
}
