import type { Micros } from '../base/clock.ts';
import type { SeenChange } from '../faults/observe.ts';
import type { FaultRecord } from '../faults/record.ts';
import type { FaultResult } from '../results/schema.ts';
import { longestWithin, type PartitionSilence, type Silence } from './ack-silence.ts';
import { changesOf, faultSpan, onset } from './fault-span.ts';
import type { KeptSecond } from './intervals.ts';
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
  const span = faultSpan(records, changes);
  // Nothing is compared with what an earlier fault had spoilt.
  const steady = span && evenUntil !== null ? steadyBefore((span.from - measureStart) / 1e6, seconds) : null;
  return records.map((record) => faultResult(record, steady, evidence));
}

function faultResult(record: FaultRecord, steady: Steady | null, evidence: FaultEvidence): FaultResult {
  const { measureStart } = evidence;
  const at = (time: Micros | null): number | null => (time === null ? null : (time - measureStart) / 1e6);
  const { id, source, action, target, resolved, effective, observed, notes } = record;
  return {
    id,
    source,
    action,
    target,
    resolved,
    planned: at(record.planned),
    started: at(record.started),
    injected: at(record.injected),
    healing: at(record.healing),
    ended: at(record.ended),
    effective,
    observed,
    notes,
    partitions: partitionsOf(record, evidence),
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

function partitionsOf(record: FaultRecord, evidence: FaultEvidence): FaultResult['partitions'] {
  const { topics, silences, untold, sending, measureStart } = evidence;
  const { started, ended } = record;
  const from = onset(record, evidence.changes);
  if (started === null || from === null) return [];
  const changes = changesOf(record, evidence.changes).filter((change) => 'topic' in change);
  const silencesOf = new Map(
    silences.map(({ topic, partition, silences: own }) => [
      `${topics.get(topic) ?? topic}/${partition}`,
      own,
    ]),
  );
  const changedAlone = changes.map(({ topic, partition }) => `${topic}/${partition}`);
  const seconds = (time: Micros): number => (time - measureStart) / 1e6;
  return [...new Set([...silencesOf.keys(), ...changedAlone])]
    .map((key) => {
      const [topic, partition] = split(key);
      const own = silencesOf.get(key);
      const of = changes.filter((change) => change.topic === topic && change.partition === partition);
      const inSync = of.filter((change) => change.kind === 'in-sync');
      const shrunk = inSync.find((change) => change.to.length < change.from.length);
      // Full is what it was before it shrank.
      const full =
        shrunk && inSync.find((change) => change.at > shrunk.at && change.to.length >= shrunk.from.length);
      return {
        topic,
        partition,
        detected: of[0] ? Math.max(0, of[0].at - started) : null,
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
