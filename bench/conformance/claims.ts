import type { Check } from './check.ts';
import { faultOf, longestUnavailable, type Observed } from './observed.ts';

/** Kinds that say that something could not be judged; `audited` asks for them. */
const undecided: ReadonlySet<string> = new Set(['hang', 'unaudited', 'unseen', 'unread']);

const never = (holds: boolean, found: string): Check => ({ kind: 'never', holds, found });
const condition = (holds: boolean, found: string): Check => ({ kind: 'condition', holds, found });
const shown = (holds: boolean, found: string): Check => ({ kind: 'shown', holds, found });

/** The whole log was read; otherwise what is missing may only not have been found. */
export function audited({ delivery: { coverage, unaudited, anomalies, acked, sent } }: Observed): Check {
  if (coverage === null) return condition(false, 'not audited');
  const { partitions, partitionsRead, tail } = coverage;
  const complete =
    partitionsRead === partitions && !tail && unaudited === 0 && (anomalies['hang'] ?? 0) === 0;
  if (!complete) return condition(false, `audit incomplete: ${unaudited ?? '?'} messages unaudited`);
  return condition(acked + sent > 0, `${acked + sent} ${acked > 0 ? 'acked' : 'sent'}`);
}

/** Each fault has been seen to have its effect. */
export function effective({ faults }: Observed): Check[] {
  return faults
    .filter(({ source }) => source === 'planned')
    .map(({ id, effective, observed }) => condition(effective === true, `${id}: ${observed}`));
}

/** Nothing befell the cluster that the row did not ask for. */
export function undisturbed({ faults }: Observed): Check {
  const others = faults.filter(({ source }) => source === 'observed').map(({ observed }) => observed);
  return condition(others.length === 0, others.length === 0 ? '' : `unplanned: ${others.join('; ')}`);
}

export function leaderMoved(observed: Observed, id: string): Check {
  const moves = faultOf(observed, id).partitions.reduce((sum, { leaders }) => sum + leaders.length, 0);
  return condition(moves > 0, moves > 0 ? '' : `${id} moved no leader`);
}

/** A fault that nobody felt shows nothing. Gaps under 50 ms are not kept, so that 0 is possible. */
export function unavailable(observed: Observed, moreThanSeconds: number): Check {
  const longest = longestUnavailable(observed);
  return condition(longest > moreThanSeconds, `unavailable ${longest.toFixed(1)} s`);
}

/** At least as long as theory says: a session, a time-out. */
export function unavailableFor(observed: Observed, seconds: number): Check {
  const longest = longestUnavailable(observed);
  return shown(longest >= seconds, longest >= seconds ? '' : `unavailable for less than ${seconds} s`);
}

export function nothingLost({ delivery: { lost } }: Observed): Check {
  return never(lost === 0, `lost ${lost ?? '?'}`);
}

/** No anomaly but those that the row permits; the loss has a claim of its own. */
export function noneBut({ delivery: { anomalies } }: Observed, permitted: readonly string[]): Check {
  const found = Object.entries(anomalies).filter(
    ([kind, count]) => count > 0 && kind !== 'lost' && !permitted.includes(kind) && !undecided.has(kind),
  );
  return never(found.length === 0, found.map(([kind, count]) => `${kind} ${count}`).join(', '));
}

export function noAnomaly({ delivery: { anomalies } }: Observed, kind: string): Check {
  const count = anomalies[kind] ?? 0;
  return never(count === 0, `${kind} ${count}`);
}

export function anomaly({ delivery: { anomalies } }: Observed, kind: string): Check {
  const count = anomalies[kind] ?? 0;
  return shown(count >= 1, `${kind} ${count}`);
}

/** The run's own verdict agrees with the row. */
export function verdictPasses({ delivery: { verdict, reasons } }: Observed): Check[] {
  const text = verdict === 'PASS' ? '' : `verdict ${verdict}: ${reasons[0] ?? ''}`;
  return [never(verdict !== 'FAIL' && verdict !== 'HANG', text), condition(verdict === 'PASS', '')];
}

export function count(what: string, value: number | null): Check {
  return shown((value ?? 0) >= 1, `${what} ${value ?? '?'}`);
}

export { condition, never, shown };
