import { removeRecordsBelow, unaudited, unreadSends } from './log-mutations.ts';
import { PASS, pick, removeRecord, storedMessages, type Mutation, type Stored } from './mutation.ts';
import type { Trace, TraceProducer } from './trace.ts';

type RandomOf = Parameters<Mutation['apply']>[1];

/** Messages of acks=0 that are not in the log: absent where it holds all that the run put there, unaudited elsewhere. */
export const sentMutations: readonly Mutation[] = [
  {
    name: 'delete records that were only sent',
    plants: 'sent-unaudited',
    apply: (trace, random) => {
      const victim = onlySent(trace, random);
      if (victim === null) return null;
      removeRecordsBelow(trace.partitions[victim.partition]!, victim.record.offset + 1);
      return unaudited(trace, []);
    },
  },
  {
    name: 'delete records, and drop one elsewhere that was only sent',
    plants: 'sent-unaudited',
    apply: (trace, random) => {
      const victim = onlySent(trace, random);
      const other = trace.partitions.findIndex((_, i) => i !== victim?.partition);
      if (victim === null || other < 0) return null;
      removeRecord(trace.partitions[victim.partition]!, victim.record);
      removeRecordsBelow(trace.partitions[other]!, 1);
      return unaudited(trace, []);
    },
  },
  {
    name: 'end the audit before what was only sent',
    plants: 'sent-unaudited',
    apply: (trace, random) => {
      const victim = onlySent(trace, random);
      if (victim === null) return null;
      trace.partitions[victim.partition]!.position = victim.record.offset;
      return unaudited(trace, []);
    },
  },
  {
    name: 'drop what was only sent, where nothing was deleted from the only partition that it went to',
    plants: 'none',
    apply: (trace, random) => {
      const victim = onlySent(trace, random);
      const other = trace.partitions.findIndex((_, i) => i !== victim?.partition);
      if (victim === null || other < 0) return null;
      const { producer, partition, record } = victim;
      for (const each of storedMessages(trace).filter((stored) => stored.producer === producer)) {
        if (each.partition !== partition) return null;
      }
      producer.sendsTo = partition;
      removeRecord(trace.partitions[partition]!, record);
      removeRecordsBelow(trace.partitions[other]!, 1);
      // Those of others may have gone there.
      return unreadSends(trace) > 1 ? null : PASS;
    },
  },
];

/** Makes one producer one of acks=0, all others too, so that no other kind of finding comes in; picks a message of it. */
function onlySent(trace: Trace, random: RandomOf): Stored | null {
  for (const producer of trace.producers) sendOnly(producer);
  return pick(
    storedMessages(trace).filter(({ send }) => send.reports[0]?.outcome === 'confirmed'),
    random,
  );
}

function sendOnly(producer: TraceProducer): void {
  producer.acks = 'none';
  for (const report of producer.sends.flatMap(({ reports }) => reports)) {
    if (report.outcome !== 'confirmed') continue;
    report.partition = -1;
    report.offset = -1;
  }
}
