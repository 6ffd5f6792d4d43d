import { doubledRanks } from './ranks.ts';
import { criticalOf, tailsOf, type Critical, type Tails } from './tails.ts';

/**
 * The sum of the candidate's ranks among all values (Wilcoxon, Mann and Whitney) against all ways to choose which of
 * them are the candidate's. Exact also with ties (mid-ranks).
 */
export function rankSum(base: readonly number[], candidate: readonly number[]): Tails {
  const ranks = doubledRanks([...base, ...candidate]);
  const seen = ranks.slice(base.length).reduce((sum, rank) => sum + rank, 0);
  if (new Set(ranks).size < ranks.length) return tailsOf(sumsOfSize(ranks, candidate.length), seen);
  return tailsOf(untied(base.length, candidate.length), seen / 2 - leastSum(candidate.length));
}

const leastSum = (n: number): number => (n * (n + 1)) / 2;

/** How many of the m × n differences may lie beyond a bound of an interval that misses on that side with `tail`. */
export function criticalRankSum(m: number, n: number, tail: number): Critical | null {
  return criticalOf(untied(m, n), tail);
}

const known = new Map<string, Float64Array>();

/**
 * Of Mann and Whitney's U, 0..m × n, the rank sum less its smallest: the coefficients of the Gaussian binomial
 * Π (1 − q^(n+i)) / (1 − q^i), i = 1..m (Harding 1984). Whole numbers, exact up to 2^53.
 */
function untied(m: number, n: number): Float64Array {
  const key = `${Math.min(m, n)} ${Math.max(m, n)}`;
  let found = known.get(key);
  if (!found) {
    const ways = new Float64Array(m * n + 1);
    ways[0] = 1;
    for (let i = 1; i <= m; i++) {
      for (let u = m * n; u >= n + i; u--) ways[u]! -= ways[u - n - i]!;
      for (let u = i; u <= m * n; u++) ways[u]! += ways[u - i]!;
    }
    known.set(key, (found = shares(ways)));
  }
  return found;
}

/** How likely each sum is of `size` weights of the list, all choices being equally likely, by dynamic programming. */
function sumsOfSize(weights: readonly number[], size: number): Float64Array {
  const length = 1 + weights.reduce((sum, weight) => sum + weight, 0);
  const ways = Array.from({ length: size + 1 }, () => new Float64Array(length));
  ways[0]![0] = 1;
  let reached = 0;
  for (const [i, weight] of weights.entries()) {
    reached += weight;
    for (let chosen = Math.min(size, i + 1); chosen >= 1; chosen--) {
      const [fewer, these] = [ways[chosen - 1]!, ways[chosen]!];
      for (let sum = reached; sum >= weight; sum--) these[sum]! += fewer[sum - weight]!;
    }
  }
  return shares(ways[size]!);
}

function shares(ways: Float64Array): Float64Array {
  const all = ways.reduce((sum, count) => sum + count, 0);
  return ways.map((count) => count / all);
}
