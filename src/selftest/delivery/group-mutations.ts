import { flip, unaudited } from './log-mutations.ts';
import {
  ackedMessages,
  messageId,
  pick,
  placeId,
  storedMessages,
  type Mutation,
  type Stored,
} from './mutation.ts';
import type { GroupEvent, Trace, TraceGroup } from './trace.ts';

type Processed = Extract<GroupEvent, { type: 'processed' }>;
type RandomOf = Parameters<Mutation['apply']>[1];

/** What can happen between the log and a group. */
export const groupMutations: readonly Mutation[] = [
  {
    name: 'skip a record of a group',
    plants: 'delivery-loss',
    apply: (trace, random) => {
      const victim = pick(storedMessages(trace), random);
      const group = pick(trace.groups, random)!;
      if (victim === null) return null;
      skip(group, victim.partition, victim.record.offset);
      return {
        verdict: 'FAIL',
        anomalies: { 'delivery-loss': 1 },
        ids: { 'delivery-loss': [victim.id] },
      };
    },
  },
  {
    name: 'skip a whole partition of a group',
    plants: 'delivery-loss',
    apply: (trace, random) => {
      const victim = pick(storedMessages(trace), random);
      const group = pick(trace.groups, random)!;
      if (victim === null) return null;
      const { partition } = victim;
      group.events = group.events.filter((event) => event.partition !== partition);
      const ids = storedMessages(trace)
        .filter((each) => each.partition === partition)
        .map(({ producer, send }) => messageId(producer, send.sequence));
      return {
        verdict: 'FAIL',
        anomalies: { 'delivery-loss': ids.length },
        ids: { 'delivery-loss': ids },
      };
    },
  },
  {
    name: 'deliver again under at-most-once',
    plants: 'redelivery',
    apply: (trace, random) => {
      trace.guarantee = 'at-most-once';
      const again = redeliver(trace, random, 'uncommitted');
      return (
        again && {
          verdict: 'FAIL',
          anomalies: { redelivery: again.to - again.from },
          ids: { redelivery: [placeId(again.partition, again.from)] },
        }
      );
    },
  },
  {
    name: 'deliver again what was committed',
    plants: 'committed-redelivery',
    apply: (trace, random) => {
      trace.guarantee = 'at-least-once';
      const again = redeliver(trace, random, 'committed');
      return (
        again && {
          verdict: 'FAIL',
          anomalies: { 'committed-redelivery': again.to - again.from },
          ids: { 'committed-redelivery': [placeId(again.partition, again.from)] },
        }
      );
    },
  },
  {
    name: 'commit a lower offset',
    plants: 'commit-regression',
    apply: (trace, random) => {
      const found = pick(
        eventsOf(trace, 'committed').filter(({ event }) => event.offset > 1),
        random,
      );
      if (found === null) return null;
      const { group, event } = found;
      const offset = 1 + random.below(event.offset - 1);
      insertAfter(group, event, { ...event, offset });
      return {
        verdict: 'FAIL',
        anomalies: { 'commit-regression': 1 },
        ids: { 'commit-regression': [placeId(event.partition, offset)] },
      };
    },
  },
  {
    name: 'hand out offsets backwards',
    plants: 'offset-regression',
    apply: (trace, random) => {
      const found = pick(
        eventsOf(trace, 'processed').filter(({ event }) => event.to - event.from > 1),
        random,
      );
      if (found === null) return null;
      const { group, event } = found;
      const middle = event.from + 1 + random.below(event.to - event.from - 1);
      const first = { ...event, to: middle };
      event.from = middle;
      insertAfter(group, event, first);
      return {
        verdict: 'FAIL',
        anomalies: { 'offset-regression': 1 },
        ids: { 'offset-regression': [placeId(event.partition, first.from)] },
      };
    },
  },
  {
    name: 'hand out an older leader epoch',
    plants: 'epoch-regression',
    apply: (trace, random) => {
      const found = pick(
        eventsOf(trace, 'processed').filter(({ event }) => event.to - event.from > 1 && event.epoch > 0),
        random,
      );
      if (found === null) return null;
      const { group, event } = found;
      const middle = event.from + 1;
      insertAfter(group, event, { ...event, from: middle, epoch: event.epoch - 1 });
      event.to = middle;
      return {
        verdict: 'FAIL',
        anomalies: { 'epoch-regression': 1 },
        ids: { 'epoch-regression': [placeId(event.partition, middle)] },
      };
    },
  },
  {
    name: 'hand a member a broken message',
    plants: 'corrupt',
    apply: (trace, random) => {
      const victim = pick(storedMessages(trace), random);
      if (victim === null) return null;
      handBroken(trace, random, victim);
      return corruptAt(victim);
    },
  },
  {
    name: 'hand a member what broke in the log',
    plants: 'corrupt',
    apply: (trace, random) => {
      const victim = pick(storedMessages(trace), random);
      if (victim === null) return null;
      handBroken(trace, random, victim);
      flip(victim.record.value, 8 + random.below(victim.record.value.length - 8), random.below(8));
      return corruptAt(victim);
    },
  },
  {
    name: 'hand a member what broke in the run number',
    plants: 'corrupt',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      handBroken(trace, random, victim);
      flip(victim.record.value, 4 + random.below(4), random.below(8));
      return { verdict: 'FAIL', anomalies: { corrupt: 1 }, ids: { corrupt: [victim.id] } };
    },
  },
  {
    name: 'neither audited nor delivered',
    plants: 'unseen',
    apply: (trace, random) => {
      const stored = storedMessages(trace).filter(({ acked }) => acked !== null);
      const victim = pick(stored, random);
      if (victim === null) return null;
      const { partition, record } = victim;
      trace.partitions[partition]!.position = record.offset;
      skip(trace.groups[0]!, partition, record.offset);
      const gone = stored.filter(
        (each) => each.partition === partition && each.record.offset >= record.offset,
      );
      const expected = unaudited(trace, gone);
      return {
        ...expected,
        anomalies: { ...expected.anomalies, unseen: 1 },
        ids: { ...expected.ids, unseen: [victim.id] },
      };
    },
  },
];

/** One or two members of a group say of a message that it is broken: it is one message. */
export function handBroken(trace: Trace, random: RandomOf, { partition, record: { offset } }: Stored): void {
  const { events } = pick(trace.groups, random)!;
  for (let member = random.below(2); member < 2; member++) {
    events.push({ type: 'broken', member, partition, offset });
  }
}

const corruptAt = ({ partition, record }: Stored) => ({
  verdict: 'FAIL' as const,
  anomalies: { corrupt: 1 },
  ids: { corrupt: [placeId(partition, record.offset)] },
});

/** Takes one offset out of what a group processed; what follows it becomes a run of its own. */
export function skip(group: TraceGroup, partition: number, offset: number): void {
  group.events = group.events.flatMap((event): GroupEvent[] => {
    if (event.type !== 'processed' || event.partition !== partition) return [event];
    if (offset < event.from || offset >= event.to) return [event];
    return [
      { ...event, to: offset },
      { ...event, from: offset + 1 },
    ].filter(({ from, to }) => to > from);
  });
}

/**
 * After all else the partition goes to a member that begins `committed`, below what it had committed, or
 * `uncommitted`, at what was processed and not committed. Returns the run that is delivered again.
 */
export function redeliver(
  trace: Trace,
  random: RandomOf,
  where: 'committed' | 'uncommitted',
): Processed | null {
  const found = pick(eventsOf(trace, 'processed'), random);
  if (found === null) return null;
  const { group, event } = found;
  const { partition } = event;
  const again: Processed = { ...event, member: 7, epoch: -1 };
  const committed = (offset: number): GroupEvent => ({ type: 'committed', member: 7, partition, offset });
  // Nothing but this run and its commit: what the others committed would decide instead.
  if (where === 'uncommitted') {
    group.events = group.events.filter((each) => each.type !== 'committed' || each.partition !== partition);
  } else {
    const end = Math.max(
      ...group.events.map((each) =>
        each.type === 'processed' && each.partition === partition ? each.to : 0,
      ),
    );
    group.events.push(committed(end));
  }
  group.events.push({ type: 'assigned', member: 7, partition }, again);
  return again;
}

function eventsOf<T extends GroupEvent['type']>(
  trace: Trace,
  type: T,
): { group: TraceGroup; event: Extract<GroupEvent, { type: T }> }[] {
  return trace.groups.flatMap((group) =>
    group.events
      .filter((event): event is Extract<GroupEvent, { type: T }> => event.type === type)
      .map((event) => ({ group, event })),
  );
}

function insertAfter(group: TraceGroup, event: GroupEvent, added: GroupEvent): void {
  group.events.splice(group.events.indexOf(event) + 1, 0, added);
}
