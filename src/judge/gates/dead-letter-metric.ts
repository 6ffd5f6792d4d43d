import type { MeasuredValue } from './measured-value.ts';
import type { TrialResult } from '../../results/schema.ts';

/**
 * Dead letters that consumers wrote; null where none of them may write any. `scope` is a consumer or a group, whose
 * name a trial lengthens by eight digits; null is the run. Whether they are all there is the verdict's business.
 */
export function readDeadLettered(
  scope: string | null,
  { consumers }: Pick<TrialResult, 'consumers'>,
): MeasuredValue {
  const named = consumers.filter(({ name }) => name === scope);
  const of =
    scope === null
      ? consumers
      : named.length > 0
        ? named
        : consumers.filter((each) => isIn(each.group, scope));
  const counts = of.flatMap(({ deadLettered }) => deadLettered ?? []);
  return { value: counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0) };
}

function isIn(group: string | null, scope: string): boolean {
  if (group === null || !group.startsWith(scope)) return false;
  return group === scope || /^-[0-9a-f]{8}$/.test(group.slice(scope.length));
}
