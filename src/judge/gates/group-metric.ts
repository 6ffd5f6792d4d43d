import { parseWindow, type ParsedMetric } from '../../metrics/metrics.ts';
import { readAfterwards } from './fault-metric.ts';
import type { MeasuredValue } from './measured-value.ts';
import type { TrialResult } from '../../results/schema.ts';

type Trial = Pick<TrialResult, 'groups' | 'consumers'>;
type Group = Trial['groups'][number];
type Rebalance = Group['rebalances'][number];
type Columns = Readonly<Record<string, readonly (number | null)[]>>;

/** In the columns of a group: what one of its members received. */
export const receivedColumn = (member: string): string => `received.${member}`;

/**
 * Of a group as that of its members counts that saw most. A member sees one when partitions are taken from it, given
 * to it, or both one after the other; the first assignment at its start is one, having to leave at its end is none.
 * `scope` is a group or one of its consumers; null: all groups.
 */
export function readRebalances(scope: string | null, trial: Trial): MeasuredValue {
  const groups = groupsOf(scope, trial);
  if (groups.length === 0) return { value: null };
  return { value: groups.reduce((sum, { rebalances }) => sum + countRebalances(rebalances), 0) };
}

/** The least or the largest part of a group's messages that one member received; over groups the worst. */
export function readShare(statistic: string | null, scope: string | null, trial: Trial): MeasuredValue {
  const parts = groupsOf(scope, trial).flatMap(({ shares }) => sharesOf(Object.values(shares)));
  return extreme(statistic, parts);
}

/** The same of the messages received in the seconds from `from` on and before `to`, of the members then there. */
export function readShareWithin(
  { scope, statistic }: ParsedMetric,
  { from, to }: { readonly from: number; readonly to: number },
  trial: Trial & Pick<TrialResult, 'intervals'>,
): MeasuredValue {
  const parts = groupsOf(scope, trial).flatMap(({ name }) => {
    const columns: Columns = trial.intervals.groups?.[name] ?? {};
    const received = Object.keys(columns)
      .filter((column) => column.startsWith(receivedColumn('')))
      .map((column) => within(columns[column], from, to, trial))
      .filter((seconds) => seconds.length > 0);
    return sharesOf(received.map(sum));
  });
  return extreme(statistic, parts);
}

/** Messages behind where the measured phase ended; over groups the worst. */
export function readLag(scope: string | null, trial: Trial): MeasuredValue {
  return worstLag(scope, trial, ({ lag }) => lag?.end?.messages ?? null);
}

/** The largest lag that was sampled in a part of the measured phase, or the one nearest to a moment of it. */
export function readLagWithin(
  { scope, window }: ParsedMetric,
  part: { readonly from: number; readonly to: number } | undefined,
  trial: Trial & Pick<TrialResult, 'intervals'>,
): MeasuredValue {
  const asked = parseWindow(window ?? '');
  return worstLag(scope, trial, ({ name }) => {
    const column = trial.intervals.groups?.[name]?.['lag'];
    if (asked?.kind === 'at') {
      const second = asked.at / 1e6;
      // A look that was not answered: the one before or after it is at most a second away.
      const near = [second, second + 1, second - 1].map((at) => within(column, at, at + 1, trial)[0] ?? null);
      return near.find((lag) => lag !== null) ?? null;
    }
    const lags = part ? within(column, part.from, part.to, trial) : [];
    return lags.length === 0 ? null : Math.max(...lags);
  });
}

/**
 * With a scope, and where no fault happened: from the end of producing until the group had read everything, the worst.
 * Else until consumers had caught up after a fault.
 */
export function readDrained(
  scope: string | null,
  trial: Trial & Pick<TrialResult, 'faults' | 'producers' | 'totals'>,
): MeasuredValue {
  if (scope === null && trial.faults.some(({ started }) => started !== null))
    return readAfterwards('drained', trial);
  const groups = groupsOf(scope, trial);
  if (groups.length === 0) return { value: null, reason: 'no consumer group' };
  const times = groups.map(({ drained }) => drained ?? null);
  if (times.includes(null)) return { value: null, never: true, reason: 'not everything was read' };
  return { value: Math.max(...times.flatMap((time) => time ?? [])) };
}

function worstLag(scope: string | null, trial: Trial, lagOf: (group: Group) => number | null): MeasuredValue {
  // Those of which nothing is known at all have no commits to be behind with.
  const groups = groupsOf(scope, trial).filter(({ lag }) => lag !== null);
  if (groups.length === 0)
    return { value: null, reason: 'no lag: the group commits nothing, or the cluster has no admin requests' };
  const lags = groups.map(lagOf);
  if (lags.includes(null)) return { value: null, reason: 'not sampled then' };
  return { value: Math.max(...lags.flatMap((lag) => lag ?? [])) };
}

/** What a column holds for the seconds from `from` on and before `to`. */
function within(
  column: readonly (number | null)[] | undefined,
  from: number,
  to: number,
  { intervals: { second } }: Pick<TrialResult, 'intervals'>,
): number[] {
  return second.flatMap((at, i) => (at >= from && at < to ? (column?.[i] ?? []) : []));
}

function sharesOf(counts: readonly number[]): number[] {
  const total = sum(counts);
  return total === 0 ? [] : counts.map((count) => count / total);
}

function extreme(statistic: string | null, parts: readonly number[]): MeasuredValue {
  if (parts.length === 0) return { value: null };
  return { value: statistic === 'max' ? Math.max(...parts) : Math.min(...parts) };
}

/** As the member counts that saw most. */
export function countRebalances(rebalances: readonly Pick<Rebalance, 'member' | 'kind'>[]): number {
  const members = new Set(rebalances.map(({ member }) => member));
  const counts = [...members].map((member) => {
    const kinds = rebalances.filter((each) => each.member === member).map(({ kind }) => kind);
    // A revocation and the assignment behind it are one; a member's last revocation is its leaving.
    return kinds.filter((kind, i) => kind === 'assign' || kinds[i + 1] === 'revoke').length;
  });
  return Math.max(0, ...counts);
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

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
