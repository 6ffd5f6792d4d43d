import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../base/random.ts';
import { tailsAgainstNone, type Contrast, type Size } from './contrast.ts';
import { equivalenceP } from './equivalence.ts';
import { intervalOf, shiftOf } from './hodges-lehmann.ts';
import { normalQuantile } from './normal.ts';
import { canDecide, detectableShift, minimumTrials, standardError, trialsNeeded } from './power.ts';
import { twoSided } from './tails.ts';

describe('minimumTrials', () => {
  // The smallest two-sided p is 2 / 2^n paired and 2 / C(2n, n) unpaired.
  it.each([
    ['paired', 1, 6],
    ['paired', 3, 7],
    ['paired', 6, 8],
    ['unpaired', 1, 4],
    ['unpaired', 3, 5],
    ['unpaired', 6, 5],
    ['unpaired', 23, 6],
  ] as const)('%s with %i gated metrics: %i', (kind, family, trials) => {
    expect(minimumTrials(kind, { alpha: 0.05, family })).toBe(trials);
  });

  it('takes sides of different size', () => {
    const decide = (base: number, candidate: number) =>
      canDecide({ kind: 'unpaired', base, candidate }, { alpha: 0.05, family: 1 });
    expect(decide(3, 5)).toBe(true); // 2 / 56
    expect(decide(3, 4)).toBe(false); // 2 / 35
    expect(decide(1, 39)).toBe(true); // 2 / 40
    expect(decide(1, 38)).toBe(false); // 2 / 39
  });
});

const aim = { margin: Math.log(1.05), alpha: 0.05, family: 1 };

function simulate(size: Size, noise: number, shift: number, runs: number, stream: string): Contrast[] {
  const random = seededRandom(5, stream);
  const draw = (n: number, mean: number) =>
    Array.from({ length: n }, () => mean + noise * normalQuantile(random.float() || 0.5));
  return Array.from({ length: runs }, () =>
    size.kind === 'paired'
      ? { kind: 'paired', differences: draw(size.base, shift) }
      : { kind: 'unpaired', base: draw(size.base, 0), candidate: draw(size.candidate, shift) },
  );
}

const isRegression = (contrast: Contrast) =>
  twoSided(tailsAgainstNone(contrast)) <= aim.alpha && shiftOf(contrast) >= aim.margin;

describe.each([
  ['paired', 8],
  ['paired', 12],
  ['unpaired', 5],
  ['unpaired', 10],
] as const)('%s, %i trials a side', (kind, n) => {
  const size: Size = { kind, base: n, candidate: n };
  const noise = 0.05;
  const trueError = kind === 'paired' ? noise / Math.sqrt(n) : noise * Math.sqrt(2 / n);
  const runs = 1500;
  const errors = simulate(size, noise, 0, runs, 'error').map((each) =>
    standardError(intervalOf(each, aim.alpha)),
  );
  /** What a comparison sees of the noise, on average. */
  const error = errors.reduce((sum, each) => sum + each, 0) / runs;

  it('takes the standard error from the interval, with what few trials leave unknown', () => {
    expect(error / trueError).toBeGreaterThan(1);
    expect(error / trueError).toBeLessThan(1.25);
  });

  it('finds an effect that it calls detectable about 4 times in 5, and half of it rarely', () => {
    const shift = detectableShift(error, size, aim);
    const found = (by: number) =>
      simulate(size, noise, by, runs, `found ${by}`).filter(isRegression).length / runs;
    expect(found(shift)).toBeGreaterThan(0.75);
    expect(found(shift)).toBeLessThan(0.95);
    expect(found(shift / 2)).toBeLessThan(0.4);
  });

  it('needs as many trials as it says to tell no difference from the margin', () => {
    const needed = trialsNeeded(error, size, aim)!;
    const then: Size = { kind, base: needed, candidate: needed };
    const told = simulate(then, noise, 0, 500, 'needed').filter(
      (each) => equivalenceP(each, aim.margin) <= aim.alpha,
    );
    expect(told.length / 500).toBeGreaterThan(0.75);
    expect(told.length / 500).toBeLessThan(0.95);
  });
});

it('gives up on what a thousand trials would not tell', () => {
  const size: Size = { kind: 'paired', base: 8, candidate: 8 };
  expect(trialsNeeded(5, size, aim)).toBeNull();
  expect(detectableShift(0.1, { ...size, base: 5, candidate: 5 }, aim)).toBe(Infinity);
});

it('without noise sees everything from the margin on, with the fewest trials', () => {
  const size: Size = { kind: 'paired', base: 8, candidate: 8 };
  expect(detectableShift(0, size, aim)).toBe(aim.margin);
  expect(trialsNeeded(0, size, aim)).toBe(6);
});
