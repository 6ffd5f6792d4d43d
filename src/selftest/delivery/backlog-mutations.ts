import type { Backlog } from '../../judge/delivery/group-ledger.ts';
import { skip } from './group-mutations.ts';
import { pick, storedMessages, type Mutation, type Stored } from './mutation.ts';
import type { Trace, TraceGroup } from './trace.ts';

type RandomOf = Parameters<Mutation['apply']>[1];

/** A group that does not get to the end of a partition, for each reason that there can be. */
export const backlogMutations: readonly Mutation[] = [
  {
    name: 'a group that never catches up',
    plants: 'delivery-loss',
    apply: (trace, random) => {
      const stopped = stop(trace, random, 'owed');
      return stopped && lossOf(stopped.backlog);
    },
  },
  {
    name: 'stop a group that committed what it had not processed',
    plants: 'delivery-loss',
    apply: (trace, random) => {
      const stopped = stop(trace, random, 'excused');
      return stopped && lossOf(commitBeyond(trace, random, stopped));
    },
  },
  {
    name: 'stop a group that left a gap',
    plants: 'delivery-loss',
    apply: (trace, random) => {
      const left = gapBefore(trace, random, stop(trace, random, 'excused'));
      return left && lossOf([left]);
    },
  },
  {
    name: 'the run stops waiting for a group',
    plants: 'unread',
    apply: (trace, random) => {
      const stopped = stop(trace, random, 'unread');
      if (stopped === null) return null;
      const ids = stopped.backlog.map(({ id }) => id);
      return { verdict: 'UNKNOWN', anomalies: { unread: ids.length }, ids: { unread: ids } };
    },
  },
  {
    name: 'the run stops waiting for a group that left a gap',
    plants: 'unread',
    apply: (trace, random) => {
      const stopped = stop(trace, random, 'unread');
      const left = gapBefore(trace, random, stopped);
      return (
        left && {
          verdict: 'FAIL',
          anomalies: { 'delivery-loss': 1, unread: stopped!.backlog.length },
          ids: { 'delivery-loss': [left.id], unread: stopped!.backlog.map(({ id }) => id) },
        }
      );
    },
  },
  {
    name: 'the run stops waiting for a group that committed too much',
    plants: 'unread',
    apply: (trace, random) => {
      const stopped = stop(trace, random, 'unread');
      if (stopped === null) return null;
      const never = commitBeyond(trace, random, stopped);
      const unread = stopped.backlog.filter((each) => !never.includes(each));
      if (unread.length === 0) return null;
      return {
        verdict: 'FAIL',
        anomalies: { 'delivery-loss': never.length, unread: unread.length },
        ids: { 'delivery-loss': never.map(({ id }) => id), unread: unread.map(({ id }) => id) },
      };
    },
  },
  {
    name: 'nobody guarantees what the run did not wait for',
    plants: 'none',
    apply: (trace, random) => {
      trace.guarantee = 'none';
      const stopped = stop(trace, random, 'unread');
      return stopped && { verdict: 'NONE', anomalies: { unread: stopped.backlog.length } };
    },
  },
];

interface Stopped {
  readonly group: TraceGroup;
  readonly partition: number;
  /** Nothing from here on was processed. */
  readonly at: number;
  /** Messages of the run from there on. */
  readonly backlog: readonly Stored[];
}

/** A group processes and commits nothing from a stored message on. */
function stop(trace: Trace, random: RandomOf, backlog: Backlog): Stopped | null {
  const victim = pick(storedMessages(trace), random);
  if (victim === null) return null;
  const { partition } = victim;
  const at = victim.record.offset;
  const group = pick(trace.groups, random)!;
  group.backlog = backlog;
  for (const { offset } of trace.partitions[partition]!.records)
    if (offset >= at) skip(group, partition, offset);
  group.events = group.events.filter(
    (event) => event.type !== 'committed' || event.partition !== partition || event.offset <= at,
  );
  const after = storedMessages(trace).filter(
    (each) => each.partition === partition && each.record.offset >= at,
  );
  return { group, partition, at, backlog: after };
}

/** A commit within the backlog was confirmed all the same; returns what lies below it. */
function commitBeyond(trace: Trace, random: RandomOf, { group, partition, at, backlog }: Stopped): Stored[] {
  const offset = at + 1 + random.below(trace.partitions[partition]!.highWatermark - at);
  group.events.push({ type: 'committed', member: 0, partition, offset });
  return backlog.filter(({ record }) => record.offset < offset);
}

/** Takes one message out of what was processed before, with another one processed behind it. */
function gapBefore(trace: Trace, random: RandomOf, stopped: Stopped | null): Stored | null {
  if (stopped === null) return null;
  const { group, partition, at } = stopped;
  const processed = storedMessages(trace).filter(
    (each) => each.partition === partition && each.record.offset < at,
  );
  const victim = pick(processed.slice(0, -1), random);
  if (victim !== null) skip(group, partition, victim.record.offset);
  return victim;
}

const lossOf = (messages: readonly Stored[]) => ({
  verdict: 'FAIL' as const,
  anomalies: { 'delivery-loss': messages.length },
  ids: { 'delivery-loss': messages.map(({ id }) => id) },
});
