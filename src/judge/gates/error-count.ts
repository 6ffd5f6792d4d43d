import type { ParsedMetric } from '../../metrics/metrics.ts';
import type { TrialResult } from '../../results/schema.ts';

/** What `errors`, `writer.errors` and `errors.<CODE>` count of these. */
export function countErrors(
  { scope, statistic }: Pick<ParsedMetric, 'scope' | 'statistic'>,
  errors: readonly Pick<TrialResult['errors'][number], 'code' | 'scope' | 'count'>[],
): number {
  return errors
    .filter((error) => scope === null || error.scope === scope)
    .filter((error) => statistic === null || error.code === statistic)
    .reduce((sum, { count }) => sum + count, 0);
}
