import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom, type Random } from '../../../base/random.ts';
import { shifted, sizeOf, tailsAgainstNone, type Contrast } from './contrast.ts';
import { equivalenceP } from './equivalence.ts';
import { intervalOf, shiftOf } from './hodges-lehmann.ts';
import { normalQuantile } from './normal.ts';
import { twoSided } from './tails.ts';

// Fractions of 2^20, so that what is subtracted is subtracted exactly.
const between = (min: number, max: number) =>
  fc.integer({ min: min * 2 ** 20, max: max * 2 ** 20 }).map((each) => each / 2 ** 20);
const number = between(-1, 1);
const numbers = (min: number, max: number) => fc.array(number, { minLength: min, maxLength: max });
const contrasts: fc.Arbitrary<Contrast> = fc.oneof(
  numbers(1, 14).map((differences): Contrast => ({ kind: 'paired', differences })),
  fc
    .tuple(numbers(1, 10), numbers(1, 10))
    .map(([base, candidate]): Contrast => ({ kind: 'unpaired', base, candidate })),
);
const alphas = fc.constantFrom(0.01, 0.02, 0.05, 0.1, 0.2, 0.3);

function hasTies(contrast: Contrast): boolean {
  const values =
    contrast.kind === 'paired'
      ? [0, ...contrast.differences.map(Math.abs)]
      : [...contrast.base, ...contrast.candidate];
  return new Set(values).size < values.length;
}

const p = (contrast: Contrast) => twoSided(tailsAgainstNone(contrast));
const normal = (random: Random) => normalQuantile(random.float() || 0.5);
const normals = (random: Random, n: number, mean = 0) =>
  Array.from({ length: n }, () => mean + normal(random));

describe('interval and p-value', () => {
  it('agree without ties: the interval excludes 0 exactly when p ≤ α', () => {
    let excluded = 0;
    fc.assert(
      fc.property(contrasts, alphas, number, (contrast, alpha, by) => {
        const moved = shifted(contrast, by);
        fc.pre(!hasTies(moved));
        const { low, high } = intervalOf(moved, alpha);
        const excludes = low > 0 || high < 0;
        if (excludes) excluded++;
        expect(excludes).toBe(p(moved) <= alpha);
      }),
      { numRuns: 5000, seed: 7 },
    );
    expect(excluded).toBeGreaterThan(500);
  });

  it('agree at every critical value, not only at those that chance meets', () => {
    for (const alpha of [0.01, 0.05, 0.1]) {
      for (let n = 4; n <= 12; n++) {
        for (let positive = 0; positive <= n; positive++) {
          // Signs on ranks 1..n: the largest are positive, which steps through the tail.
          const differences = Array.from(
            { length: n },
            (_, i) => (i + 1 + 1e-3 * i * i) * (i < n - positive ? -1 : 1),
          );
          const contrast: Contrast = { kind: 'paired', differences };
          const { low, high } = intervalOf(contrast, alpha);
          expect(low > 0 || high < 0, `n ${n}, ${positive} positive`).toBe(p(contrast) <= alpha);
        }
      }
    }
  });

  it('hold the estimate, and do not care for the order of trials', () => {
    fc.assert(
      fc.property(contrasts, alphas, (contrast, alpha) => {
        const { low, high } = intervalOf(contrast, alpha);
        const shift = shiftOf(contrast);
        expect(low).toBeLessThanOrEqual(shift);
        expect(high).toBeGreaterThanOrEqual(shift);
        const turned: Contrast =
          contrast.kind === 'paired'
            ? { ...contrast, differences: contrast.differences.toReversed() }
            : { ...contrast, base: contrast.base.toReversed(), candidate: contrast.candidate.toReversed() };
        expect(p(turned)).toBeCloseTo(p(contrast), 12);
        expect(shiftOf(turned)).toBeCloseTo(shift, 12);
      }),
      { seed: 8 },
    );
  });

  it('are unbounded and 1 where nothing can be said', () => {
    const one: Contrast = { kind: 'unpaired', base: [1], candidate: [2] };
    expect(intervalOf(one, 0.05)).toEqual({ low: -Infinity, high: Infinity, confidence: 1 });
    expect(p(one)).toBe(1);
    const same: Contrast = { kind: 'paired', differences: [0, 0, 0, 0, 0, 0, 0, 0] };
    expect(p(same)).toBe(1);
    expect(shiftOf(same)).toBe(0);
    expect(intervalOf(same, 0.05)).toMatchObject({ low: 0, high: 0 });
  });
});

describe('equivalence', () => {
  it('is what the interval of 1 − 2α inside the margin says, without ties', () => {
    let equivalent = 0;
    fc.assert(
      fc.property(contrasts, fc.constantFrom(0.05, 0.1), between(0, 1), (contrast, alpha, margin) => {
        fc.pre(!hasTies(shifted(contrast, margin)) && !hasTies(shifted(contrast, -margin)));
        const { low, high } = intervalOf(contrast, 2 * alpha);
        const inside = low > -margin && high < margin;
        if (inside) equivalent++;
        expect(equivalenceP(contrast, margin) <= alpha).toBe(inside);
      }),
      { numRuns: 3000, seed: 9 },
    );
    expect(equivalent).toBeGreaterThan(200);
  });
});

describe('over 10 000 simulated comparisons', () => {
  const runs = 10_000;

  /** Three standard errors of a share of 10 000. */
  const slack = (share: number) => 3 * Math.sqrt((share * (1 - share)) / runs);

  it.each([
    ['8 pairs', 'paired', 8, 1 - 2 * (5 / 256), 0.961],
    ['5 against 5', 'unpaired', 5, 1 - 2 * (4 / 252), 0.968],
  ] as const)('the interval of %s holds the true shift as often as it says', (_, kind, n, exact, known) => {
    const random = seededRandom(11, `coverage ${kind}`);
    const truth = 0.3;
    let held = 0;
    let alarms = 0;
    let attained = 0;
    for (let i = 0; i < runs; i++) {
      const contrast: Contrast =
        kind === 'paired'
          ? { kind, differences: normals(random, n, truth) }
          : { kind, base: normals(random, n), candidate: normals(random, n, truth) };
      const { low, high, confidence } = intervalOf(contrast, 0.05);
      attained = confidence;
      if (low <= truth && truth <= high) held++;
      if (p(shifted(contrast, truth)) <= 0.05) alarms++;
    }
    expect(attained).toBeCloseTo(exact, 12);
    expect(attained).toBeCloseTo(known, 3);
    expect(Math.abs(held / runs - exact)).toBeLessThan(slack(exact));
    expect(alarms).toBe(runs - held);
  });
});

it('counts pairs once, and trials of two sides apart', () => {
  expect(sizeOf({ kind: 'paired', differences: [1, 2, 3] })).toEqual({
    kind: 'paired',
    base: 3,
    candidate: 3,
  });
  expect(sizeOf({ kind: 'unpaired', base: [1], candidate: [1, 2] })).toEqual({
    kind: 'unpaired',
    base: 1,
    candidate: 2,
  });
});
