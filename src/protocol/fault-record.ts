import type { Micros } from '../base/clock.ts';
import type { PlannedFault } from '../cluster/faults/fault.ts';

/** What became of one fault. All times are CLOCK_MONOTONIC. */
export interface FaultRecord {
  readonly id: string;
  /** `observed`: nobody planned it; it was seen. */
  readonly source: 'planned' | 'observed';
  readonly action: string;
  /** As written. */
  readonly target: string;
  /** Brokers that it hit; empty until it fires. */
  resolved: readonly string[];
  /** When it kept which broker from serving; `to` is null while it does. Empty where it acts on connections. */
  readonly hits: { readonly broker: string; readonly from: Micros; to: Micros | null }[];
  /** When it was due; null where what it waited for never came, and for observed ones. */
  planned: Micros | null;
  /** When it was asked for, and when it was in place. */
  started: Micros | null;
  injected: Micros | null;
  /** When healing began, and when it was done (the broker is back); null while it lasts. */
  healing: Micros | null;
  ended: Micros | null;
  /** Whether what must follow was seen. Null: never tried, because the run was interrupted before. */
  effective: boolean | null;
  /** What was seen, in words. */
  observed: string;
  /** What of it was not done, though some was; null where all was. */
  incomplete: string | null;
  readonly notes: string[];
}

export function newRecord({ id, effect, targetText }: PlannedFault): FaultRecord {
  return { ...empty(), id, source: 'planned', action: effect.action, target: targetText };
}

/** Nobody planned it: `broker` was seen to be down (or paused) from `started` on. */
export function observedRecord(
  id: string,
  action: string,
  broker: string,
  started: Micros,
  observed: string,
): FaultRecord {
  const seen = { resolved: [broker], started, injected: started, effective: true, observed };
  return { ...empty(), id, source: 'observed', action, target: broker, ...seen };
}

function empty() {
  return {
    resolved: [],
    hits: [],
    planned: null,
    started: null,
    injected: null,
    healing: null,
    ended: null,
    effective: null,
    observed: '',
    incomplete: null,
    notes: [],
  };
}

/** `kafka2`, or `leaderOf orders/0: kafka2`. */
export function hitText({ target, resolved }: FaultRecord): string {
  const names = resolved.join(', ');
  return names === target || names === '' ? target : `${target}: ${names}`;
}
