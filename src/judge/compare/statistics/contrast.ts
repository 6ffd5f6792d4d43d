import { criticalRankSum, rankSum } from './rank-sum.ts';
import { criticalSignedRank, signedRank } from './signed-rank.ts';
import type { Critical, Tails } from './tails.ts';

/**
 * Two sides that are compared, one number a trial: differences of pairs that ran next to each other, or two samples
 * of their own. Numbers are logarithms here, so that a difference is the logarithm of a ratio.
 */
export type Contrast =
  | { readonly kind: 'paired'; readonly differences: readonly number[] }
  | { readonly kind: 'unpaired'; readonly base: readonly number[]; readonly candidate: readonly number[] };

export interface Size {
  readonly kind: Contrast['kind'];
  /** Trials of each side; the same number, of pairs, where they are paired. */
  readonly base: number;
  readonly candidate: number;
}

export function sizeOf(contrast: Contrast): Size {
  const { kind } = contrast;
  return kind === 'paired'
    ? { kind, base: contrast.differences.length, candidate: contrast.differences.length }
    : { kind, base: contrast.base.length, candidate: contrast.candidate.length };
}

/** The contrast that would be seen had the candidate come out lower by `shift`. */
export function shifted(contrast: Contrast, shift: number): Contrast {
  return contrast.kind === 'paired'
    ? { ...contrast, differences: contrast.differences.map((each) => each - shift) }
    : { ...contrast, candidate: contrast.candidate.map((each) => each - shift) };
}

/** Against no difference: `atLeast` is small where the candidate is higher, `atMost` where it is lower. */
export function tailsAgainstNone(contrast: Contrast): Tails {
  return contrast.kind === 'paired'
    ? signedRank(contrast.differences)
    : rankSum(contrast.base, contrast.candidate);
}

/** Without ties; see criticalSignedRank and criticalRankSum. */
export function criticalFor({ kind, base, candidate }: Size, tail: number): Critical | null {
  return kind === 'paired' ? criticalSignedRank(base, tail) : criticalRankSum(base, candidate, tail);
}
