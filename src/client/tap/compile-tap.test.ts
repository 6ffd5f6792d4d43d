import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test as always } from 'vitest';
import { missing } from '../../../test/requirements.ts';
import { compileTap } from './compile-tap.ts';

const test = always.skipIf(missing('c-compiler'));

function cache(more: Record<string, string> = {}): { env: NodeJS.ProcessEnv; directory: string } {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-tap-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return { env: { ...process.env, KAFKA_BENCH_CACHE: directory, ...more }, directory };
}

test('it is compiled once; several at once end with one whole library', async () => {
  const { env, directory } = cache();
  const libraries = await Promise.all([compileTap(env), compileTap(env), compileTap(env)]);
  expect(new Set(libraries).size).toBe(1);
  expect(readdirSync(join(directory, 'tap'))).toHaveLength(1);
  const { ino } = statSync(libraries[0]);
  // With what is in the cache nobody looks for a compiler.
  expect(await compileTap({ ...env, CC: 'no-such-compiler' })).toBe(libraries[0]);
  expect(statSync(libraries[0]).ino).toBe(ino);
});

test('without a compiler it says so, and what to do', async () => {
  const { env, directory } = cache({ CC: 'no-such-compiler' });
  await expect(compileTap(env)).rejects.toMatchObject({
    code: 'setup',
    message: 'there is no C compiler: no-such-compiler is not found',
    hint: expect.stringContaining('--ack-source delivery-reports') as string,
  });
  expect(readdirSync(join(directory, 'tap'))).toEqual([]);
});

test('a compiler that fails leaves nothing behind', async () => {
  const { env, directory } = cache();
  const compiler = join(directory, 'cc');
  writeFileSync(compiler, '#!/bin/sh\necho "stdint.h: no such file" >&2\nexit 1\n');
  chmodSync(compiler, 0o755);
  await expect(compileTap({ ...env, CC: compiler })).rejects.toThrow(
    'cannot compile the tap: stdint.h: no such file',
  );
  expect(readdirSync(join(directory, 'tap'))).toEqual([]);
});
