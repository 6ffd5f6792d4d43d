import { describe, expect, it } from 'vitest';
import { runResultOf } from '../results/sample.case.ts';
import { interleave, type InterleavedSide } from './interleave.ts';
import type { RunOutcome } from '../trial/trial.ts';

const completed = runResultOf({ outcome: { state: 'completed' } });
const failed = runResultOf({ outcome: { state: 'failed', phase: 'measure', reason: 'broken' } });

function scene(failsAt = Infinity) {
  const ran: string[] = [];
  const side = (name: string): InterleavedSide => ({
    name,
    run: ({ block, order }) => {
      ran.push(`${block}${name}${order}`);
      const result = ran.length >= failsAt ? failed : completed;
      return Promise.resolve({ result, files: {} } as unknown as RunOutcome);
    },
  });
  const run = (seed: number, blocks = 8, stop?: AbortSignal) =>
    interleave([side('a'), side('b')], { blocks, seed, stop, tell: () => undefined });
  return { ran, run };
}

describe('interleaving', () => {
  it('runs each side once in every block, in an order drawn from the seed', async () => {
    const { ran, run } = scene();
    expect(await run(1)).toBe(8);
    expect(ran).toHaveLength(16);
    for (let block = 0; block < 8; block++) {
      const own = ran.slice(2 * block, 2 * block + 2);
      expect([...own].sort()).toEqual(
        own[0]!.includes('a') ? [`${block}a0`, `${block}b1`] : [`${block}a1`, `${block}b0`],
      );
    }
    const again = scene();
    await again.run(1);
    expect(again.ran).toEqual(ran);
  });

  it('lets each side go first about as often as the other', async () => {
    let first = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { ran, run } = scene();
      await run(seed, 10);
      first += ran.filter((each) => each.endsWith('a0')).length;
    }
    // 1000 coins: six standard deviations around 500.
    expect(Math.abs(first - 500)).toBeLessThan(95);
  });

  it('ends with a trial that does not complete, and counts whole blocks', async () => {
    const { ran, run } = scene(4);
    expect(await run(3)).toBe(1);
    expect(ran).toHaveLength(4);
  });

  it('starts nothing more once it is to stop', async () => {
    const { ran, run } = scene();
    expect(await run(3, 8, AbortSignal.abort())).toBe(0);
    expect(ran).toEqual([]);
  });
});
