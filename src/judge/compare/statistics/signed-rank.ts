import { doubledRanks } from './ranks.ts';
import { criticalOf, tailsOf, type Critical, type Tails } from './tails.ts';

/**
 * Wilcoxon's signed-rank statistic of paired differences, the sum of the ranks of the positive ones, against all 2^n
 * signs that they could have had. Exact also with ties (mid-ranks) and zeros, which are ranked and then left out
 * (Pratt 1959). For n without ties this is the distribution that tables give.
 */
export function signedRank(differences: readonly number[]): Tails {
  const ranks = doubledRanks(differences.map(Math.abs));
  const positive = ranks.filter((_, i) => differences[i]! > 0).reduce((sum, rank) => sum + rank, 0);
  if (!differences.includes(0) && new Set(ranks).size === ranks.length)
    return tailsOf(untied(ranks.length), positive / 2);
  const signed = ranks.filter((_, i) => differences[i] !== 0);
  return tailsOf(subsetSums(signed), positive);
}

/** How many of the n(n+1)/2 Walsh averages may lie beyond a bound of an interval that misses on that side with `tail`. */
export function criticalSignedRank(n: number, tail: number): Critical | null {
  return criticalOf(untied(n), tail);
}

const known = new Map<number, Float64Array>();

function untied(n: number): Float64Array {
  let found = known.get(n);
  if (!found) known.set(n, (found = subsetSums(Array.from({ length: n }, (_, i) => i + 1))));
  return found;
}

/** How likely each sum of weights is where every one is in or out by the toss of a coin, by dynamic programming. */
function subsetSums(weights: readonly number[]): Float64Array {
  const probabilities = new Float64Array(1 + weights.reduce((sum, weight) => sum + weight, 0));
  probabilities[0] = 1;
  let reached = 0;
  for (const weight of weights) {
    reached += weight;
    for (let sum = reached; sum >= 0; sum--) {
      const without = probabilities[sum]!;
      probabilities[sum] = (without + (sum >= weight ? probabilities[sum - weight]! : 0)) / 2;
    }
  }
  return probabilities;
}
