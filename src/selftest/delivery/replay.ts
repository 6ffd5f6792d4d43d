import type { AnomalyKind } from '../../judge/delivery/anomalies.ts';
import type { SentMessages } from '../../judge/delivery/sent-messages.ts';
import { DeliveryCheck } from '../../judge/delivery/delivery-check.ts';
import { checkEnvelope, emptyEnvelope, ENVELOPE_BYTES, readEnvelope } from '../../protocol/envelope.ts';
import { readEvidence } from '../../protocol/evidence/segment-sequence.ts';
import type { GroupLedger } from '../../judge/delivery/group-ledger.ts';
import { keyHash } from '../../protocol/evidence/key-hash.ts';
import type { Ledgers } from '../../judge/delivery/ledgers.ts';
import type { LogAudit } from '../../judge/delivery/log-audit.ts';
import type { DeliveryVerdict } from '../../judge/delivery/verdict.ts';
import { evidenceOf } from './evidence-of.ts';
import {
  auditSequence,
  committedOfOthers,
  type Trace,
  type TraceGroup,
  type TraceProducer,
} from './trace.ts';

const topic = 'trace';

const sizes = { pageBits: 32, ackPageMessages: 8 };

/** By which way a trace gets to the verifier: by its methods, or as the bytes of an evidence file. */
export type Way = 'direct' | 'evidence';

/** Puts a trace through the verifier itself, with pages so small that they fill. */
export function replay(trace: Trace, way: Way, disabled: Iterable<AnomalyKind> = []): DeliveryVerdict {
  const { run, guarantee, order, readUncommitted, groups, conditions } = trace;
  const check = new DeliveryCheck({
    ...{ run, guarantee, order, readUncommitted, groups, disabled, sizes },
    measureStart: { monotonic: 0, wall: 0 },
    topics: [topic],
    producers: trace.producers.map(({ producer, incarnation, sendsTo }) => ({
      ...{ producer, incarnation },
      destination: { topic, partition: sendsTo },
    })),
    deadLetters: groups.map(({ name, lettersCompacted }) => ({
      ...{ name: `dead ${name}`, begins: [0] },
      ...(lettersCompacted ? { compaction: { deleteRetention: 0, certain: true } } : {}),
    })),
    compaction: {
      policies: new Map(trace.compaction ? [[topic, trace.compaction]] : []),
      sent: (producer, incarnation) => sentBy(trace, producer, incarnation),
      auditedAt: trace.auditedAt,
    },
    witnessesPerKind: 100,
  });
  // No record says that a topic was made again: whoever reads the records knows when it was.
  if (way === 'direct' || trace.remade || groups.some(({ shared }) => shared.length > 0)) enter(trace, check);
  else {
    const { damage } = readEvidence(evidenceOf(trace), (record) => check.apply(record));
    if (damage.length > 0) throw new Error(`evidence is damaged: ${damage.join(', ')}`);
  }
  return check.judge({ conditions });
}

function sentBy(trace: Trace, producer: number, incarnation: number): SentMessages | undefined {
  const of = trace.producers.find((each) => each.producer === producer && each.incarnation === incarnation);
  if (of === undefined) return undefined;
  const { sends, idempotent, keysCanBeTold } = of;
  const hashOf = (sequence: number): number => {
    const key = sends[sequence]?.key ?? null;
    return key === null ? -1 : keyHash(key);
  };
  return {
    ...{ topic, idempotent, rule: `of producer ${producer}` },
    someTombstones: sends.some(({ isTombstone }) => isTombstone),
    isTombstone: (sequence) => sends[sequence]?.isTombstone ?? false,
    keyHashes: () => (keysCanBeTold ? hashOf : null),
  };
}

function enter(trace: Trace, check: DeliveryCheck): void {
  trace.partitions.forEach((_, partition) => check.partitions.indexOf(topic, partition));
  for (const producer of trace.producers) enterSends(producer, check.ledgers);
  trace.groups.forEach((group, i) => enterEvents(group, check.groups[i]!));
  trace.groups.forEach((group, i) => enterLetters(group, i, check));
  enterLog(trace, check.audit);
}

function enterSends(producer: TraceProducer, ledgers: Ledgers): void {
  const ledger = ledgers.open({ ...producer, destination: { topic, partition: producer.sendsTo } });
  for (const { sequence, at, reports } of producer.sends) {
    ledger.handedOver(sequence, at);
    ledger.handedOver(sequence + 1);
    for (const report of reports) {
      if (report.outcome === 'confirmed') ledger.acknowledged(sequence, report.partition, report.offset);
      else if (report.outcome === 'failed') ledger.indeterminate(sequence);
      else ledger.refused(sequence);
    }
  }
  for (const { from, to, how } of producer.transactions) ledger.transactionEnded(from, to, how);
  ledger.close(producer.ended);
}

function enterEvents(group: TraceGroup, ledger: GroupLedger): void {
  group.owes.forEach((offset, partition) => ledger.owes(partition, offset));
  for (const partition of group.shared) ledger.shares(partition);
  for (const event of group.events) {
    switch (event.type) {
      case 'assigned':
        ledger.assigned(event.member, event.partition);
        break;
      case 'revoked':
        ledger.revoked(event.member, event.partition);
        break;
      case 'processed':
        ledger.processed(event.member, event.partition, event.from, event.to - event.from, event.epoch);
        break;
      case 'committed':
        ledger.committed(event.member, event.partition, event.offset);
        break;
      case 'remade':
        ledger.remade(event.partition);
        break;
      case 'reset':
        ledger.reset(event.partition, event.offset);
        break;
      case 'dead-lettered':
        ledger.deadLettered(event.partition, event.offset, 1);
        break;
      case 'skipped':
        ledger.skipped(event.partition, event.offset, 1);
        break;
      case 'broken':
        ledger.broken(event.member, event.partition, event.offset, 1);
    }
  }
}

function enterLetters(
  { letters, lettersRead, lettersCompacted }: TraceGroup,
  topic: number,
  check: DeliveryCheck,
): void {
  letters.forEach((letter, offset) =>
    check.groups[topic]!.deadLetter(
      {
        ...letter,
        keyHash: letter.key === null ? -1 : keyHash(letter.key),
        place: { topic: 'dead', partition: 0, offset },
      },
      lettersCompacted,
    ),
  );
  check.deadLetters.end(topic, 0, letters.length - (lettersRead ? 0 : 1), letters.length, 0);
}

function enterLog(trace: Trace, audit: LogAudit): void {
  trace.partitions.forEach(({ begin, logStart, auditedFrom }, partition) => {
    const from = Math.max(logStart, auditedFrom);
    audit.expects(partition, from > begin ? from : 0);
  });
  const envelope = emptyEnvelope();
  for (const [partition, { offset, epoch, key, value }] of auditSequence(trace)) {
    readEnvelope(value, 0, envelope);
    const check = checkEnvelope(value, 0, key, value, ENVELOPE_BYTES);
    const hash = key === null ? -1 : keyHash(key);
    audit.record(partition, offset, epoch, check, envelope, hash);
  }
  for (const [partition, offset, key] of committedOfOthers(trace)) {
    audit.committed(partition, offset, keyHash(key));
  }
  trace.partitions.forEach(({ committedTo }, partition) => audit.committedTo(partition, committedTo));
  trace.partitions.forEach((each, partition) => {
    if (each.position !== null)
      audit.end(partition, {
        ...{ ...each, position: each.position, remade: trace.remade },
        logEnd: each.highWatermark + each.unreplicated,
      });
  });
}
