import type { MeasuredValue } from './measured-value.ts';
import type { TrialResult } from './schema.ts';

type Trial = Pick<TrialResult, 'groups' | 'consumers'>;
type Group = Trial['groups'][number];

/**
 * Of a group as that of its members counts that saw most: every rebalance gives each member that is there an
 * assignment, the first one at its start included. `scope` is a group or one of its consumers; null: all groups.
 */
export function readRebalances(scope: string | null, trial: Trial): MeasuredValue {
  const groups = groupsOf(scope, trial);
  if (groups.length === 0) return { value: null };
  return { value: groups.reduce((sum, group) => sum + mostAssignments(group), 0) };
}

/** The least or the largest part of a group's messages that one member received; over groups the worst. */
export function readShare(statistic: string | null, scope: string | null, trial: Trial): MeasuredValue {
  const shares = groupsOf(scope, trial).flatMap(({ shares: received }) => {
    const counts = Object.values(received);
    const total = counts.reduce((sum, count) => sum + count, 0);
    return total === 0 ? [] : counts.map((count) => count / total);
  });
  if (shares.length === 0) return { value: null };
  return { value: statistic === 'max' ? Math.max(...shares) : Math.min(...shares) };
}

function mostAssignments({ rebalances }: Group): number {
  const assigned = rebalances.filter(({ kind }) => kind === 'assign').map(({ member }) => member);
  return Math.max(0, ...assigned.map((member) => assigned.filter((other) => other === member).length));
}

/** Groups have the scenario's names, to which a trial adds eight digits. */
function groupsOf(scope: string | null, { groups, consumers }: Trial): readonly Group[] {
  if (scope === null) return groups;
  const consumer = consumers.find(({ name }) => name === scope);
  return groups.filter(
    ({ name }) =>
      name === (consumer ? consumer.group : scope) ||
      (!consumer && name.startsWith(`${scope}-`) && /^[0-9a-f]{8}$/.test(name.slice(scope.length + 1))),
  );
}
