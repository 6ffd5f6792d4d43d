import type { Random } from '../../base/random.ts';
import type { Guarantee, OrderCheck } from '../../judge/delivery/anomalies.ts';
import type { CompactionPolicy } from '../../judge/delivery/sent-messages.ts';
import type { Backlog } from '../../judge/delivery/group-ledger.ts';
import { emptyEnvelope, ENVELOPE_BYTES, EnvelopeWriter, readEnvelope } from '../../protocol/envelope.ts';

/** Everything that a run leaves behind, small and in plain objects, so that it can be mutated by hand. */
export interface Trace {
  run: number;
  guarantee: Guarantee;
  order: OrderCheck;
  readUncommitted: boolean;
  producers: TraceProducer[];
  partitions: TracePartition[];
  groups: TraceGroup[];
  /** The topic was deleted and made again; what is told of it is of the new one. */
  remade: boolean;
  conditions: { name: string; met: boolean }[];
  /** Of the one topic; null where it is not compacted. */
  compaction: CompactionPolicy | null;
  /** When the audit had ended, ns. */
  auditedAt: number;
}

export interface TraceProducer {
  producer: number;
  incarnation: number;
  acks: 'none' | 'some';
  /** The only partition that it sends to; −1: any. */
  sendsTo: number;
  ended: 'drained' | 'killed';
  transactional: boolean;
  idempotent: boolean;
  /** False: they hold a time, so that nobody can tell them again. */
  keysCanBeTold: boolean;
  transactions: { from: number; to: number; how: 'committed' | 'aborted' | 'unknown' }[];
  sends: TraceSend[];
}

export interface TraceSend {
  sequence: number;
  key: Buffer | null;
  isTombstone: boolean;
  /** When it was handed over, ns. */
  at: number;
  /** What the client was told, in order: one outcome; none where its process ended before. */
  reports: TraceReport[];
}

export type TraceReport =
  | { outcome: 'confirmed'; partition: number; offset: number }
  | { outcome: 'failed' }
  | { outcome: 'refused' };

export interface TracePartition {
  /** In offset order, with gaps where control records were. */
  records: TraceRecord[];
  begin: number;
  logStart: number;
  /** The audit read from here on; 0 for all there is. */
  auditedFrom: number;
  highWatermark: number;
  lastStableOffset: number;
  /** Offsets behind the high watermark: in the leader's log, and not on its replicas. */
  unreplicated: number;
  /** The audit read below; null where it never came to an end. */
  position: number | null;
  /** A reader of committed records has read below. */
  committedTo: number;
}

export interface TraceRecord {
  offset: number;
  epoch: number;
  key: Buffer | null;
  value: Buffer;
  /** Of somebody else, who aborted it: only a reader of uncommitted records meets it. */
  isAborted?: boolean;
}

export interface TraceGroup {
  name: string;
  backlog: Backlog;
  /** Partitions that members of somebody else had, too. */
  shared: number[];
  /** First offset owed, by partition. */
  owes: number[];
  events: GroupEvent[];
  /** What the audit found in the group's dead-letter topic. */
  letters: TraceLetter[];
  /** That topic was read to its end. */
  lettersRead: boolean;
  /** That topic is compacted. */
  lettersCompacted: boolean;
}

/** A dead letter: who it is by its envelope, and the place that its headers name, −1 for none. */
export interface TraceLetter {
  producer: number;
  incarnation: number;
  sequence: number;
  intact: boolean;
  /** Of its original. */
  key: Buffer | null;
  partition: number;
  offset: number;
}

export type GroupEvent =
  | { type: 'assigned' | 'revoked'; member: number; partition: number }
  | { type: 'processed'; member: number; partition: number; from: number; to: number; epoch: number }
  | { type: 'committed'; member: number; partition: number; offset: number }
  | { type: 'remade'; partition: number }
  | { type: 'reset'; partition: number; offset: number }
  | { type: 'dead-lettered' | 'skipped'; partition: number; offset: number }
  | { type: 'broken'; member: number; partition: number; offset: number };

export const RUN = 0x5eed;
const valueBytes = 8;

export function stampValue(
  origin: { run: number; producer: number; incarnation: number },
  sequence: number,
  key: Buffer | null,
): Buffer {
  const value = Buffer.alloc(ENVELOPE_BYTES + valueBytes, sequence & 255);
  new EnvelopeWriter(origin).stamp(value, 0, sequence, sequence * 10, key, value, ENVELOPE_BYTES);
  return value;
}

/** Appends a record at the end of a partition and returns its offset. */
export function append(partition: TracePartition, key: Buffer | null, value: Buffer): number {
  const offset = partition.highWatermark;
  const epoch = partition.records.at(-1)?.epoch ?? 0;
  partition.records.push({ offset, epoch, key, value });
  moveEnd(partition, offset + 1);
  return offset;
}

export function moveEnd(partition: TracePartition, end: number): void {
  partition.highWatermark = end;
  partition.lastStableOffset = end;
  if (partition.position !== null) partition.position = end;
  partition.committedTo = end;
}

/**
 * A legal run: nothing lost, doubled or out of order; with failed sends that are in the log or not, refused ones,
 * foreign records, gaps, leader changes, and groups that read everything once.
 */
export function legalTrace(random: Random): Trace {
  const partitions = Array.from({ length: 1 + random.below(4) }, emptyPartition);
  const producers = Array.from({ length: 1 + random.below(3) }, (_, i) => emptyProducer(i, random));
  const left = producers.map(() => 3 + random.below(18));
  while (left.some((count) => count > 0)) {
    const which = random.below(producers.length);
    const batch = Math.min(left[which]!, 1 + random.below(4));
    left[which]! -= batch;
    const keyed = random.below(2) === 0;
    const sticky = random.below(partitions.length);
    for (let i = 0; i < batch; i++) {
      // A key goes to one partition, as the partitioner sends it.
      const key = random.below(5);
      const chosen = keyed ? key % partitions.length : sticky;
      send(producers[which]!, partitions, chosen, keyed ? Buffer.from(`key ${key}`) : null, random);
    }
  }
  const groups = Array.from({ length: 1 + random.below(2) }, (_, i) =>
    readEverything(`group-${i}`, partitions, random),
  );
  return {
    run: RUN,
    guarantee: 'exactly-once',
    order: 'partition',
    readUncommitted: false,
    producers,
    partitions,
    groups,
    remade: false,
    conditions: [],
    compaction: null,
    auditedAt: 100e9,
  };
}

export function emptyPartition(): TracePartition {
  return {
    records: [],
    begin: 0,
    logStart: 0,
    auditedFrom: 0,
    highWatermark: 0,
    lastStableOffset: 0,
    unreplicated: 0,
    position: 0,
    committedTo: 0,
  };
}

function emptyProducer(index: number, random: Random): TraceProducer {
  return {
    // Two incarnations of one client now and then.
    producer: index === 1 && random.below(2) === 0 ? 0 : index,
    incarnation: index === 1 ? 1 : 0,
    acks: index === 2 && random.below(4) === 0 ? 'none' : 'some',
    sendsTo: -1,
    ended: 'drained',
    transactional: false,
    idempotent: true,
    keysCanBeTold: true,
    transactions: [],
    sends: [],
  };
}

function send(
  producer: TraceProducer,
  partitions: TracePartition[],
  chosen: number,
  key: Buffer | null,
  random: Random,
): void {
  const sequence = producer.sends.length;
  const partition = partitions[chosen]!;
  disturb(partition, random);
  const sent = sentMessage(sequence, key);
  const dice = random.below(100);
  if (dice < 3) {
    producer.sends.push({ ...sent, reports: [{ outcome: 'refused' }] });
    return;
  }
  const failed = dice < 10;
  const stored = !failed || random.below(2) === 0;
  const value = stampValue({ run: RUN, ...producer }, sequence, key);
  const offset = stored ? append(partition, key, value) : -1;
  const reports: TraceReport[] = failed
    ? [{ outcome: 'failed' }]
    : [
        {
          outcome: 'confirmed',
          partition: producer.acks === 'none' ? -1 : chosen,
          offset: producer.acks === 'none' ? -1 : offset,
        },
      ];
  producer.sends.push({ ...sent, reports });
}

/** A message a second, with a value. */
export const sentMessage = (sequence: number, key: Buffer | null): TraceSend => ({
  ...{ sequence, key, isTombstone: false, at: (sequence + 1) * 1e9, reports: [] },
});

/** What is legal in a log beside our messages. */
function disturb(partition: TracePartition, random: Random): void {
  const dice = random.below(100);
  if (dice < 5) moveEnd(partition, partition.highWatermark + 1);
  else if (dice < 8) append(partition, null, Buffer.from('{"from": "somebody else"}'));
  else if (dice < 10) {
    append(
      partition,
      null,
      stampValue({ run: RUN + 1, producer: 0, incarnation: 0 }, random.below(50), null),
    );
  } else if (dice < 13 && partition.records.length > 0) partition.records.at(-1)!.epoch++;
}

function readEverything(name: string, partitions: TracePartition[], random: Random): TraceGroup {
  const owes = partitions.map(() => 0);
  const group: TraceGroup = {
    name,
    shared: [],
    backlog: 'owed',
    owes,
    events: [],
    letters: [],
    lettersRead: true,
    lettersCompacted: false,
  };
  partitions.forEach((each, partition) => {
    let member = random.below(2);
    const assign = () => group.events.push({ type: 'assigned', member, partition });
    assign();
    for (let i = 0; i < each.records.length;) {
      const first = each.records[i]!;
      let end = i + 1;
      while (
        end < each.records.length &&
        end - i < 5 &&
        each.records[end]!.offset === each.records[end - 1]!.offset + 1 &&
        random.below(4) > 0
      ) {
        end++;
      }
      const to = each.records[end - 1]!.offset + 1;
      const { epoch } = first;
      group.events.push({ type: 'processed', member, partition, from: first.offset, to, epoch });
      if (random.below(2) === 0) group.events.push({ type: 'committed', member, partition, offset: to });
      if (random.below(8) === 0) {
        // A rebalance in order: what was processed has been committed.
        group.events.push({ type: 'committed', member, partition, offset: to });
        group.events.push({ type: 'revoked', member, partition });
        member = 1 - member;
        assign();
      }
      i = end;
    }
  });
  return group;
}

/** The order in which the audit meets records: each partition's own, partitions in turns of three. */
export function* auditSequence(trace: Trace): Generator<readonly [partition: number, record: TraceRecord]> {
  const next = trace.partitions.map(({ records, auditedFrom }) => {
    const first = records.findIndex(({ offset }) => offset >= auditedFrom);
    return first < 0 ? records.length : first;
  });
  for (let moved = true; moved;) {
    moved = false;
    for (let partition = 0; partition < trace.partitions.length; partition++) {
      const { records, position } = trace.partitions[partition]!;
      for (let turn = 0; turn < 3; turn++) {
        const record = records[next[partition]!];
        if (record === undefined || (position !== null && record.offset >= position)) break;
        next[partition]!++;
        moved = true;
        if (!record.isAborted || trace.readUncommitted) yield [partition, record];
      }
    }
  }
}

/** What a reader of committed records met of others, where the audit is none: each partition below where it ended. */
export function* committedOfOthers(
  trace: Trace,
): Generator<readonly [partition: number, offset: number, key: Buffer]> {
  if (trace.compaction === null || !trace.readUncommitted) return;
  for (const [partition, { offset, key, value, isAborted = false }] of auditSequence(trace)) {
    const envelope = emptyEnvelope();
    const isOurs = readEnvelope(value, 0, envelope) && envelope.run === trace.run;
    const isRead = offset < trace.partitions[partition]!.committedTo;
    if (key !== null && !isOurs && !isAborted && isRead) yield [partition, offset, key];
  }
}
