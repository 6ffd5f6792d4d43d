import { describe, expect, it } from 'vitest';
import { auditedFrom, couldBeMet, isTail, type PartitionEnd } from './partition-end.ts';

const end: PartitionEnd = { begin: 10, logStart: 20, highWatermark: 50, lastStableOffset: 50, position: 50 };
const met = (of: PartitionEnd) =>
  [9, 10, 19, 20, 29, 30, 39, 40, 60].filter((offset) => couldBeMet(of, offset));

describe('PartitionEnd', () => {
  it('begins where the log does, or where the tail does', () => {
    expect([auditedFrom(end), isTail(end)]).toEqual([20, false]);
    expect([auditedFrom({ ...end, auditedFrom: 30 }), isTail({ ...end, auditedFrom: 30 })]).toEqual([
      30,
      true,
    ]);
    // The log was deleted up to there while the reader was under way.
    expect([auditedFrom({ ...end, auditedFrom: 15 }), isTail({ ...end, auditedFrom: 15 })]).toEqual([
      20,
      false,
    ]);
  });

  it('leaves open what was deleted, left out or not reached, and nothing that cannot be of this run', () => {
    expect(met(end)).toEqual([9, 20, 29, 30, 39, 40, 60]);
    expect(met({ ...end, auditedFrom: 30 })).toEqual([9, 30, 39, 40, 60]);
    expect(met({ ...end, position: 40 })).toEqual([9, 20, 29, 30, 39]);
  });
});
