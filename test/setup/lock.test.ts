import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { describe as describeOwner, withLock } from '../../bin/setup/lock.mjs';
import { temporaryDirectory, writeBelow } from './temporary-directory.ts';

const lockModule = new URL('../../bin/setup/lock.mjs', import.meta.url).href;
const pollMillis = 5;

/** Reads, waits and writes back a counter under the lock: any overlap loses a count. */
const countUp = `
  const [, lock, file, rounds] = process.argv;
  const { withLock } = await import(${JSON.stringify(lockModule)});
  const { readFileSync, writeFileSync } = await import('node:fs');
  for (let i = 0; i < Number(rounds); i++) {
    await withLock(lock, async () => {
      const count = Number(readFileSync(file, 'utf8'));
      await new Promise((resolve) => setImmediate(resolve));
      writeFileSync(file, String(count + 1));
    }, { pollMillis: 0 });
  }`;

async function countInProcesses(folder: string, processes: number, rounds: number): Promise<number> {
  const file = writeBelow(folder, 'count', '0');
  const args = ['--input-type=module', '-e', countUp, join(folder, 'lock'), file, String(rounds)];
  await Promise.all(Array.from({ length: processes }, () => promisify(execFile)(process.execPath, args)));
  return Number(readFileSync(file, 'utf8'));
}

describe('set-up lock', () => {
  test('processes take turns', async () => {
    expect(await countInProcesses(temporaryDirectory(), 6, 50)).toBe(300);
  });

  test('processes that find the same dead owner still take turns', async () => {
    const folder = temporaryDirectory();
    writeBelow(folder, 'lock/owner', '4194303 1');
    expect(await countInProcesses(folder, 6, 10)).toBe(60);
  });

  test('waits for a live owner, says so once, and takes over when it is released', async () => {
    const lock = join(temporaryDirectory(), 'lock');
    const order: string[] = [];
    let release = (): void => undefined;
    const first = withLock(lock, () => new Promise<void>((resolve) => (release = resolve)));
    const waits: number[] = [];
    const second = withLock(lock, () => Promise.resolve(order.push('second')), {
      pollMillis,
      onWait: (pid: number) => waits.push(pid),
    });
    await new Promise((resolve) => setTimeout(resolve, 10 * pollMillis));
    order.push('first');
    release();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
    expect(waits).toEqual([process.pid]);
  });

  test.each([
    ['a pid that is gone', '4194303 1'],
    ['a pid that now belongs to another process', `${process.pid} 1`],
    ['a damaged owner', 'nonsense'],
  ])('takes over from %s', async (_, owner) => {
    const lock = join(temporaryDirectory(), 'lock');
    writeBelow(lock, 'owner', owner);
    let inside = '';
    await withLock(lock, () => Promise.resolve((inside = readFileSync(join(lock, 'owner'), 'utf8'))), {
      pollMillis,
    });
    expect(inside).toBe(describeOwner(process.pid));
  });

  test('is released, with nothing left beside it, also when the work fails', async () => {
    const folder = temporaryDirectory();
    const failing = withLock(join(folder, 'lock'), () => Promise.reject(new Error('work')));
    await expect(failing).rejects.toThrow('work');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('waiting ends when the signal is given', async () => {
    const lock = join(temporaryDirectory(), 'lock');
    writeBelow(lock, 'owner', describeOwner(process.pid));
    const abort = new AbortController();
    const waiting = withLock(lock, () => Promise.resolve(), { pollMillis, signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(existsSync(lock)).toBe(true);
    writeFileSync(join(lock, 'owner'), 'not held by us');
  });
});
