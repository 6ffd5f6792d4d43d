import { describe, expect, it } from 'vitest';
import { AckTimes } from './ack-times.ts';
import { codes, emptyRecord, recordKinds } from '../../protocol/evidence/record.ts';
import type { Witness } from '../../protocol/evidence/findings.ts';

const witness = (sequence: number): Witness => ({
  kind: 'lost',
  producer: 1,
  incarnation: 2,
  sequence,
  acked: { topic: 'orders', partition: 0, offset: sequence, at: null },
});
const acks = { ...emptyRecord(), kind: recordKinds.sends, code: codes.sends.confirmed, client: 1, part: 2 };

describe('AckTimes', () => {
  it('finds the record that holds each message, as a run or as a mask', () => {
    const times = new AckTimes([...[10, 12, 13, 16, 40, 43, 99].map(witness), { kind: 'hang' }]);
    times.apply({ ...acks, sequence: 10, count: 3, stride: 2, time: 5000 });
    times.apply({ ...acks, sequence: 40, count: 0b1001, stride: 0, time: 7500 });
    times.apply({ ...acks, sequence: 13, count: 1, stride: 1, time: 1, part: 3 });
    times.apply({ ...acks, sequence: 99, count: 1, stride: 1, time: 1, code: codes.sends.failed });
    expect(times.complete().map(({ acked }) => acked?.at)).toEqual([
      5,
      5,
      null,
      null,
      7.5,
      7.5,
      null,
      undefined,
    ]);
  });
});
