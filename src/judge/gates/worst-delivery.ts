import { verdictsByGravity } from '../delivery/verdict.ts';
import type { TrialResult } from '../../results/schema.ts';

/** The first trial of the gravest delivery verdict; undefined where each passed, or none was checked. */
export function worstDelivery(trials: readonly TrialResult[]): TrialResult | undefined {
  for (const verdict of verdictsByGravity) {
    const found = trials.find(({ delivery }) => delivery.verdict === verdict);
    if (found) return found;
  }
  return undefined;
}

/** Those whose delivery was withPromise: what nobody asked for breaks nothing. */
export const withPromise = (trials: readonly TrialResult[]): TrialResult[] =>
  trials.filter(({ delivery }) => delivery.guarantee !== 'none');
