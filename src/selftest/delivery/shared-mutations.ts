import { redeliver, skip } from './group-mutations.ts';
import { addSend, PASS, pick, storedMessages, type Mutation } from './mutation.ts';
import { messageId } from './mutation.ts';
import type { Trace, TraceGroup } from './trace.ts';

type RandomOf = Parameters<Mutation['apply']>[1];

/** Somebody else in a group, and a topic that is deleted and made again: what the group did there cannot be told. */
export const sharedMutations: readonly Mutation[] = [
  {
    name: 'skip a record where somebody else had the partition',
    plants: 'unattributed',
    apply: (trace, random) => skipShared(trace, random, share),
  },
  {
    name: 'skip a record where somebody else had another partition',
    plants: 'delivery-loss',
    apply: (trace, random) => {
      const victim = pick(storedMessages(trace), random);
      if (victim === null) return null;
      const group = pick(trace.groups, random)!;
      const others = trace.partitions.map((_, i) => i).filter((i) => i !== victim.partition);
      group.shared.push(...others);
      skip(group, victim.partition, victim.record.offset);
      return { verdict: 'FAIL', anomalies: { 'delivery-loss': 1 }, ids: { 'delivery-loss': [victim.id] } };
    },
  },
  {
    name: 'committed again where somebody else had the partition',
    plants: 'none',
    apply: (trace, random) => {
      trace.guarantee = 'at-least-once';
      const again = redeliver(trace, random, 'committed');
      if (again === null) return null;
      for (const group of trace.groups) group.shared.push(again.partition);
      return PASS;
    },
  },
  {
    name: 'skip a record of a topic that was made again',
    plants: 'unattributed',
    apply: (trace, random) => {
      remake(trace, random);
      return skipShared(trace, random, () => undefined);
    },
  },
  {
    name: 'offsets handed out twice by a topic that was made again',
    plants: 'none',
    apply: (trace, random) => {
      remake(trace, random);
      return PASS;
    },
  },
  {
    name: 'lose what was in a topic that was made again',
    plants: 'lost',
    apply: (trace, random) => {
      remake(trace, random);
      const producer = pick(
        trace.producers.filter(({ acks }) => acks === 'some'),
        random,
      );
      const victim = pick(storedMessages(trace), random);
      if (producer === null || victim === null) return null;
      const { partition, record } = victim;
      const ids = Array.from({ length: 1 + random.below(5) }, () => {
        const send = addSend(producer);
        send.reports.push({ outcome: 'confirmed', partition, offset: record.offset });
        return messageId(producer, send.sequence);
      });
      return { verdict: 'FAIL', anomalies: { lost: ids.length }, ids: { lost: ids } };
    },
  },
];

function share(group: TraceGroup, partition: number): void {
  group.shared.push(partition);
}

function skipShared(trace: Trace, random: RandomOf, mark: typeof share) {
  const victim = pick(storedMessages(trace), random);
  if (victim === null) return null;
  const group = pick(trace.groups, random)!;
  mark(group, victim.partition);
  skip(group, victim.partition, victim.record.offset);
  return {
    verdict: 'UNKNOWN' as const,
    anomalies: { unattributed: 1 },
    ids: { unattributed: [victim.id] },
  };
}

/** Before all that a group did it had read and committed the topic of that name that there was before. */
export function remake(trace: Trace, random: RandomOf): void {
  trace.remade = true;
  for (const { events } of trace.groups) {
    const before = trace.partitions.flatMap((_, partition) => {
      const to = 1 + random.below(30);
      return [
        { type: 'assigned' as const, member: 7, partition },
        { type: 'processed' as const, member: 7, partition, from: 0, to, epoch: 9 },
        { type: 'committed' as const, member: 7, partition, offset: to },
        { type: 'remade' as const, partition },
      ];
    });
    events.unshift(...before);
  }
}
