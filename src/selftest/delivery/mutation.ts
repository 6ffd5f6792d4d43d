import type { Random } from '../../base/random.ts';
import type { AnomalyKind } from '../../judge/delivery/anomalies.ts';
import type { Verdict } from '../../judge/delivery/verdict.ts';
import type { Trace, TracePartition, TraceProducer, TraceRecord, TraceSend } from './trace.ts';
import { emptyEnvelope, readEnvelope } from '../../protocol/envelope.ts';
import { RUN, sentMessage } from './trace.ts';

/** What the verifier must say of a mutated trace: this, and nothing else. */
export interface Expectation {
  readonly verdict: Verdict;
  readonly anomalies: Partial<Record<AnomalyKind, number>>;
  /** Witness ids by kind (idOf), for the kinds that have them. */
  readonly ids?: Partial<Record<AnomalyKind, readonly string[]>>;
  /** Default 0. */
  readonly unaudited?: number;
  readonly sentUnaudited?: number;
  /** Default 0. */
  readonly compacted?: number;
}

export interface Mutation {
  /** In two to six words, what is done to a legal trace. */
  readonly name: string;
  /** The anomaly planted; `none` for a control, which must not be taken for one. */
  readonly plants: AnomalyKind | 'vacuous' | 'incomplete' | 'none';
  /** Changes the trace; null where it has nothing that could be changed so. */
  readonly apply: (trace: Trace, random: Random) => Expectation | null;
}

export const PASS: Expectation = { verdict: 'PASS', anomalies: {} };

export const messageId = (
  { producer, incarnation }: { producer: number; incarnation: number },
  sequence: number,
): string => `${producer}.${incarnation}:${sequence}`;

export const placeId = (partition: number, offset: number): string => `${partition}/${offset}`;

/** One message of a trace with all that hangs on it. */
export interface Stored {
  readonly producer: TraceProducer;
  readonly send: TraceSend;
  readonly acked: { outcome: 'confirmed'; partition: number; offset: number } | null;
  readonly partition: number;
  readonly record: TraceRecord;
  readonly id: string;
}

/** Messages of the run that are in the log, partition by partition in offset order. */
export function storedMessages(trace: Trace): Stored[] {
  const found: Stored[] = [];
  const envelope = emptyEnvelope();
  trace.partitions.forEach(({ records }, partition) => {
    for (const record of records) {
      if (!readEnvelope(record.value, 0, envelope) || envelope.run !== RUN) continue;
      const { producer: number, incarnation, sequence } = envelope;
      const producer = trace.producers.find(
        (each) => each.producer === number && each.incarnation === incarnation,
      );
      const send = producer?.sends[sequence];
      // Another mutation has been here.
      if (producer === undefined || send === undefined) continue;
      const report = send.reports[0];
      const acked = report?.outcome === 'confirmed' && producer.acks === 'some' ? report : null;
      found.push({ producer, send, acked, partition, record, id: messageId(producer, sequence) });
    }
  });
  return found;
}

export type Acked = Stored & { readonly acked: NonNullable<Stored['acked']> };
export const ackedMessages = (trace: Trace): Acked[] =>
  storedMessages(trace).filter((each): each is Acked => each.acked !== null);

export function pick<T>(from: readonly T[], random: Random): T | null {
  return from.length === 0 ? null : from[random.below(from.length)]!;
}

export function removeRecord(partition: TracePartition, record: TraceRecord): void {
  partition.records.splice(partition.records.indexOf(record), 1);
}

/** As if each partition had held `count` offsets of others when the run began: they are not read. */
export function moveBehind(trace: Trace, count: number): void {
  for (const partition of trace.partitions) {
    partition.begin += count;
    for (const end of ['highWatermark', 'lastStableOffset', 'committedTo'] as const) partition[end] += count;
    if (partition.position !== null) partition.position += count;
    if (partition.auditedFrom > 0) partition.auditedFrom += count;
    if (partition.logStart > 0) partition.logStart += count;
    for (const record of partition.records) record.offset += count;
  }
  for (const { reports } of trace.producers.flatMap(({ sends }) => sends)) {
    for (const report of reports) {
      if (report.outcome === 'confirmed' && report.offset >= 0) report.offset += count;
    }
  }
  for (const { events, owes, letters } of trace.groups) {
    owes.forEach((offset, partition) => (owes[partition] = offset + count));
    for (const letter of letters) if (letter.offset >= 0) letter.offset += count;
    for (const event of events) {
      if (event.type === 'processed') {
        event.from += count;
        event.to += count;
      } else if ('offset' in event) event.offset += count;
    }
  }
}

/** Adds a send of the next sequence; its reports are up to the caller. */
export function addSend(producer: TraceProducer): TraceSend {
  const send: TraceSend = sentMessage(producer.sends.length, null);
  producer.sends.push(send);
  return send;
}

/** Every group reads what was added at the end of a partition, in a run of its own by whoever has it. */
export function deliverToGroups(trace: Trace, partition: number, from: number, to: number): void {
  for (const { events } of trace.groups) {
    const owner = events.findLast((event) => event.type === 'assigned' && event.partition === partition);
    const member = owner?.type === 'assigned' ? owner.member : 0;
    events.push({ type: 'processed', member, partition, from, to, epoch: -1 });
  }
}
