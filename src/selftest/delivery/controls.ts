import { deadLetterControls } from './dead-letter-mutations.ts';
import { redeliver, skip } from './group-mutations.ts';
import { neighbours, sameKey, storeNew, storeTwice, swap, transaction } from './log-mutations.ts';
import {
  ackedMessages,
  addSend,
  deliverToGroups,
  moveBehind,
  PASS,
  pick,
  removeRecord,
  storedMessages,
  type Mutation,
} from './mutation.ts';
import { append, moveEnd, RUN, stampValue } from './trace.ts';

/** What is legal, or legal under the guarantee: nothing may be made of it. */
export const controls: readonly Mutation[] = [
  ...deadLetterControls,
  {
    name: 'nothing at all',
    plants: 'none',
    apply: () => PASS,
  },
  {
    name: 'drop an indeterminate record',
    plants: 'none',
    apply: (trace, random) => {
      const failed = storedMessages(trace).filter(({ send }) => send.reports[0]?.outcome === 'failed');
      const victim = pick(failed, random);
      if (victim === null) return null;
      removeRecord(trace.partitions[victim.partition]!, victim.record);
      return PASS;
    },
  },
  {
    name: 'an indeterminate message appears',
    plants: 'none',
    apply: (trace, random) => {
      const producer = pick(trace.producers, random)!;
      const send = addSend(producer);
      send.reports.push({ outcome: 'failed' });
      storeNew(trace, random, producer, send.sequence);
      return PASS;
    },
  },
  {
    name: 'drop a record that was only sent',
    plants: 'none',
    apply: (trace, random) => {
      const victim = pick(
        storedMessages(trace).filter(({ producer }) => producer.acks === 'none'),
        random,
      );
      if (victim === null) return null;
      removeRecord(trace.partitions[victim.partition]!, victim.record);
      return PASS;
    },
  },
  {
    name: 'a killed client sent more than it told',
    plants: 'none',
    apply: (trace, random) => {
      const producer = pick(trace.producers, random)!;
      producer.ended = 'killed';
      const first = producer.sends.length;
      const partition = random.below(trace.partitions.length);
      for (const sequence of [first + random.below(3), first + 3 + random.below(50)]) {
        const value = stampValue({ run: RUN, ...producer }, sequence, null);
        const offset = append(trace.partitions[partition]!, null, value);
        deliverToGroups(trace, partition, offset, offset + 1);
      }
      return PASS;
    },
  },
  {
    name: 'sends that were never reported',
    plants: 'none',
    apply: (trace, random) => {
      const producer = pick(trace.producers, random)!;
      addSend(producer);
      storeNew(trace, random, producer, addSend(producer).sequence);
      return PASS;
    },
  },
  {
    name: 'a refusal after an error',
    plants: 'none',
    apply: (trace, random) => {
      addSend(pick(trace.producers, random)!).reports.push({ outcome: 'failed' }, { outcome: 'refused' });
      return PASS;
    },
  },
  {
    name: 'gaps from control records',
    plants: 'none',
    apply: (trace, random) => {
      const at = pick(trace.partitions, random)!;
      moveEnd(at, at.highWatermark + 1 + random.below(3));
      return PASS;
    },
  },
  {
    name: 'foreign records, also of another run',
    plants: 'none',
    apply: (trace, random) => {
      const partition = random.below(trace.partitions.length);
      const another = stampValue({ run: RUN + 7, producer: 0, incarnation: 0 }, random.below(9), null);
      for (const value of [another, Buffer.from('text'), Buffer.alloc(0)]) {
        append(trace.partitions[partition]!, null, value);
      }
      return PASS;
    },
  },
  {
    name: 'store twice under at-least-once',
    plants: 'none',
    apply: (trace, random) => {
      trace.guarantee = 'at-least-once';
      return storeTwice(trace, random) === null ? null : { verdict: 'PASS', anomalies: { duplicate: 1 } };
    },
  },
  {
    name: 'acknowledged at its second place',
    plants: 'none',
    apply: (trace, random) => {
      trace.guarantee = 'at-least-once';
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      const { key, value } = victim.record;
      const offset = append(trace.partitions[victim.partition]!, key, Buffer.from(value));
      deliverToGroups(trace, victim.partition, offset, offset + 1);
      victim.acked.offset = offset;
      return { verdict: 'PASS', anomalies: { duplicate: 1 } };
    },
  },
  {
    name: 'redelivery after a rebalance',
    plants: 'none',
    apply: (trace, random) => {
      trace.guarantee = 'at-least-once';
      const again = redeliver(trace, random, 'uncommitted');
      return again && { verdict: 'PASS', anomalies: { redelivery: again.to - again.from } };
    },
  },
  {
    name: 'an offset reset on purpose',
    plants: 'none',
    apply: (trace, random) => {
      trace.guarantee = 'at-least-once';
      const again = redeliver(trace, random, 'committed');
      if (again === null) return null;
      const group = trace.groups.find(({ events }) => events.includes(again))!;
      const { partition, member } = again;
      group.events.splice(-2, 0, { type: 'reset', partition, offset: again.from });
      group.events.push({ type: 'committed', member, partition, offset: again.to });
      return { verdict: 'PASS', anomalies: { redelivery: again.to - again.from } };
    },
  },
  {
    name: 'the backlog of a stopped group',
    plants: 'none',
    apply: (trace, random) => {
      const group = pick(trace.groups, random)!;
      group.backlog = 'excused';
      group.events = group.events.slice(0, random.below(group.events.length + 1));
      return PASS;
    },
  },
  {
    name: 'a group that began later',
    plants: 'none',
    apply: (trace, random) => {
      const victim = pick(storedMessages(trace), random);
      if (victim === null) return null;
      const { partition, record } = victim;
      const group = pick(trace.groups, random)!;
      group.owes[partition] = record.offset + 1;
      skip(group, partition, record.offset);
      return PASS;
    },
  },
  {
    name: 'an aborted transaction that nobody sees',
    plants: 'none',
    apply: (trace, random) => {
      const { ids } = transaction(trace, random, 'aborted');
      for (const each of ackedMessages(trace).filter(({ id }) => ids.includes(id))) {
        removeRecord(trace.partitions[each.partition]!, each.record);
      }
      return PASS;
    },
  },
  {
    name: 'an aborted transaction, read uncommitted',
    plants: 'none',
    apply: (trace, random) => {
      trace.readUncommitted = true;
      transaction(trace, random, 'aborted');
      return PASS;
    },
  },
  {
    name: 'a transaction that nobody knows the end of',
    plants: 'none',
    apply: (trace, random) => {
      const { producer, ids } = transaction(trace, random, 'unknown');
      if (random.below(2) === 0) producer!.transactions = [];
      for (const each of ackedMessages(trace).filter(({ id }) => ids.includes(id))) {
        if (random.below(2) === 0) removeRecord(trace.partitions[each.partition]!, each.record);
      }
      return PASS;
    },
  },
  {
    name: 'a committed transaction',
    plants: 'none',
    apply: (trace, random) => (transaction(trace, random, 'committed'), PASS),
  },
  {
    name: 'swap two records of different keys, ordered by key',
    plants: 'none',
    apply: (trace, random) => {
      trace.order = 'key';
      const pair = pick(
        neighbours(trace).filter(([a, b]) => !sameKey(a, b)),
        random,
      );
      if (pair === null) return null;
      swap(...pair);
      return { verdict: 'PASS', anomalies: { reorder: 1 } };
    },
  },
  {
    name: 'swap two records where order is not asked for',
    plants: 'none',
    apply: (trace, random) => {
      trace.order = 'none';
      const pair = pick(neighbours(trace), random);
      if (pair === null) return null;
      swap(...pair);
      return { verdict: 'PASS', anomalies: { reorder: 1 } };
    },
  },
  {
    name: 'an acknowledgement without an offset',
    plants: 'none',
    apply: (trace, random) => {
      const victim = pick(ackedMessages(trace), random);
      if (victim === null) return null;
      victim.acked.offset = -1;
      return PASS;
    },
  },
  {
    name: 'a producer that is never told an offset',
    plants: 'none',
    apply: (trace, random) => {
      const producer = pick(trace.producers, random)!;
      for (const { acked } of ackedMessages(trace).filter((each) => each.producer === producer))
        acked.offset = -1;
      return PASS;
    },
  },
  {
    name: 'records deleted before the run',
    plants: 'none',
    apply: (trace) => {
      moveBehind(trace, 100);
      for (const partition of trace.partitions) partition.logStart = partition.begin;
      return PASS;
    },
  },
  {
    name: 'nothing was sent',
    plants: 'vacuous',
    apply: (trace) => {
      trace.producers = [];
      trace.groups = [];
      for (const partition of trace.partitions) partition.records = [];
      return { verdict: 'VACUOUS', anomalies: {} };
    },
  },
  {
    name: 'nothing was acknowledged',
    plants: 'vacuous',
    apply: (trace) => {
      for (const { sends } of trace.producers) {
        for (const send of sends) {
          if (send.reports[0]?.outcome === 'confirmed') send.reports = [{ outcome: 'failed' }];
        }
      }
      return { verdict: 'VACUOUS', anomalies: {} };
    },
  },
  {
    name: 'a fault without effect',
    plants: 'vacuous',
    apply: (trace) => {
      trace.conditions.push({ name: 'kafka2 stopped', met: true }, { name: 'leader changed', met: false });
      return { verdict: 'VACUOUS', anomalies: {} };
    },
  },
];
