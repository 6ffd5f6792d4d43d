import type { Micros } from '../base/clock.ts';
import type { SeenChange } from '../faults/observe.ts';
import type { FaultRecord } from '../faults/record.ts';
import type { FaultResult } from '../results/schema.ts';
import { longestWithin, type PartitionSilence, type Silence } from './ack-silence.ts';
import type { Second } from './intervals.ts';
import { drainedAfter, recoveredAfter, type Steady } from './recovery.ts';

export interface FaultEvidence {
  readonly records: readonly FaultRecord[];
  readonly changes: readonly SeenChange[];
  /** Name that the scenario uses by the name on the cluster. */
  readonly topics: ReadonlyMap<string, string>;
  readonly silences: readonly PartitionSilence[];
  /** From the first message to the last answer. */
  readonly sending: Silence | null;
  readonly seconds: readonly Second[];
  readonly steady: Steady | null;
  readonly measureStart: Micros;
}

/** What each fault did: to partitions as clients and metadata saw it, to rate and latency by the second. */
export function faultResults(evidence: FaultEvidence): FaultResult[] {
  return evidence.records.map((record) => faultResult(record, evidence));
}

function faultResult(record: FaultRecord, evidence: FaultEvidence): FaultResult {
  const { measureStart, seconds, steady } = evidence;
  const at = (time: Micros | null): number | null => (time === null ? null : (time - measureStart) / 1e6);
  const { id, source, action, target, resolved, effective, observed, notes } = record;
  const ended = at(record.ended);
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
    ended,
    effective,
    observed,
    notes,
    partitions: record.started === null ? [] : partitionsOf(record, record.started, evidence),
    recovered: ended === null || steady === null ? null : recoveredAfter(ended, seconds, steady),
    drained: ended === null ? null : drainedAfter(ended, seconds),
  };
}

function partitionsOf(
  record: FaultRecord,
  started: Micros,
  { changes, topics, silences, sending, measureStart }: FaultEvidence,
): FaultResult['partitions'] {
  const mine = changes.filter(({ fault, at }) => fault === record.id && at >= started);
  const at = (time: Micros): number => (time - measureStart) / 1e6;
  return silences
    .map(({ topic: name, partition, silences: own }) => {
      const topic = topics.get(name) ?? name;
      const of = mine.filter(
        (change) => 'topic' in change && change.topic === topic && change.partition === partition,
      );
      const inSync = of.flatMap((change) => (change.kind === 'in-sync' ? [change] : []));
      const shrunk = inSync.find(({ from, to }) => to.length < from.length);
      // Full is what it was before it shrank.
      const full =
        shrunk && inSync.find((change) => change.at > shrunk.at && change.to.length >= shrunk.from.length);
      const window = { from: started, to: record.ended ?? Infinity };
      return {
        topic,
        partition,
        detected: of[0] ? of[0].at - started : null,
        unavailable: sending === null ? null : longestWithin(own, window, sending),
        leaders: of.flatMap((change) =>
          change.kind === 'leader' ? [{ at: at(change.at), from: change.from, to: change.to }] : [],
        ),
        isrShrunk: shrunk ? at(shrunk.at) : null,
        isrFull: full ? at(full.at) : null,
      };
    })
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}
