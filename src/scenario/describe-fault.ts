import { formatDuration } from '../base/units.ts';
import { targeted } from './schema/faults.ts';
import type { Scenario } from './schema.ts';

type Fault = Scenario['faults'][number];
type Target = NonNullable<Fault['stop']>;

/** `at 20.0 s: stop leaderOf orders/0 for 15.0 s`. */
export function describeFault(fault: Fault): string {
  const lasts = fault.for === undefined ? '' : ` for ${formatDuration(fault.for)}`;
  return `${trigger(fault)}: ${action(fault)}${lasts}`;
}

function trigger({ at, after }: Fault): string {
  if (after?.acked !== undefined) return `after ${after.acked} acknowledgements`;
  if (after?.healed !== undefined) {
    const stable = after.stable === undefined ? '' : ` for ${formatDuration(after.stable)}`;
    return `when ${after.healed} has been healed${stable}`;
  }
  return `at ${formatDuration(at ?? 0)}`;
}

function action(fault: Fault): string {
  for (const name of targeted) {
    const target = fault[name];
    if (target !== undefined) return `${name} ${targetText(target)}`;
  }
  const { partition, degrade, drop } = fault;
  if (partition) return `part ${partition.groups.map((group) => group.join(', ')).join(' | ')}`;
  if (degrade) return `degrade connections of ${targetText(degrade.target)}`;
  if (drop) return `drop from connections of ${targetText(drop.target)}`;
  return 'restart one broker after another';
}

function targetText(target: Target): string {
  if (typeof target === 'string') return target;
  for (const kind of ['leaderOf', 'followerOf'] as const) {
    const given = target[kind];
    if (given) return `${kind} ${given.topic}/${given.partition}`;
  }
  return `coordinatorOf ${target.coordinatorOf ?? ''}`;
}
