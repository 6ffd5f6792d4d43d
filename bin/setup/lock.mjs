// One set-up at a time, across processes. The lock is a directory that appears, already holding its owner's
// name, by rename: there is no moment at which it exists without one.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Runs `work` while holding the lock; waits for a live owner, takes over from a dead one.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {{onWait?: (pid: number) => void, pollMillis?: number, signal?: AbortSignal}} [options]
 * @returns {Promise<T>}
 */
export async function withLock(path, work, options = {}) {
  const me = describe(process.pid);
  let told = false;
  while (!take(path, me)) {
    options.signal?.throwIfAborted();
    const owner = ownerOf(path);
    if (owner !== null && !isAlive(owner)) {
      breakLock(path, owner);
      continue;
    }
    // Without an owner: released between the two calls.
    if (!told && owner !== null) {
      options.onWait?.(Number.parseInt(owner, 10));
      told = true;
    }
    await new Promise((resolve) => setTimeout(resolve, options.pollMillis ?? 200));
  }
  try {
    return await work();
  } finally {
    // Aside first: removed in place it would be empty for a moment, free to be taken and then removed from under
    // the next owner.
    if (ownerOf(path) === me) breakLock(path, me);
  }
}

/**
 * `<pid> <start time>`: pids are used again, a pid with its start time (clock ticks since boot, Linux) is not.
 * @param {number} pid
 */
export function describe(pid) {
  return `${pid} ${startTime(pid) ?? '-'}`;
}

/** @param {number} pid */
function startTime(pid) {
  try {
    // proc(5): field 22, counted after the command, which may itself hold spaces and parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** @param {string} owner */
function isAlive(owner) {
  const pid = Number.parseInt(owner, 10);
  if (!Number.isInteger(pid)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, as somebody else's.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPERM') return false;
  }
  return describe(pid) === owner;
}

/** @param {string} path @param {string} me */
function take(path, me) {
  mkdirSync(dirname(path), { recursive: true });
  const prepared = unique(path);
  mkdirSync(prepared);
  writeFileSync(join(prepared, 'owner'), me);
  return move(prepared, path) || (rmSync(prepared, { recursive: true, force: true }), false);
}

/**
 * Removes the lock of this owner. Two processes may find the same dead one; only what still carries its name may
 * go. A live lock that was moved by mistake goes back.
 * @param {string} path @param {string} owner
 */
function breakLock(path, owner) {
  const aside = unique(path);
  if (!move(path, aside)) return;
  if (ownerOf(aside) !== owner && move(aside, path)) return;
  rmSync(aside, { recursive: true, force: true });
}

/** @param {string} path */
function ownerOf(path) {
  try {
    return readFileSync(join(path, 'owner'), 'utf8');
  } catch {
    return null;
  }
}

let counter = 0;
/** @param {string} path */
const unique = (path) => `${path}.${process.pid}.${Date.now()}.${counter++}`;

/**
 * A rename onto a directory that holds something fails; that is what makes the lock exclusive.
 * @param {string} from @param {string} to
 */
function move(from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  }
}
