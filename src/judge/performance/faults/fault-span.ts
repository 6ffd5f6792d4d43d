import type { Micros } from '../../../base/clock.ts';
import type { SeenChange } from '../../../cluster/faults/observe.ts';
import type { FaultRecord } from '../../../protocol/fault-record.ts';
import { median } from '../../../measure/drift.ts';
import type { PartitionSilence, Silence } from './ack-silence.ts';
import type { Span } from '../span.ts';

type Records = readonly FaultRecord[];
type Changes = readonly SeenChange[];
/** By `topic/partition`, under the name that the scenario uses. */
export type Silences = ReadonlyMap<string, readonly Silence[]>;

export function silencesByName(
  silences: readonly PartitionSilence[],
  topics: ReadonlyMap<string, string>,
): Silences {
  return new Map(
    silences.map(({ topic, partition, silences: own }) => [
      `${topics.get(topic) ?? topic}/${partition}`,
      own,
    ]),
  );
}

/** The watch looks twice a second. */
const look: Micros = 500_000;
/** Metadata shows late that a broker was let out: it is missed twice before it counts as gone, and answers take long. */
const late: Micros = 3e6;
/** Less than that is no outage, and sooner than any session ends. */
const shortestOutage: Micros = 1e6;
/** So many times as long as the usual wait for an acknowledgement of a partition is unusual. */
const unusual = 5;

/** What changed because of a fault, in order of time. */
export function changesOf({ id }: FaultRecord, changes: Changes): SeenChange[] {
  return changes.filter(({ fault }) => fault === id);
}

/**
 * When a fault began; null where it never did. What was seen only through metadata, as when nobody can be asked about
 * processes, was seen when the broker's session had ended, 9 s late by default: it began when the partitions that it
 * shrank or took the leader from acknowledged for the last time before.
 */
export function beginning(record: FaultRecord, changes: Changes, silences: Silences): Micros | null {
  const { started, source, action } = record;
  if (started === null || source === 'planned') return started;
  const own = changesOf(record, changes);
  const sign = Math.min(started, ...own.map(({ at }) => at));
  if (action !== 'down') return sign;
  const partitions = new Set(
    own.flatMap((change) => ('topic' in change ? [`${change.topic}/${change.partition}`] : [])),
  );
  const fellSilent = [...partitions].flatMap((key) => lastBefore(sign, silences.get(key) ?? []) ?? []);
  // Until the last of them the broker was there: each acknowledgement waited for it or came from it.
  return Math.min(sign, Math.max(...(fellSilent.length > 0 ? fellSilent : [sign])));
}

/** When the long silence began that a partition was in, or had just come out of, when metadata showed a change. */
function lastBefore(sign: Micros, silences: readonly Silence[]): Micros | undefined {
  const length = ({ from, to }: Silence): Micros => to - from;
  // The first silence begins, and the last ends, with the partition's own sending.
  const known = silences.filter(({ from }) => from !== -Infinity);
  const [longest] = known
    .filter(({ from, to }) => from < sign + look && to > sign - late)
    .sort((a, b) => length(b) - length(a));
  if (!longest || length(longest) < shortestOutage) return undefined;
  const others = known.filter((each) => each !== longest && each.to !== Infinity).map(length);
  if (others.length > 0 && length(longest) < unusual * median(others)) return undefined;
  return longest.from;
}

/** When it began at the earliest; null where it never did. One that nobody planned began before it was seen. */
export function onset(record: FaultRecord, changes: Changes, silences: Silences): Micros | null {
  const began = beginning(record, changes, silences);
  const { started } = record;
  if (began === null || started === null || record.source === 'planned') return began;
  const first = Math.min(started, ...changesOf(record, changes).map(({ at }) => at));
  return Math.min(began, first - look);
}

/** From the first fault that had an effect to the end of the last; null without one. */
export function faultSpan(records: Records, changes: Changes, silences: Silences): Span | null {
  const happened = records.filter(({ started, effective }) => started !== null && effective !== false);
  if (happened.length === 0) return null;
  return {
    from: Math.min(...happened.map((record) => onset(record, changes, silences)!)),
    to: Math.max(...happened.map(({ ended }) => ended ?? Infinity)),
  };
}
