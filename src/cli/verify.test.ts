import { describe, expect, it } from 'vitest';
import { skippedBelow } from '../../test/requirements.ts';
import { main } from './main.ts';

async function run(...args: string[]): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const io = { out: (text: string) => lines.push(text), err: (text: string) => lines.push(text) };
  const code = await main(['verify', 'selftest', ...args], io);
  return { code, text: lines.join('\n') };
}

describe('verify selftest', () => {
  it.skipIf(skippedBelow('all'))('passes, and says how well', async () => {
    const { code, text } = await run('--seed', '3');
    expect(text).toMatch(/^recall +100 %$/m);
    expect(text).toMatch(/^false pos\. +0$/m);
    expect(text).toMatch(/^reference +10 000 of 10 000 random traces judged alike$/m);
    expect(text).toContain('with seed 3');
    expect(code).toBe(0);
  });

  it('refuses a detector that it does not have', async () => {
    expect(await run('--disable', 'duplicates')).toEqual({
      code: 2,
      text: 'error: there is no detector duplicates\nhint: did you mean duplicate?',
    });
  });
});
