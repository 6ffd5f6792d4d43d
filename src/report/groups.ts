import { formatDuration, formatNumber } from '../base/units.ts';
import type { GroupResult, TrialResult } from '../results/schema.ts';
import { renderTable } from './table.ts';

const header = ['group', 'members', 'rebalances', 'lag at the end', 'most', 'drained in'];

/** How far groups were behind; nothing where no lag was sampled. The run's suffix of names is left out. */
export function renderGroups({ groups }: Pick<TrialResult, 'groups'>): string[] {
  const shown = groups.filter(({ lag }) => lag !== null);
  if (shown.length === 0) return [];
  return renderTable(
    [header, ...shown.map(row)],
    header.map((_, i) => (i === 0 ? 'left' : 'right')),
  );
}

function row({ name, members, rebalanceCount, lag, drained }: GroupResult): string[] {
  return [
    name.replace(/-[0-9a-f]{8}$/, ''),
    String(members),
    rebalanceCount === undefined ? '-' : formatNumber(rebalanceCount),
    pointText(lag?.end ?? null),
    pointText(lag?.most ?? null),
    drained === undefined || drained === null ? '-' : formatDuration(drained),
  ];
}

function pointText(point: NonNullable<GroupResult['lag']>['end']): string {
  if (point === null) return '-';
  const time = point.time === null || point.messages === 0 ? '' : `, ${formatDuration(point.time)}`;
  return `${formatNumber(point.messages)}${time}`;
}
