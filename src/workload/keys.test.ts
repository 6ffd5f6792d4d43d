import { describe, expect, it } from 'vitest';
import { seededRandom } from '../base/random.ts';
import type { KeySpec } from './keys.ts';
import { createKeys } from './keys.ts';
import { Zipf } from './zipf.ts';

function keys(spec: KeySpec, seed = 1) {
  return createKeys(spec, { random: seededRandom(seed, 'keys'), producer: 'writer', wallClock: () => 0 });
}

function take(spec: KeySpec, count: number, seed = 1): (string | undefined)[] {
  const source = keys(spec, seed);
  return Array.from({ length: count }, (_, i) => source.next(i)?.toString());
}

/** Pearson's statistic against expected probabilities. */
function chiSquare(counts: readonly number[], probabilities: readonly number[], total: number): number {
  return counts.reduce(
    (sum, count, k) => sum + (count - total * probabilities[k]!) ** 2 / (total * probabilities[k]!),
    0,
  );
}

describe('createKeys', () => {
  it('gives none, a fixed key, or the index in turn', () => {
    expect(keys({ kind: 'none' }).next(0)).toBeNull();
    expect(take({ kind: 'fixed', text: 'k é' }, 2)).toEqual(['k é', 'k é']);
    expect(take({ kind: 'sequence', count: 3 }, 7)).toEqual(['0', '1', '2', '0', '1', '2', '0']);
    expect(take({ kind: 'template', text: 'user-${seq}' }, 2)).toEqual(['user-0', 'user-1']);
    expect(take({ kind: 'template', text: 'of ${producer}' }, 2)).toEqual(['of writer', 'of writer']);
  });

  it('is the same for key spaces that are and are not encoded ahead', () => {
    const far = keys({ kind: 'sequence', count: 1_000_000 });
    expect([5, 999_999, 1_000_007].map((i) => far.next(i)!.toString())).toEqual(['5', '999999', '7']);
  });

  it('draws uniformly', () => {
    const [count, total] = [50, 50_000];
    const counts = new Array<number>(count).fill(0);
    for (const key of take({ kind: 'uniform', count }, total)) counts[Number(key)]!++;
    // 49 degrees of freedom: 85.4 is exceeded once in a thousand.
    expect(chiSquare(counts, new Array<number>(count).fill(1 / count), total)).toBeLessThan(85.4);
  });

  it('repeats by seed', () => {
    for (const spec of [
      { kind: 'uniform', count: 1e6 },
      { kind: 'zipf', n: 1e6, s: 1 },
    ] as const) {
      expect(take(spec, 20, 4)).toEqual(take(spec, 20, 4));
      expect(take(spec, 20, 4)).not.toEqual(take(spec, 20, 5));
    }
  });

  it('refuses an empty key space', () => {
    expect(() => keys({ kind: 'uniform', count: 0 })).toThrow('positive whole number');
  });
});

describe('Zipf', () => {
  it.each([0, 0.5, 0.99, 1, 1.000_000_001, 1.5, 3])('has P(k) proportional to k^-s for s = %d', (s) => {
    const [n, total] = [30, 60_000];
    const weights = Array.from({ length: n }, (_, k) => (k + 1) ** -s);
    const sum = weights.reduce((a, b) => a + b);
    const zipf = new Zipf(n, s, seededRandom(11, 'zipf'));
    const counts = new Array<number>(n).fill(0);
    for (let i = 0; i < total; i++) counts[zipf.next() - 1]!++;
    // Ranks of fewer than 5 expected samples are pooled, as the test asks; 29 degrees of freedom at most.
    const frequent = weights.filter((weight) => (total * weight) / sum >= 5).length;
    const pool = (all: readonly number[]) => [
      ...all.slice(0, frequent),
      ...(frequent < n ? [all.slice(frequent).reduce((a, b) => a + b)] : []),
    ];
    const statistic = chiSquare(pool(counts), pool(weights.map((weight) => weight / sum)), total);
    expect(statistic).toBeLessThan(58.3);
  });

  it('stays in range for one key and for very many', () => {
    const one = new Zipf(1, 1.1, seededRandom(1));
    const many = new Zipf(1e9, 0.8, seededRandom(1));
    for (let i = 0; i < 1000; i++) {
      expect(one.next()).toBe(1);
      const k = many.next();
      expect(Number.isInteger(k) && k >= 1 && k <= 1e9).toBe(true);
    }
  });
});
