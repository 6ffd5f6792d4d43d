import { describe, expect, it } from 'vitest';
import { DeliveryCheck } from './delivery-check.ts';
import { codes, emptyRecord, recordKinds, type EvidenceRecord } from './evidence/record.ts';

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
