import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runInBackground, runInForeground } from '../../bin/setup/children.mjs';
import { openSession } from '../../bin/setup/session.mjs';
import { temporaryDirectory } from './temporary-directory.ts';

describe('children of a set-up', () => {
  async function run(script: string, options: { timeoutMillis?: number; graceMillis?: number } = {}) {
    const cwd = temporaryDirectory();
    const output = openSync(join(cwd, 'output'), 'w');
    const signal = new AbortController().signal;
    const outcome = await runInBackground(process.execPath, ['-e', script], {
      cwd,
      output,
      signal,
      ...options,
    });
    closeSync(output);
    return { ...outcome, output: readFileSync(join(cwd, 'output'), 'utf8') };
  }

  test('both outputs go to the file, the exit code comes back', async () => {
    const script = `console.log('out'); console.error('err'); process.exitCode = 3`;
    expect(await run(script)).toEqual({ code: 3, timedOut: false, output: 'out\nerr\n' });
  });

  test('one that takes too long is ended, also when it does not listen', async () => {
    const deaf = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`;
    expect(await run(deaf, { timeoutMillis: 300, graceMillis: 100 })).toMatchObject({
      code: -1,
      timedOut: true,
    });
  });

  test('a program that is not there does not throw', async () => {
    const signal = new AbortController().signal;
    const outcome = await runInBackground('/nonexistent', [], { cwd: '/', output: 1, signal });
    expect(outcome).toEqual({ code: -1, timedOut: false });
  });
});

describe('a program in the foreground', () => {
  test.each([
    ['its exit code', 'process.exitCode = 7', 7],
    ['128 and the signal that ended it', `process.kill(process.pid, 'SIGTERM')`, 143],
  ])('passes on %s', async (_, script, code) => {
    expect(await runInForeground(process.execPath, ['-e', script], '/')).toBe(code);
  });
});

describe('a set-up session', () => {
  test('prints one line a step with its seconds, and keeps the ten newest logs', async () => {
    const cache = temporaryDirectory();
    const lines: string[] = [];
    let newest = '';
    for (let i = 0; i < 12; i++) {
      const session = openSession(cache, { write: (text: string) => lines.push(text) });
      newest = session.logFile;
      if (i === 0) {
        await session.step('one', () => Promise.resolve());
        await expect(session.step('two', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
      }
      session.close();
      await new Promise((resolve) => setTimeout(resolve, 2)); // logs are named by the millisecond
    }
    expect(lines.join('')).toMatch(/^set-up: one … \d\.\d s\nset-up: two … failed after \d\.\d s\n$/);
    const kept = readdirSync(join(cache, 'logs'));
    expect(kept).toHaveLength(11); // ten, and the one being written
    expect(kept.map((name) => join(cache, 'logs', name))).toContain(newest);
  });
});
