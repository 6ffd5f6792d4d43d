import type { Micros } from '../base/clock.ts';
import type { SeenChange } from '../faults/observe.ts';
import type { FaultRecord } from '../faults/record.ts';
import type { Span } from './span.ts';

type Records = readonly FaultRecord[];
type Changes = readonly SeenChange[];

/** The watch looks twice a second. */
const look: Micros = 500_000;
/** A clean shutdown moves leaders first; on a busy machine the broker is gone only seconds later. */
const before: Micros = 10e6;

/**
 * What changed because of a fault, in order of time. An observed fault is named only when its broker is missed: what
 * changed shortly before and has no other cause is part of it.
 */
export function changesOf({ id, source, started }: FaultRecord, changes: Changes): SeenChange[] {
  if (started === null) return [];
  const since = source === 'observed' ? started - before : started;
  return changes.filter(
    ({ fault, at }) => at >= since && (fault === id || (fault === null && at <= started + look)),
  );
}

/** When it began at the earliest; null where it never did. One that nobody planned began before it was seen. */
export function onset(record: FaultRecord, changes: Changes): Micros | null {
  const { started, source } = record;
  if (started === null || source === 'planned') return started;
  return Math.min(started, ...changesOf(record, changes).map(({ at }) => at)) - look;
}

/** From the first fault that had an effect to the end of the last; null without one. */
export function faultSpan(records: Records, changes: Changes): Span | null {
  const happened = records.filter(({ started, effective }) => started !== null && effective !== false);
  if (happened.length === 0) return null;
  return {
    from: Math.min(...happened.map((record) => onset(record, changes)!)),
    to: Math.max(...happened.map(({ ended }) => ended ?? Infinity)),
  };
}
