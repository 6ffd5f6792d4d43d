import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identityOf, isAlive, type ProcessIdentity } from './local/process-identity.ts';

/** A path in the cache. There may be no place for one, which throws. */
type Place = () => string;

/** What a run has made and removes itself, on disk: where the run was killed, somebody else finds it. */
interface Held {
  readonly owner: ProcessIdentity;
  readonly what: unknown;
}

/** Writes down what this process has made, or is about to. A run goes on where that cannot be written. */
export function hold(place: Place, what: unknown): void {
  const owner = identityOf(process.pid);
  if (owner === undefined) return;
  try {
    const path = place();
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify({ owner, what } satisfies Held));
  } catch {
    // Only what comes after a kill is lost.
  }
}

export function release(place: Place): void {
  try {
    rmSync(place(), { force: true });
  } catch {
    // Whoever looks finds nothing left.
  }
}

/** What is held there by a process that is gone; undefined otherwise. */
export function leftAt(place: Place): unknown {
  try {
    const { owner, what } = JSON.parse(readFileSync(place(), 'utf8')) as Held;
    return isAlive(owner) ? undefined : what;
  } catch {
    return undefined;
  }
}

/** Paths of the JSON files of a directory, which need not be there. */
export function heldIn(place: Place): readonly string[] {
  try {
    const directory = place();
    const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
    return names.sort().map((name) => join(directory, name));
  } catch {
    return [];
  }
}
