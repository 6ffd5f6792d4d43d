import type { Micros } from '../../base/clock.ts';
import type { Warning } from '../../base/errors.ts';
import { formatDuration } from '../../base/units.ts';
import { brokerFaults, networkFaults, targetText } from './fault.ts';
import type { FaultEffect, FaultSpec, PlannedFault, Target, TargetSpec, Trigger } from './fault.ts';
import {
  refusal,
  refuseImpossible,
  refuseNeverFiring,
  refuseTwins,
  refuseUnknownBrokers,
} from './refusals.ts';
import type { FaultCapabilities } from './refusals.ts';

export interface FaultPlan {
  readonly faults: readonly PlannedFault[];
  readonly warnings: readonly Warning[];
}

/**
 * The timeline that a scenario's faults describe. Throws BenchError('scenario') in one line for what the cluster
 * cannot do, with a hint at what could, and for faults that could never fire.
 */
export function planFaults(specs: readonly FaultSpec[], capabilities: FaultCapabilities): FaultPlan {
  const ids = new Set(specs.flatMap((spec) => spec.id ?? []));
  const faults = specs.map((spec): PlannedFault => {
    const effect = effectOf(spec);
    const text = textOf(effect);
    const id = spec.id ?? freeId(`${effect.action}-${text}`, ids);
    ids.add(id);
    return { id, effect, targetText: text, trigger: triggerOf(spec), lasts: spec.for ?? null };
  });
  refuseTwins(faults);
  for (const fault of faults) {
    refuseImpossible(fault, capabilities);
    refuseUnknownBrokers(fault, capabilities.brokers);
    refuseNeverFiring(fault, faults);
  }
  return { faults, warnings: faults.flatMap((fault) => lateWarning(fault, capabilities.measure)) };
}

function effectOf(spec: FaultSpec): FaultEffect {
  for (const action of brokerFaults) {
    const given = spec[action];
    if (given !== undefined) return { action, target: targetOf(given) };
  }
  if (spec.rolling !== undefined) {
    if (spec.rolling !== 'all')
      throw refusal(`rolling: ${spec.rolling} is unknown`, 'rolling: all restarts one broker after another');
    return { action: 'rolling' };
  }
  if (spec.partition) {
    return { action: 'partition', target: null, change: { action: 'partition', ...spec.partition } };
  }
  if (spec.degrade) {
    const { target, ...change } = spec.degrade;
    return { action: 'degrade', target: targetOf(target), change: { action: 'degrade', ...change } };
  }
  if (spec.drop) {
    const { target, ...change } = spec.drop;
    return { action: 'drop', target: targetOf(target), change: { action: 'drop', ...change } };
  }
  if (spec.cut !== undefined) {
    return { action: 'cut', target: targetOf(spec.cut), change: { action: 'cut' } };
  }
  throw refusal('a fault without an action', `use one of ${[...brokerFaults, ...networkFaults].join(', ')}`);
}

function targetOf(spec: TargetSpec): Target {
  if (typeof spec !== 'string') {
    if (spec.leaderOf) return { kind: 'leaderOf', ...spec.leaderOf };
    if (spec.followerOf) return { kind: 'followerOf', ...spec.followerOf };
    return { kind: 'coordinatorOf', group: spec.coordinatorOf ?? '' };
  }
  return spec === 'controller' || spec === 'random' ? { kind: spec } : { kind: 'broker', name: spec };
}

function textOf(effect: FaultEffect): string {
  if (effect.action === 'rolling') return 'all';
  if (effect.target) return targetText(effect.target);
  return 'change' in effect && effect.change.action === 'partition'
    ? effect.change.groups.map((group) => group.join(',')).join(' | ')
    : '';
}

function freeId(wanted: string, taken: ReadonlySet<string>): string {
  const id = wanted
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/-+$/, '');
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? id : `${id}-${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}

function triggerOf({ at, after }: FaultSpec): Trigger {
  if (after?.acked !== undefined) return { kind: 'acked', acked: after.acked };
  if (after?.healed !== undefined) return { kind: 'healed', fault: after.healed, stable: after.stable ?? 0 };
  return { kind: 'at', at: at ?? 0 };
}

function lateWarning({ id, trigger }: PlannedFault, measure: Micros | undefined): Warning[] {
  if (measure === undefined || trigger.kind !== 'at' || trigger.at < measure) return [];
  const message = `fault ${id} is due at ${formatDuration(trigger.at)}, after the measured phase of ${formatDuration(measure)}`;
  return [{ code: 'late-fault', message }];
}
