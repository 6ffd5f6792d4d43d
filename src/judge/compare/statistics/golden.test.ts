import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tailsAgainstNone, type Contrast } from './contrast.ts';
import { intervalOf, shiftOf } from './hodges-lehmann.ts';
import { holm } from './holm.ts';
import { normalQuantile } from './normal.ts';
import { twoSided } from './tails.ts';

interface Case {
  readonly p: number;
  readonly greater: number;
  readonly less: number;
  readonly shift: number;
  readonly intervals?: Readonly<Record<string, readonly [number | null, number | null]>>;
}
type Paired = Case & { readonly differences: readonly number[] };
type Unpaired = Case & { readonly base: readonly number[]; readonly candidate: readonly number[] };

/** Made by golden/make_golden.py. */
const golden = JSON.parse(readFileSync(new URL('./golden/scipy.json', import.meta.url), 'utf8')) as {
  readonly scipy: string;
  readonly paired: readonly Paired[];
  readonly pairedTies: readonly Paired[];
  readonly unpaired: readonly Unpaired[];
  readonly unpairedTies: readonly Unpaired[];
  readonly large: { readonly paired: Paired; readonly unpaired: Unpaired };
  readonly normalQuantile: readonly (readonly [number, number])[];
  readonly holm: { readonly ps: readonly number[]; readonly adjusted: readonly number[] };
};

function check(contrast: Contrast, expected: Case): void {
  const tails = tailsAgainstNone(contrast);
  expect(twoSided(tails)).toBeCloseTo(expected.p, 12);
  expect(tails.atLeast).toBeCloseTo(expected.greater, 12);
  expect(tails.atMost).toBeCloseTo(expected.less, 12);
  expect(shiftOf(contrast)).toBeCloseTo(expected.shift, 12);
  for (const [confidence, [low, high]] of Object.entries(expected.intervals ?? {})) {
    const interval = intervalOf(contrast, (100 - Number(confidence)) / 100);
    expect([interval.low, interval.high]).toEqual([
      low === null ? -Infinity : expect.closeTo(low, 12),
      high === null ? Infinity : expect.closeTo(high, 12),
    ]);
  }
}

describe(`agrees with SciPy ${golden.scipy}`, () => {
  it.each(golden.paired.map((each) => [each.differences.length, each] as const))(
    'on %i pairs',
    (_, { differences, ...expected }) => check({ kind: 'paired', differences }, expected),
  );

  it.each(golden.pairedTies.map((each) => [each.differences.join(' '), each] as const))(
    'on pairs with ties or zeros: %s',
    (_, { differences, ...expected }) => check({ kind: 'paired', differences }, expected),
  );

  it.each(golden.unpaired.map((each) => [each.base.length, each.candidate.length, each] as const))(
    'on %i against %i',
    (_m, _n, { base, candidate, ...expected }) => check({ kind: 'unpaired', base, candidate }, expected),
  );

  it.each(golden.unpairedTies.map((each) => [each.base.join(' '), each.candidate.join(' '), each] as const))(
    'with ties: %s against %s',
    (_m, _n, { base, candidate, ...expected }) => check({ kind: 'unpaired', base, candidate }, expected),
  );

  it('on many trials', () => {
    const { paired, unpaired } = golden.large;
    check({ kind: 'paired', differences: paired.differences }, paired);
    check({ kind: 'unpaired', base: unpaired.base, candidate: unpaired.candidate }, unpaired);
  });

  it.each(golden.normalQuantile)('on the normal quantile of %f', (p, value) => {
    expect(normalQuantile(p)).toBeCloseTo(value, 7);
  });
});

it('adjusts as Holm’s closed family of Bonferroni tests does', () => {
  expect(holm(golden.holm.ps)).toEqual(golden.holm.adjusted.map((p) => expect.closeTo(p, 12) as number));
});
