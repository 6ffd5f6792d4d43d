import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sleep } from '../../base/clock.ts';
import { withFileLock } from './file-lock.ts';

const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-lock-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('one at a time, also after a failure', async () => {
  const path = join(directory, 'a');
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await sleep(20);
    inside--;
    throw new Error('failed inside');
  };
  await Promise.allSettled([1, 2, 3].map(() => withFileLock(path, work)));
  expect(most).toBe(1);
  expect(await withFileLock(path, () => Promise.resolve('again'))).toBe('again');
});

test("a killed holder's lock is taken over", async () => {
  const path = join(directory, 'b');
  const { pid } = spawnSync('true');
  writeFileSync(path, JSON.stringify({ pid, startTime: '1' }));
  expect(await withFileLock(path, () => Promise.resolve('mine'))).toBe('mine');
});
