import { formatDuration } from '../../base/units.ts';
import type { MeasuredValue } from './measured-value.ts';
import type { FaultResult, TrialResult } from '../../results/schema.ts';

type Trial = Pick<TrialResult, 'faults' | 'producers' | 'totals'>;

/** µs. Recovery is five seconds long: of less than that nobody can say that it did not come. */
export const recoveryTakes = 5e6;

/** Longest over faults and partitions; `scope` is a producer, whose topic's partitions count. */
export function readUnavailable(scope: string | null, { faults, producers }: Trial): MeasuredValue {
  const happened = faults.filter(({ started }) => started !== null);
  if (happened.length === 0) return { value: null, reason: 'no fault happened' };
  const topic = scope === null ? null : producers.find(({ name }) => name === scope)?.topic;
  const times = happened
    .flatMap(({ partitions }) => partitions)
    .filter((partition) => topic === null || partition.topic === topic)
    .flatMap(({ unavailable }) => unavailable ?? []);
  if (times.length === 0) return { value: null, reason: 'no acknowledgement from which it could be told' };
  return { value: Math.max(...times) };
}

/**
 * The worst over the faults that ended. Where one of them was watched for long enough and it did not come, the value
 * is `never`, which fails every upper bound; a fault that lasted to the end, or had nothing steady before it, says
 * nothing.
 */
export function readAfterwards(name: 'recovered' | 'drained', trial: Trial): MeasuredValue {
  const unmeasured = (reason: string): MeasuredValue => ({ value: null, reason });
  const happened = trial.faults.filter(({ started, effective }) => started !== null && effective !== false);
  if (happened.length === 0) return unmeasured('no fault happened');
  if (name === 'drained' && trial.totals.latency.endToEnd === null)
    return unmeasured('no consumer saw due times');
  const ended = happened.filter(({ ended }) => ended !== null);
  if (ended.length === 0) return unmeasured('the fault lasted to the end');
  const watched = ended.filter(isWatched);
  if (watched.length === 0) return unmeasured('no steady state before the fault to compare with');
  const told = watched.filter(
    (fault) => fault[name] !== null || name === 'drained' || fault.watched >= recoveryTakes,
  );
  if (told.length === 0) return unmeasured('less than 5 s were sent after the fault');
  const missed = told.find((fault) => fault[name] === null);
  if (missed) return { value: null, never: true, reason: neverText(name, missed) };
  return { value: Math.max(...told.map((fault) => fault[name]!)) };
}

type Watched = FaultResult & { readonly watched: number };

const isWatched = (fault: FaultResult): fault is Watched => fault.watched !== null;

function neverText(name: 'recovered' | 'drained', { id, watched }: Watched): string {
  return name === 'recovered'
    ? `not within the ${formatDuration(watched)} that were sent after ${id}`
    : `not everything that was sent after ${id} was received`;
}
