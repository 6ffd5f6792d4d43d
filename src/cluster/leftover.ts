import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identityOf, isAlive, type ProcessIdentity } from './local/process-identity.ts';

/** A path in the cache. There may be no place for one, which throws. */
type Place = () => string;

/** What a process has made or uses, on disk: where it was killed, somebody else finds it. */
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
    // Whole or not at all: who reads half of it would take it for nobody's.
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, JSON.stringify({ owner, what } satisfies Held));
    renameSync(temporary, path);
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

/** Who holds what is there, gone or not; undefined where nothing is, or nothing that can be read. */
export function ownerAt(place: Place): ProcessIdentity | undefined {
  return heldAt(place)?.owner;
}

/** What is held there by a process that is gone; undefined otherwise. */
export function leftAt(place: Place): unknown {
  const held = heldAt(place);
  return held === undefined || isAlive(held.owner) ? undefined : held.what;
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

function heldAt(place: Place): Held | undefined {
  try {
    const held = JSON.parse(readFileSync(place(), 'utf8')) as Held;
    const { pid, startTime } = held.owner;
    return typeof pid === 'number' && typeof startTime === 'string' ? held : undefined;
  } catch {
    return undefined;
  }
}
