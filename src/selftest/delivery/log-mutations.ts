import {
  ackedMessages,
  addSend,
  deliverToGroups,
  messageId,
  pick,
  placeId,
  removeRecord,
  storedMessages,
  type Acked,
  type Expectation,
  type Mutation,
  type Stored,
} from './mutation.ts';
import { append, moveEnd, RUN, stampValue, type Trace, type TracePartition } from './trace.ts';

/** What can happen to the log of acknowledged messages. */
export const logMutations: readonly Mutation[] = [
  {
    name: 'drop an acknowledged record',
    plants: 'lost',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      removeRecord(trace.partitions[victim.partition]!, victim.record);
      return lost([victim]);
    },
  },
  {
    name: 'truncate a tail',
    plants: 'lost',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      const gone = ackedMessages(trace).filter(
        ({ partition, record }) => partition === victim.partition && record.offset >= victim.record.offset,
      );
      const partition = trace.partitions[victim.partition]!;
      partition.records = partition.records.filter(({ offset }) => offset < victim.record.offset);
      moveEnd(partition, victim.record.offset);
      return lost(gone);
    },
  },
  {
    name: 'acknowledged behind a high watermark that stands still',
    plants: 'unaudited',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      const isBehind = ({ partition, record }: Stored) =>
        partition === victim.partition && record.offset >= victim.record.offset;
      const behind = storedMessages(trace).filter(isBehind);
      if (behind.some(({ producer }) => producer.acks === 'none')) return null;
      const partition = trace.partitions[victim.partition]!;
      partition.unreplicated = partition.highWatermark - victim.record.offset;
      partition.records = partition.records.filter(({ offset }) => offset < victim.record.offset);
      moveEnd(partition, victim.record.offset);
      return {
        ...unaudited(
          trace,
          behind.filter(({ acked }) => acked !== null),
        ),
      };
    },
  },
  {
    name: 'lose a whole partition',
    plants: 'lost',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      const gone = ackedMessages(trace).filter(({ partition }) => partition === victim.partition);
      trace.partitions[victim.partition]!.records = [];
      moveEnd(trace.partitions[victim.partition]!, 0);
      return lost(gone);
    },
  },
  {
    name: "truncated, then overwritten by another program's records",
    plants: 'lost',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      victim.record.value = Buffer.from('{"written": "by the next leader’s clients"}');
      return lost([victim]);
    },
  },
  {
    name: 'drop a record acknowledged without an offset',
    plants: 'lost',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      victim.acked.offset = -1;
      removeRecord(trace.partitions[victim.partition]!, victim.record);
      return lost([victim]);
    },
  },
  {
    name: 'drop a record acknowledged without a place',
    plants: 'lost',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      victim.acked.partition = -1;
      victim.acked.offset = -1;
      removeRecord(trace.partitions[victim.partition]!, victim.record);
      return lost([victim]);
    },
  },
  {
    name: 'store a record twice',
    plants: 'duplicate',
    apply: (trace, random) => {
      const id = storeTwice(trace, random);
      return id === null ? null : { verdict: 'FAIL', anomalies: { duplicate: 1 }, ids: { duplicate: [id] } };
    },
  },
  {
    name: 'store a record three times',
    plants: 'duplicate',
    apply: (trace, random) => {
      const victim = pick(storedMessages(trace), random);
      if (victim === null) return null;
      const ids = [storeAgain(trace, victim), storeAgain(trace, victim)];
      return { verdict: 'FAIL', anomalies: { duplicate: 2 }, ids: { duplicate: ids } };
    },
  },
  {
    name: 'swap two records of one producer',
    plants: 'reorder',
    apply: (trace, random) => {
      const pair = pick(neighbours(trace), random);
      if (pair === null) return null;
      const [earlier, later] = pair;
      swap(earlier, later);
      return { verdict: 'FAIL', anomalies: { reorder: 1 }, ids: { reorder: [earlier.id] } };
    },
  },
  {
    name: 'swap two records of one key',
    plants: 'key-reorder',
    apply: (trace, random) => {
      trace.order = 'key';
      const pair = pick(
        neighbours(trace).filter(([a, b]) => sameKey(a, b)),
        random,
      );
      if (pair === null) return null;
      const [earlier, later] = pair;
      swap(earlier, later);
      return {
        verdict: 'FAIL',
        anomalies: { reorder: 1, 'key-reorder': 1 },
        ids: { 'key-reorder': [earlier.id] },
      };
    },
  },
  {
    name: 'store the last of three of one key first',
    plants: 'key-reorder',
    apply: (trace, random) => {
      trace.order = 'key';
      const pairs = neighbours(trace).filter(([a, b]) => sameKey(a, b));
      const triples = pairs.flatMap(([a, b]) =>
        pairs.filter(([c]) => c.record === b.record).map(([, c]) => [a, b, c] as const),
      );
      const triple = pick(triples, random);
      if (triple === null) return null;
      const [first, second, third] = triple;
      // The records, not the messages, are swapped: the third message moves on to the first record.
      swap(second, third);
      swap(first, { ...third, record: second.record });
      return {
        verdict: 'FAIL',
        anomalies: { reorder: 2, 'key-reorder': 2 },
        ids: { reorder: [first.id, second.id], 'key-reorder': [first.id, second.id] },
      };
    },
  },
  {
    name: 'flip a bit behind the run number',
    plants: 'corrupt',
    apply: (trace, random) => {
      const victim = pick(storedMessages(trace), random);
      if (victim === null) return null;
      flip(victim.record.value, 8 + random.below(victim.record.value.length - 8), random.below(8));
      return corrupt(placeId(victim.partition, victim.record.offset));
    },
  },
  {
    name: 'flip a bit of the key',
    plants: 'corrupt',
    apply: (trace, random) => {
      const victim = pick(
        storedMessages(trace).filter(({ record }) => record.key !== null),
        random,
      );
      if (victim === null) return null;
      const key = Buffer.from(victim.record.key!);
      flip(key, random.below(key.length), random.below(8));
      victim.record.key = key;
      return corrupt(placeId(victim.partition, victim.record.offset));
    },
  },
  {
    name: 'flip a bit of the run number',
    plants: 'corrupt',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      flip(victim.record.value, 4 + random.below(4), random.below(8));
      // It is found through the acknowledgement, so it is not among what is owed to groups either.
      return { verdict: 'FAIL', anomalies: { corrupt: 1 }, ids: { corrupt: [victim.id] } };
    },
  },
  {
    name: 'a record of a producer that never was',
    plants: 'phantom',
    apply: (trace, random) => phantom(trace, random, { producer: 99, incarnation: 0 }, 0),
  },
  {
    name: 'a record beyond the last one sent',
    plants: 'phantom',
    apply: (trace, random) => {
      const producer = pick(trace.producers, random)!;
      return phantom(trace, random, producer, producer.sends.length + random.below(5));
    },
  },
  {
    name: 'a refused message appears',
    plants: 'rejected-present',
    apply: (trace, random) => {
      const producer = pick(trace.producers, random)!;
      const send = addSend(producer);
      send.reports.push({ outcome: 'refused' });
      const id = storeNew(trace, random, producer, send.sequence).id;
      return {
        verdict: 'FAIL',
        anomalies: { 'rejected-present': 1 },
        ids: { 'rejected-present': [id] },
      };
    },
  },
  {
    name: 'a message of an aborted transaction is readable',
    plants: 'aborted-read',
    apply: (trace, random) => {
      const { producer, ids } = transaction(trace, random, 'aborted');
      return (
        producer && {
          verdict: 'FAIL',
          anomalies: { 'aborted-read': ids.length },
          ids: { 'aborted-read': ids },
        }
      );
    },
  },
  {
    name: 'tear a committed transaction',
    plants: 'torn-transaction',
    apply: (trace, random) => {
      const { producer, ids } = transaction(trace, random, 'committed');
      if (producer === null) return null;
      const victim = ackedMessages(trace).find(({ id }) => id === ids[0])!;
      removeRecord(trace.partitions[victim.partition]!, victim.record);
      return {
        verdict: 'FAIL',
        anomalies: { lost: 1, 'torn-transaction': 1 },
        ids: { lost: [victim.id], 'torn-transaction': [victim.id] },
      };
    },
  },
  {
    name: 'acknowledge at another offset',
    plants: 'inconsistent-offset',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      victim.acked.offset += 1 + random.below(1000);
      return {
        verdict: 'FAIL',
        anomalies: { 'inconsistent-offset': 1 },
        ids: { 'inconsistent-offset': [victim.id] },
      };
    },
  },
  {
    name: 'acknowledge in another partition',
    plants: 'inconsistent-offset',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null || trace.partitions.length < 2) return null;
      victim.acked.partition = (victim.partition + 1) % trace.partitions.length;
      return {
        verdict: 'FAIL',
        anomalies: { 'inconsistent-offset': 1 },
        ids: { 'inconsistent-offset': [victim.id] },
      };
    },
  },
  {
    name: 'report a message twice',
    plants: 'double-outcome',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      victim.send.reports.push(pick([{ ...victim.acked }, { outcome: 'failed' as const }], random)!);
      return {
        verdict: 'FAIL',
        anomalies: { 'double-outcome': 1 },
        ids: { 'double-outcome': [victim.id] },
      };
    },
  },
  {
    name: "lower one record's leader epoch",
    plants: 'epoch-regression',
    apply: (trace, random) => {
      const later = trace.partitions.flatMap(({ records }, partition) =>
        records.slice(1).map((record, i) => ({ partition, record, before: records[i]! })),
      );
      const victim = pick(
        later.filter(({ before }) => before.epoch > 0),
        random,
      );
      if (victim === null) return null;
      victim.record.epoch = victim.before.epoch - 1;
      const id = placeId(victim.partition, victim.record.offset);
      return {
        verdict: 'FAIL',
        anomalies: { 'epoch-regression': 1 },
        ids: { 'epoch-regression': [id] },
      };
    },
  },
  {
    name: 'the last stable offset stays behind',
    plants: 'hang',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      const at = victim.record.offset;
      const partition = trace.partitions[victim.partition]!;
      partition.lastStableOffset = at;
      partition.position = at;
      const unaudited = ackedMessages(trace).filter(
        (each) => each.partition === victim.partition && each.record.offset >= at,
      );
      const sent = unreadSends(trace);
      return {
        verdict: 'HANG',
        anomalies: {
          hang: partition.highWatermark - at,
          ...(sent === 0 ? {} : { 'sent-unaudited': sent }),
        },
        sentUnaudited: sent,
        ids: { hang: [placeId(victim.partition, at)], unaudited: unaudited.map(({ id }) => id) },
        unaudited: unaudited.length,
      };
    },
  },
  {
    name: 'delete records before the audit',
    plants: 'unaudited',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      const to = victim.record.offset + 1;
      const gone = ackedMessages(trace).filter(
        (each) => each.partition === victim.partition && each.record.offset < to,
      );
      removeRecordsBelow(trace.partitions[victim.partition]!, to);
      return unaudited(trace, gone);
    },
  },
  {
    name: 'delete records acknowledged without an offset',
    plants: 'unaudited',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      const to = victim.record.offset + 1;
      const gone = ackedMessages(trace).filter(
        (each) => each.partition === victim.partition && each.record.offset < to,
      );
      removeRecordsBelow(trace.partitions[victim.partition]!, to);
      for (const { acked } of gone) acked.offset = -1;
      return unaudited(trace, gone);
    },
  },
  {
    name: 'end the audit early',
    plants: 'unaudited',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      trace.partitions[victim.partition]!.position = victim.record.offset;
      return unaudited(
        trace,
        ackedMessages(trace).filter(
          (each) => each.partition === victim.partition && each.record.offset >= victim.record.offset,
        ),
      );
    },
  },
  {
    name: 'leave a partition out of the audit',
    plants: 'incomplete',
    apply: (trace, random) => {
      const partition = random.below(trace.partitions.length);
      const gone = ackedMessages(trace).filter((each) => each.partition === partition);
      trace.partitions[partition]!.records = [];
      trace.partitions[partition]!.position = null;
      return unaudited(trace, gone);
    },
  },
];

/** As retention does, or a call of DeleteRecords. */
export function removeRecordsBelow(partition: TracePartition, to: number): void {
  partition.logStart = to;
  partition.records = partition.records.filter(({ offset }) => offset >= to);
}

export function lost(messages: readonly Acked[]): Expectation {
  return {
    verdict: 'FAIL',
    anomalies: { lost: messages.length },
    ids: { lost: messages.map(({ id }) => id) },
  };
}

export function unaudited(trace: Trace, messages: readonly Pick<Stored, 'id'>[]): Expectation {
  const sent = unreadSends(trace);
  return {
    verdict: 'UNKNOWN',
    anomalies: sent === 0 ? {} : { 'sent-unaudited': sent },
    ids: { unaudited: messages.map(({ id }) => id) },
    unaudited: messages.length,
    sentUnaudited: sent,
  };
}

/** Messages that were sent without acknowledgement, and whose records are gone or were not read. */
export function unreadSends(trace: Trace): number {
  const read = storedMessages(trace).filter(({ partition, record: { offset } }) => {
    const { auditedFrom, position } = trace.partitions[partition]!;
    return offset >= auditedFrom && offset < (position ?? 0);
  });
  const sends = trace.producers
    .filter(({ acks }) => acks === 'none')
    .flatMap((producer) =>
      producer.sends
        .filter(({ reports }) => reports[0]?.outcome === 'confirmed')
        .map(({ sequence }) => messageId(producer, sequence)),
    );
  return sends.filter((id) => !read.some((each) => each.id === id)).length;
}

const corrupt = (id: string): Expectation => ({
  verdict: 'FAIL',
  anomalies: { corrupt: 1 },
  ids: { corrupt: [id] },
});

export function flip(bytes: Buffer, at: number, bit: number): void {
  bytes[at]! ^= 1 << bit;
}

type RandomOf = Parameters<Mutation['apply']>[1];

/** Appends a copy of a stored record to its partition, for all groups to read; returns its id. */
export function storeTwice(trace: Trace, random: RandomOf): string | null {
  const victim = pick(storedMessages(trace), random);
  return victim && storeAgain(trace, victim);
}

export function storeAgain(trace: Trace, { partition, record, id }: Stored): string {
  const offset = append(trace.partitions[partition]!, record.key, Buffer.from(record.value));
  deliverToGroups(trace, partition, offset, offset + 1);
  return id;
}

/** Stores a new message at the end of any partition, for all groups to read. */
export function storeNew(
  trace: Trace,
  random: RandomOf,
  origin: { producer: number; incarnation: number },
  sequence: number,
): { id: string; partition: number; offset: number } {
  const partition = random.below(trace.partitions.length);
  const { producer, incarnation } = origin;
  const value = stampValue({ run: RUN, producer, incarnation }, sequence, null);
  const offset = append(trace.partitions[partition]!, null, value);
  deliverToGroups(trace, partition, offset, offset + 1);
  return { id: messageId(origin, sequence), partition, offset };
}

function phantom(
  trace: Trace,
  random: RandomOf,
  origin: { producer: number; incarnation: number },
  sequence: number,
): Expectation {
  const { id } = storeNew(trace, random, origin, sequence);
  return { verdict: 'FAIL', anomalies: { phantom: 1 }, ids: { phantom: [id] } };
}

/** A transaction of 2 to 4 more messages by a new transactional producer, all stored and acknowledged. */
export function transaction(
  trace: Trace,
  random: RandomOf,
  how: 'committed' | 'aborted' | 'unknown',
): { producer: Trace['producers'][number] | null; ids: string[] } {
  const producer: Trace['producers'][number] = {
    producer: 50 + trace.producers.length,
    incarnation: 0,
    acks: 'some',
    ended: 'drained',
    sendsTo: -1,
    transactional: true,
    idempotent: true,
    keysCanBeTold: true,
    transactions: [],
    sends: [],
  };
  trace.producers.push(producer);
  const ids: string[] = [];
  const count = 2 + random.below(3);
  for (let i = 0; i < count; i++) {
    const send = addSend(producer);
    const { id, partition, offset } = storeNew(trace, random, producer, send.sequence);
    send.reports.push({ outcome: 'confirmed', partition, offset });
    ids.push(id);
  }
  producer.transactions.push({ from: 0, to: count, how });
  return { producer, ids };
}

/** Pairs of acknowledged messages of one incarnation that follow each other in a partition. */
export function neighbours(trace: Trace): [Acked, Acked][] {
  const pairs: [Acked, Acked][] = [];
  const last = new Map<string, Acked | null>();
  for (const each of storedMessages(trace)) {
    const lane = `${each.partition} ${each.producer.producer}.${each.producer.incarnation}`;
    const before = last.get(lane);
    const acked = each.acked === null ? null : (each as Acked);
    if (before && acked) pairs.push([before, acked]);
    last.set(lane, acked);
  }
  return pairs;
}

export const sameKey = (a: Acked, b: Acked): boolean =>
  a.record.key !== null && b.record.key !== null && a.record.key.equals(b.record.key);

/** The broker stored them the other way round, and said so. */
export function swap(a: Acked, b: Acked): void {
  const { key, value } = a.record;
  a.record.key = b.record.key;
  a.record.value = b.record.value;
  b.record.key = key;
  b.record.value = value;
  const { offset } = a.acked;
  a.acked.offset = b.acked.offset;
  b.acked.offset = offset;
}
