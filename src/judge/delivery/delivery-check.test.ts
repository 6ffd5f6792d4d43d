import { describe, expect, it } from 'vitest';
import { DeliveryCheck } from './delivery-check.ts';
import { codes, emptyRecord, recordKinds, type EvidenceRecord } from '../../protocol/evidence/record.ts';

const log = { kind: recordKinds.log, code: codes.log.ok, partition: 0, client: 1 };
const sends = { kind: recordKinds.sends, partition: 0, client: 1 };

/** The evidence of one producer and of one partition. */
function judged(...records: readonly Partial<EvidenceRecord>[]) {
  const check = new DeliveryCheck({
    ...{ run: 7, guarantee: 'at-least-once', order: 'partition', topics: ['orders'], groups: [] },
  });
  check.apply({ ...emptyRecord(), kind: recordKinds.opened, code: codes.opened.acksSome, client: 1 });
  for (const record of records) check.apply({ ...emptyRecord(), ...record });
  return check.judge();
}

/** Sequence 0 was reported with an error, 1 was acknowledged at 10; the log holds them the other way round. */
const turned = (range: Partial<EvidenceRecord>) =>
  judged(
    { ...sends, code: codes.sends.failed, sequence: 0, partition: -1 },
    { ...sends, code: codes.sends.confirmed, sequence: 1, offset: 10 },
    { kind: recordKinds.logRange, partition: 0, ...range },
    { ...log, sequence: 1, offset: 10 },
    { ...log, sequence: 0, offset: 11 },
    { kind: recordKinds.logEnd, partition: 0, offset: 12, sequence: 12, time: 12 },
  );

describe('DeliveryCheck', () => {
  it('judges order where all of the run is read, and of what is known where it is not', () => {
    // `sequence`: where the log began when the run began; `offset`: where it begins now; `time`: where reading began.
    expect(turned({ sequence: 10, offset: 10 }).anomalies).toEqual({ reorder: 1 });
    expect(turned({ sequence: 0, offset: 10 }).anomalies).toEqual({});
    expect(turned({ sequence: 0, offset: 0, time: 10 }).anomalies).toEqual({});
    expect(turned({ sequence: 0, offset: 0, time: 10 }).coverage).toMatchObject({ tail: true, acked: 1 });
    expect(turned({ sequence: 0, offset: 0 }).coverage).toMatchObject({ tail: false });
  });

  it('tells in which second of the measured phase duplicates and redeliveries were', () => {
    const check = new DeliveryCheck({
      ...{ run: 7, guarantee: 'at-least-once', order: 'none', topics: ['orders'], groups: [{ name: 'g' }] },
      measureStart: { monotonic: 100e6, wall: 50_000 },
    });
    const enter = (record: Partial<EvidenceRecord>) => check.apply({ ...emptyRecord(), ...record });
    enter({ kind: recordKinds.opened, code: codes.opened.acksSome, client: 1 });
    enter({ ...sends, code: codes.sends.confirmed, sequence: 0, offset: 0, count: 4 });
    // ns: 97.5 s, 101.999 s, 102 s.
    const processed = (time: number, offset: number, count: number) =>
      enter({ kind: recordKinds.processed, partition: 0, offset, count, time });
    processed(97.5e9, 0, 4);
    processed(97.6e9, 3, 1);
    enter({ kind: recordKinds.committed, partition: 0, offset: 2 });
    enter({ kind: recordKinds.assigned, client: 2, partition: 0, time: 98e9 });
    enter({ kind: recordKinds.processed, client: 2, partition: 0, offset: 1, count: 2, time: 101.999e9 });
    processed(102e9, 4, 3);
    expect(check.seconds).toBeNull();

    enter({ kind: recordKinds.logRange, partition: 0 });
    enter({ kind: recordKinds.logTime, partition: 0, offset: 0, time: 49_999 });
    enter({ ...log, sequence: 0, offset: 0, count: 4 });
    enter({ ...log, sequence: 3, offset: 4 });
    enter({ kind: recordKinds.logTime, partition: 0, offset: 5, time: 57_200 });
    enter({ ...log, sequence: 1, offset: 5, count: 2 });
    enter({ kind: recordKinds.logTime, partition: 0, offset: 7, time: -1 });
    enter({ ...log, sequence: 0, offset: 7 });
    enter({ kind: recordKinds.logTime, partition: 0, offset: 8, time: 57_999 });
    enter({ ...log, sequence: 0, offset: 8 });
    enter({ kind: recordKinds.logEnd, partition: 0, offset: 9, sequence: 9, time: 9 });
    expect(check.seconds).toEqual({
      duplicates: [
        { second: -1, count: 1 },
        { second: 7, count: 3 },
        { second: null, count: 1 },
      ],
      // Offset 1 behind the commit, 2 before it: both were given out again.
      redelivered: [
        { second: -3, count: 1 },
        { second: 1, count: 2 },
      ],
    });
    const { anomalies } = check.judge();
    expect(anomalies).toMatchObject({ duplicate: 5, redelivery: 2, 'committed-redelivery': 1 });
  });

  it('tells no seconds where nobody knows when the measured phase began', () => {
    const check = new DeliveryCheck({
      ...{ run: 7, guarantee: 'at-least-once', order: 'none', topics: ['orders'], groups: [] },
    });
    check.apply({ ...emptyRecord(), kind: recordKinds.logTime, partition: 0, offset: 0, time: 49_999 });
    expect(check.audit.records).toBe(0);
    expect(check.seconds).toBeNull();
  });

  it('does not blame a group for a letter that a tombstone may have taken, of a message that was compacted', () => {
    const policy = { deleteRetention: 1000, certain: true };
    const check = (letters: { readonly compaction?: typeof policy }) => {
      const of = new DeliveryCheck({
        ...{ run: 7, guarantee: 'at-least-once', order: 'none', topics: ['orders'], groups: [{ name: 'g' }] },
        deadLetters: [{ name: 'dead', begins: [0], ...letters }],
        compaction: {
          policies: new Map([['orders', policy]]),
          auditedAt: 0,
          sent: () => ({
            ...{ topic: 'orders', rule: 'keys', idempotent: true, someTombstones: true },
            isTombstone: () => false,
            keyHashes: () => () => 77,
          }),
        },
      });
      const enter = (record: Partial<EvidenceRecord>) => of.apply({ ...emptyRecord(), ...record });
      enter({ kind: recordKinds.opened, code: codes.opened.acksSome, client: 1 });
      enter({ ...sends, code: codes.sends.confirmed, sequence: 0, offset: 0, count: 2 });
      enter({ kind: recordKinds.owes, partition: 0, offset: 0 });
      enter({ kind: recordKinds.deadLettered, partition: 0, offset: 0 });
      enter({ kind: recordKinds.processed, partition: 0, offset: 1 });
      enter({ kind: recordKinds.deadLetterEnd, stride: 0, count: 0, offset: 3, sequence: 3 });
      enter({ kind: recordKinds.logRange, partition: 0 });
      enter({ ...log, sequence: 1, offset: 1, time: 78 });
      enter({ kind: recordKinds.logEnd, partition: 0, offset: 2, sequence: 2, time: 2 });
      return of.judge();
    };
    const found = { compacted: 1, lost: 0, anomalies: { 'delivery-loss': 1 } };
    expect(check({})).toMatchObject({ ...found, verdict: 'FAIL', groups: [{ expected: 2, undelivered: 1 }] });
    expect(check({ compaction: policy })).toMatchObject({ ...found, verdict: 'UNKNOWN' });
  });

  it('calls no dead letter astray whose original may have been compacted, whatever became of it in other groups', () => {
    const judge = (canBeTold: boolean) => {
      const of = new DeliveryCheck({
        ...{ run: 7, guarantee: 'at-least-once', order: 'none', topics: ['orders'] },
        groups: [{ name: 'g' }, { name: 'h' }],
        deadLetters: [{ name: 'dead', begins: [0] }],
        compaction: {
          policies: new Map([['orders', { deleteRetention: 1000, certain: true }]]),
          auditedAt: null,
          sent: () => ({
            ...{ topic: 'orders', rule: 'keys', idempotent: true, someTombstones: true },
            isTombstone: () => false,
            keyHashes: () => (canBeTold ? (sequence) => 77 + sequence : null),
          }),
        },
      });
      const enter = (record: Partial<EvidenceRecord>) => of.apply({ ...emptyRecord(), ...record });
      enter({ kind: recordKinds.opened, code: codes.opened.acksSome, client: 1 });
      enter({ ...sends, code: codes.sends.confirmed, sequence: 0, offset: 0, count: 2 });
      for (const value of [0, 1]) enter({ kind: recordKinds.owes, value, partition: 0, offset: 0 });
      enter({ kind: recordKinds.deadLetterKey, stride: 0, count: 0, offset: 0, time: 79 });
      const letter = { kind: recordKinds.deadLetter, code: codes.deadLetter.ok, client: 1 };
      enter({ ...letter, sequence: 1, value: 1, partition: 0, offset: 1, stride: 0, count: 0, time: 0 });
      enter({ kind: recordKinds.deadLetterEnd, stride: 0, count: 0, offset: 1, sequence: 1 });
      enter({ kind: recordKinds.logRange, partition: 0 });
      enter({ ...log, sequence: 0, offset: 0, time: 78 });
      enter({ kind: recordKinds.logEnd, partition: 0, offset: 2, sequence: 2, time: 2 });
      return of.judge();
    };
    expect(judge(true)).toMatchObject({ lost: 1, unaudited: 0, anomalies: { 'stray-dead-letter': 1 } });
    const unknown = judge(false);
    expect(unknown).toMatchObject({ lost: 0, unaudited: 1, anomalies: { unseen: 1 } });
    expect(unknown.anomalies).not.toHaveProperty('stray-dead-letter');
  });

  it.each([
    { what: 'another group', value: 1, partition: 0, verdict: 'UNKNOWN' },
    { what: 'another partition of originals', value: 0, partition: 1, verdict: 'UNKNOWN' },
    { what: 'somebody else', value: null, partition: 0, verdict: 'UNKNOWN' },
    // The group comes to the messages of a partition in their order: a letter of an earlier one took nothing.
    { what: 'the same group, of an earlier message', value: 0, partition: 0, verdict: 'FAIL' },
  ])('does not blame a group for a letter whose key is there from $what', ({ value, partition, verdict }) => {
    const judge = (isCompacted: boolean, alsoLost = false) => {
      const compaction = { deleteRetention: 1000, certain: true };
      const of = new DeliveryCheck({
        ...{ run: 7, guarantee: 'at-least-once', order: 'none', topics: ['orders'] },
        groups: [{ name: 'g' }, { name: 'h' }],
        deadLetters: [{ name: 'dead', begins: [0], ...(isCompacted ? { compaction } : {}) }],
      });
      const enter = (record: Partial<EvidenceRecord>) => of.apply({ ...emptyRecord(), ...record });
      enter({ kind: recordKinds.opened, code: codes.opened.acksSome, client: 1 });
      enter({ ...sends, code: codes.sends.confirmed, sequence: 0, offset: 0, count: 3 });
      enter({ ...sends, code: codes.sends.confirmed, partition: 1, sequence: 3, offset: 0 });
      enter({ kind: recordKinds.owes, partition: 0, offset: 0 });
      enter({ kind: recordKinds.processed, partition: 0, offset: 0 });
      enter({ kind: recordKinds.deadLettered, partition: 0, offset: 1 });
      if (!alsoLost) enter({ kind: recordKinds.processed, partition: 0, offset: 2 });
      enter({ kind: recordKinds.deadLetterKey, stride: 0, count: 0, offset: 5, time: 78 });
      if (value !== null) {
        const letter = { kind: recordKinds.deadLetter, code: codes.deadLetter.ok, client: 1 };
        enter({
          ...letter,
          sequence: partition === 1 ? 3 : 0,
          value,
          partition,
          offset: 0,
          stride: 0,
          count: 0,
          time: 5,
        });
      }
      enter({ kind: recordKinds.deadLetterEnd, stride: 0, count: 0, offset: 6, sequence: 6 });
      for (const each of [0, 1]) enter({ kind: recordKinds.logRange, partition: each });
      for (const each of [0, 1, 2]) enter({ ...log, sequence: each, offset: each, time: 78 });
      enter({ kind: recordKinds.logEnd, partition: 0, offset: 3, sequence: 3, time: 3 });
      enter({ ...log, partition: 1, sequence: 3, offset: 0, time: 78 });
      enter({ kind: recordKinds.logEnd, partition: 1, offset: 1, sequence: 1, time: 1 });
      return of.judge();
    };
    expect(judge(true)).toMatchObject({ verdict, groups: [{ undelivered: 1 }, {}] });
    expect(judge(false)).toMatchObject({ verdict: 'FAIL' });
    expect(judge(true, true)).toMatchObject({ verdict: 'FAIL', groups: [{ undelivered: 2 }, {}] });
  });

  it('takes masks, of sends and of the log', () => {
    const mask = (1 | (1 << 3) | (1 << 31)) >>> 0;
    const verdict = judged(
      { ...sends, code: codes.sends.confirmed, sequence: 5, offset: 0, count: mask, stride: 0 },
      { kind: recordKinds.logRange, partition: 0, offset: 0 },
      { ...log, sequence: 5, offset: 0, count: mask, stride: 0 },
      { kind: recordKinds.logEnd, partition: 0, offset: 3, sequence: 3, time: 3 },
    );
    expect(verdict).toMatchObject({ verdict: 'PASS', attempted: 37, acked: 3, present: 3, anomalies: {} });
  });
});
