import { removeRecordsBelow, storeAgain, unreadSends } from './log-mutations.ts';
import {
  ackedMessages,
  pick,
  removeRecord,
  type Acked,
  type Expectation,
  type Mutation,
} from './mutation.ts';
import type { Trace } from './trace.ts';

type RandomOf = Parameters<Mutation['apply']>[1];

/** An audit that reads only the ends of partitions: what lies there is judged, what lies below is counted. */
export const tailMutations: readonly Mutation[] = ofTails([
  {
    name: 'drop a record of the tail',
    plants: 'lost',
    apply: (trace, random) => {
      const tail = tailOf(trace, random);
      if (tail === null) return null;
      const { inside, below } = tail;
      const victim = pick(inside, random)!;
      removeRecord(trace.partitions[victim.partition]!, victim.record);
      const ids = { lost: [victim.id], unaudited: [] };
      return { verdict: 'FAIL', anomalies: { lost: 1 }, ids, unaudited: below.length };
    },
  },
  {
    name: 'store a record of the tail twice',
    plants: 'duplicate',
    apply: (trace, random) => {
      const tail = tailOf(trace, random);
      if (tail === null) return null;
      const { inside, below } = tail;
      const id = storeAgain(trace, pick(inside, random)!);
      const ids = { duplicate: [id], unaudited: [] };
      return { verdict: 'FAIL', anomalies: { duplicate: 1 }, ids, unaudited: below.length };
    },
  },
  {
    name: 'delete records below the tail',
    plants: 'unaudited',
    apply: (trace, random) => {
      const tail = tailOf(trace, random);
      const victim = pick(tail?.below ?? [], random);
      if (victim === null) return null;
      removeRecordsBelow(trace.partitions[victim.partition]!, victim.record.offset + 1);
      const gone = tail!.below.filter(
        (each) => each.partition === victim.partition && each.record.offset <= victim.record.offset,
      );
      return {
        verdict: 'UNKNOWN',
        anomalies: {},
        ids: { unaudited: gone.map(({ id }) => id) },
        unaudited: tail!.below.length,
      };
    },
  },
  {
    name: 'an audit of the tail',
    plants: 'none',
    apply: (trace, random) => passed(tailOf(trace, random)),
  },
  {
    name: 'drop an acknowledged record below the tail',
    plants: 'none',
    apply: (trace, random) => {
      const tail = tailOf(trace, random);
      const victim = pick(tail?.below ?? [], random);
      if (victim === null) return null;
      removeRecord(trace.partitions[victim.partition]!, victim.record);
      return passed(tail);
    },
  },
  {
    name: 'store a record twice, only once in the tail',
    plants: 'none',
    apply: (trace, random) => {
      const tail = tailOf(trace, random);
      const victim = pick(tail?.below ?? [], random);
      if (victim === null) return null;
      storeAgain(trace, victim);
      return { ...passed(tail)!, unaudited: tail!.below.length - 1 };
    },
  },
  {
    name: 'acknowledged below the tail without an offset',
    plants: 'none',
    apply: (trace, random) => {
      const tail = tailOf(trace, random);
      for (const { acked } of tail?.below ?? []) acked.offset = -1;
      return passed(tail);
    },
  },
  {
    name: 'acknowledged below the tail without a place',
    plants: 'none',
    apply: (trace, random) => {
      const tail = tailOf(trace, random);
      for (const { acked } of tail?.below ?? []) {
        acked.partition = -1;
        acked.offset = -1;
      }
      return passed(tail);
    },
  },
  {
    name: 'a tail with nothing in it',
    plants: 'vacuous',
    apply: (trace) => {
      const acked = ackedMessages(trace);
      for (const partition of trace.partitions) partition.auditedFrom = partition.highWatermark;
      return acked.length === 0 ? null : { verdict: 'VACUOUS', anomalies: {}, unaudited: acked.length };
    },
  },
]);

/** What was only sent may be below a tail as well: no finding, unless there is none left. */
function ofTails(mutations: readonly Mutation[]): readonly Mutation[] {
  return mutations.map((mutation) => ({
    ...mutation,
    apply: (trace, random): Expectation | null => {
      const expected = mutation.apply(trace, random);
      if (expected === null) return null;
      const sent = unreadSends(trace);
      const isTail = trace.partitions.some(({ auditedFrom, logStart }) => auditedFrom > logStart);
      const found = isTail || sent === 0 ? {} : { 'sent-unaudited': sent };
      return { ...expected, anomalies: { ...expected.anomalies, ...found }, sentUnaudited: sent };
    },
  }));
}

interface Tail {
  /** Acknowledged messages whose place is read, at least one; and those whose place is not. */
  readonly inside: readonly Acked[];
  readonly below: readonly Acked[];
}

/** The audit begins somewhere in one or more partitions. */
function tailOf(trace: Trace, random: RandomOf): Tail | null {
  for (const partition of trace.partitions) {
    if (random.below(3) > 0) partition.auditedFrom = random.below(partition.highWatermark + 1);
  }
  const isBelow = ({ partition, record }: Acked) => record.offset < trace.partitions[partition]!.auditedFrom;
  const acked = ackedMessages(trace);
  const below = acked.filter(isBelow);
  const inside = acked.filter((each) => !isBelow(each));
  return below.length === 0 || inside.length === 0 ? null : { inside, below };
}

function passed(tail: Tail | null) {
  return (
    tail && {
      verdict: 'PASS' as const,
      anomalies: {},
      ids: { unaudited: [] },
      unaudited: tail.below.length,
    }
  );
}
