import type { Micros } from '../../../base/clock.ts';
import type { SeenChange } from '../../../cluster/faults/observe.ts';
import type { FaultRecord } from '../../../protocol/fault-record.ts';
import type { FaultResult } from '../../../results/schema.ts';
import { longestWithin, type PartitionSilence, type Silence } from './ack-silence.ts';
import { beginning, changesOf, faultSpan, onset, silencesByName, type Silences } from './fault-span.ts';
import type { KeptSecond } from '../intervals.ts';
import { drainedAfter, recoveredAfter, steadyBefore, type Reader, type Steady } from './recovery.ts';

export interface FaultEvidence {
  readonly records: readonly FaultRecord[];
  readonly changes: readonly SeenChange[];
  /** Name that the scenario uses by the name on the cluster. */
  readonly topics: ReadonlyMap<string, string>;
  readonly silences: readonly PartitionSilence[];
  /** Names that the scenario uses, of topics of which some client never told what was acknowledged. */
  readonly untold: ReadonlySet<string>;
  /** From the first message to the last answer. */
  readonly sending: Silence | null;
  /** Until then the load is meant to be the same; null where it never is, so that nothing can be compared. */
  readonly evenUntil: Micros | null;
  readonly seconds: readonly KeptSecond[];
  readonly readers: readonly Reader[];
  readonly measureStart: Micros;
}

/** What each fault did: to partitions as clients and metadata saw it, to rate and latency by the second. */
export function faultResults(evidence: FaultEvidence): FaultResult[] {
  const { records, changes, measureStart, seconds, evenUntil } = evidence;
  const silences = silencesByName(evidence.silences, evidence.topics);
  const span = faultSpan(records, changes, silences);
  // Nothing is compared with what an earlier fault had spoilt.
  const steady = span && evenUntil !== null ? steadyBefore((span.from - measureStart) / 1e6, seconds) : null;
  return records.map((record) => faultResult(record, steady, silences, evidence));
}

function faultResult(
  record: FaultRecord,
  steady: Steady | null,
  silences: Silences,
  evidence: FaultEvidence,
): FaultResult {
  const { measureStart } = evidence;
  const at = (time: Micros | null): number | null => (time === null ? null : (time - measureStart) / 1e6);
  const { id, source, action, target, resolved, effective, observed, notes } = record;
  const began = beginning(record, evidence.changes, silences);
  return {
    id,
    source,
    action,
    target,
    resolved,
    planned: at(record.planned),
    started: at(began),
    injected: at(source === 'observed' ? began : record.injected),
    healing: at(record.healing),
    ended: at(record.ended),
    effective,
    observed,
    notes,
    partitions: partitionsOf(record, silences, evidence),
    ...afterwards(record, steady, evidence),
  };
}

function afterwards(
  { ended, effective }: FaultRecord,
  steady: Steady | null,
  { evenUntil, seconds, readers, measureStart }: FaultEvidence,
): Pick<FaultResult, 'watched' | 'recovered' | 'drained'> {
  if (ended === null || effective === false || steady === null || evenUntil === null)
    return { watched: null, recovered: null, drained: null };
  const at = (ended - measureStart) / 1e6;
  return {
    watched: Math.max(0, evenUntil - ended),
    recovered: recoveredAfter(at, (evenUntil - measureStart) / 1e6, seconds, steady),
    drained: readers.length === 0 ? null : drainedAfter(at, seconds, steady, readers),
  };
}

function partitionsOf(
  record: FaultRecord,
  silences: Silences,
  evidence: FaultEvidence,
): FaultResult['partitions'] {
  const { untold, sending, measureStart } = evidence;
  const { ended } = record;
  const began = beginning(record, evidence.changes, silences);
  const from = onset(record, evidence.changes, silences);
  if (began === null || from === null) return [];
  const changes = changesOf(record, evidence.changes).filter((change) => 'topic' in change);
  const inSyncSets = evidence.changes.filter((change) => change.kind === 'in-sync');
  const changedAlone = changes.map(({ topic, partition }) => `${topic}/${partition}`);
  const seconds = (time: Micros): number => (time - measureStart) / 1e6;
  return [...new Set([...silences.keys(), ...changedAlone])]
    .map((key) => {
      const [topic, partition] = split(key);
      const own = silences.get(key);
      const of = changes.filter((change) => change.topic === topic && change.partition === partition);
      const shrunk = of
        .filter((change) => change.kind === 'in-sync')
        .find((change) => change.to.length < change.from.length);
      // Full is what it was before it shrank, whichever fault has brought the last replica back.
      const full =
        shrunk &&
        inSyncSets.find(
          (change) =>
            change.topic === topic &&
            change.partition === partition &&
            change.at > shrunk.at &&
            shrunk.from.every((id) => change.to.includes(id)),
        );
      return {
        topic,
        partition,
        detected: of[0] ? Math.max(0, of[0].at - began) : null,
        unavailable:
          own === undefined || sending === null || untold.has(topic)
            ? null
            : longestWithin(own, { from, to: ended ?? Infinity }, sending),
        leaders: of.flatMap((change) =>
          change.kind === 'leader' ? [{ at: seconds(change.at), from: change.from, to: change.to }] : [],
        ),
        isrShrunk: shrunk ? seconds(shrunk.at) : null,
        isrFull: full ? seconds(full.at) : null,
      };
    })
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}

/** A topic's name holds no slash. */
function split(key: string): [topic: string, partition: number] {
  const at = key.lastIndexOf('/');
  return [key.slice(0, at), Number(key.slice(at + 1))];
}
