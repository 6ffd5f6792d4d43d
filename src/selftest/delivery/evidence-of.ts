import { checkEnvelope, emptyEnvelope, ENVELOPE_BYTES, readEnvelope } from '../../protocol/envelope.ts';
import { codes, emptyRecord, recordKinds, type EvidenceRecord } from '../../protocol/evidence/record.ts';
import { LogRuns } from '../../protocol/evidence/log-runs.ts';
import { SendRuns } from '../../protocol/evidence/send-runs.ts';
import { EvidenceWriter } from '../../protocol/evidence/writer.ts';
import { keyHash } from '../../protocol/evidence/key-hash.ts';
import {
  auditSequence,
  committedOfOthers,
  type GroupEvent,
  type Trace,
  type TraceGroup,
  type TraceProducer,
} from './trace.ts';

/** The file that workers would have left of a trace, with segments so short that there are several. */
export function evidenceOf(trace: Trace): Buffer {
  let file = Buffer.alloc(0);
  const writer = new EvidenceWriter({
    run: trace.run,
    writer: 0,
    capacity: 64,
    write: (bytes, position) => {
      if (position + bytes.length > file.length) {
        file = Buffer.concat([file, Buffer.alloc(position + bytes.length - file.length)]);
      }
      bytes.copy(file, position);
    },
  });
  const put = (record: Partial<EvidenceRecord>) => writer.append({ ...emptyRecord(), ...record });
  for (const producer of trace.producers) putSends(producer, put);
  trace.groups.forEach(({ owes, events }, part) => {
    owes.forEach((offset, partition) => put({ kind: recordKinds.owes, part, partition, offset }));
    for (const event of events) if (event.type !== 'remade') put({ ...eventRecord(event), part });
  });
  trace.groups.forEach((group, topic) => putLetters(group, topic, put));
  putLog(trace, put);
  writer.close();
  return file;
}

type Put = (record: Partial<EvidenceRecord>) => void;

function putSends({ producer, incarnation, acks, transactional, ...rest }: TraceProducer, put: Put): void {
  const who = { client: producer, part: incarnation };
  const { acksNone, acksSome, transactional: inTransactions } = codes.opened;
  const code = (acks === 'some' ? acksSome : acksNone) | (transactional ? inTransactions : 0);
  put({ ...who, kind: recordKinds.opened, code, time: rest.sends[0]?.at ?? 0 });
  const runs = new SendRuns({ producer, incarnation }, put);
  for (const { sequence, at, reports } of rest.sends) {
    // What had been handed over before it was.
    if (sequence > 0) {
      put({
        ...who,
        kind: recordKinds.sends,
        code: codes.sends.handedOver,
        sequence: sequence - 1,
        time: at,
      });
    }
    for (const report of reports) {
      if (report.outcome === 'confirmed')
        runs.confirmed(sequence, 0, report.partition, report.offset, sequence);
      else if (report.outcome === 'failed') runs.failed(sequence, -192, sequence);
      else runs.refused(sequence, -184, sequence);
    }
  }
  runs.flush();
  for (const { from, to, how } of rest.transactions) {
    put({
      ...who,
      kind: recordKinds.transaction,
      code: codes.transaction[how],
      sequence: from,
      count: to - from,
    });
  }
  const attempted = rest.sends.length;
  if (rest.ended === 'drained') {
    put({ ...who, kind: recordKinds.ended, code: codes.ended.drained, sequence: attempted });
  } else if (attempted > 0) {
    put({ ...who, kind: recordKinds.sends, code: codes.sends.handedOver, sequence: 0, count: attempted });
  }
}

function eventRecord(event: Exclude<GroupEvent, { type: 'remade' }>): Partial<EvidenceRecord> {
  switch (event.type) {
    case 'assigned':
    case 'revoked': {
      const { member: client, partition } = event;
      return { kind: recordKinds[event.type], client, partition };
    }
    case 'processed': {
      const { member: client, partition, from: offset, to, epoch: value } = event;
      return { kind: recordKinds.processed, client, partition, offset, count: to - offset, value };
    }
    case 'committed':
      return { kind: recordKinds.committed, client: event.member, ...placeOf(event) };
    case 'reset':
      return { kind: recordKinds.reset, ...placeOf(event) };
    case 'dead-lettered':
      return { kind: recordKinds.deadLettered, ...placeOf(event) };
    case 'skipped':
      return { kind: recordKinds.skipped, ...placeOf(event) };
    case 'broken':
      return { kind: recordKinds.broken, client: event.member, ...placeOf(event) };
  }
}

const placeOf = ({ partition, offset }: { partition: number; offset: number }) => ({ partition, offset });

/** Each group's dead letters have a topic of their own, with one partition; its number is the group's. */
function putLetters({ letters, lettersRead }: TraceGroup, topic: number, put: Put): void {
  letters.forEach(({ producer: client, incarnation: part, sequence, intact, key, partition, offset }, i) => {
    if (key !== null) {
      put({
        kind: recordKinds.deadLetterKey,
        ...{ stride: topic, count: 0, offset: i, time: keyHash(key) + 1 },
      });
    }
    put({
      kind: recordKinds.deadLetter,
      code: intact ? codes.deadLetter.ok : codes.deadLetter.corrupt,
      ...{ client, part, sequence, partition, offset },
      ...{ value: topic, stride: topic, count: 0, time: i },
    });
  });
  const end = letters.length;
  const position = lettersRead ? end : end - 1;
  put({ kind: recordKinds.deadLetterEnd, stride: topic, count: 0, offset: position, sequence: end, time: 0 });
}

function putLog(trace: Trace, put: Put): void {
  trace.partitions.forEach(({ begin, logStart, auditedFrom }, partition) =>
    put({ kind: recordKinds.logRange, partition, sequence: begin, offset: logStart, time: auditedFrom }),
  );
  const envelope = emptyEnvelope();
  const runs = new LogRuns({ run: trace.run, measureStart: 0, append: put });
  for (const [partition, { offset, epoch, key, value }] of auditSequence(trace)) {
    readEnvelope(value, 0, envelope);
    const check = checkEnvelope(value, 0, key, value, ENVELOPE_BYTES);
    // Another second every few records, back and forth as retries make it: it must change no verdict.
    const timestamp = ((offset * 700) % 3000) - 1;
    runs.record(0, partition, offset, epoch, check, envelope, key === null ? -1 : keyHash(key), timestamp);
  }
  runs.flush();
  for (const [partition, offset, key] of committedOfOthers(trace)) {
    put({ kind: recordKinds.committedRecord, partition, offset, time: keyHash(key) + 1 });
  }
  trace.partitions.forEach(({ committedTo: offset }, partition) =>
    put({ kind: recordKinds.committedEnd, partition, offset }),
  );
  trace.partitions.forEach(({ position, highWatermark, lastStableOffset, unreplicated }, partition) => {
    if (position === null) return;
    const offset = highWatermark + unreplicated;
    if (unreplicated > 0) put({ kind: recordKinds.logUnreplicated, partition, offset });
    put({
      kind: recordKinds.logEnd,
      partition,
      offset: position,
      sequence: highWatermark,
      time: lastStableOffset,
    });
  });
}
