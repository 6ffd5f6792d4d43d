import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SendTally } from './send-tally.ts';

const measureStart = 1000;
const none = { attempted: 0, acked: 0, sent: 0, rejected: 0, indeterminate: 0, bytes: 0 };

function begun(acks: 'none' | 'some' = 'some'): SendTally {
  const tally = new SendTally(acks);
  tally.begin(measureStart);
  return tally;
}

describe('SendTally', () => {
  it('cuts the warm-up by due time, whenever the message was handed over or settled', () => {
    const tally = begun();
    tally.attempted(999, 1400);
    tally.attempted(1000, 1401);
    tally.succeeded(999, 1500, 10);
    tally.succeeded(1000, 1501, 20);
    const report = tally.report();
    expect(report.warmup).toEqual({ ...none, attempted: 1, acked: 1, bytes: 10 });
    expect(report.measured).toEqual({ ...none, attempted: 1, acked: 1, bytes: 20 });
    expect(report).toMatchObject({
      firstDue: 1000,
      lastDue: 1000,
      firstHandedOver: 1401,
      lastHandedOver: 1401,
      lastSettled: 1501,
      lastAcked: 1501,
      warmupSettled: 1500,
    });
  });

  it('calls it sent, not acked, where nothing is acknowledged', () => {
    const tally = begun('none');
    tally.attempted(1000, 1000);
    tally.succeeded(1000, 1001, 7);
    expect(tally.report().measured).toEqual({ ...none, attempted: 1, sent: 1, bytes: 7 });
  });

  it('tells a refusal, which never left, from a report with an error, which proves nothing', () => {
    const tally = begun();
    for (const due of [1000, 1001, 1002]) tally.attempted(due, due);
    tally.refused(1000, 1000, 10);
    tally.failed(1001, 2000, -192);
    tally.failed(1002, 2000, -192);
    tally.close();
    expect(tally.report().measured).toEqual({ ...none, attempted: 3, rejected: 1, indeterminate: 2 });
    expect(tally.report().errors).toEqual([
      { code: 'MSG_SIZE_TOO_LARGE', phase: 'measure', count: 1 },
      { code: '_MSG_TIMED_OUT', phase: 'measure', count: 2 },
    ]);
  });

  it('holds what had no report when it closed as indeterminate, in its phase', () => {
    const tally = begun();
    for (const due of [1, 2, 1000, 1001, 1002]) tally.attempted(due, due);
    tally.succeeded(1, 5, 1);
    tally.succeeded(1001, 1100, 1);
    expect(tally.progress).toMatchObject({ attempted: 5, settled: 2, failed: 0 });
    tally.close();
    expect(tally.report().warmup).toMatchObject({ acked: 1, indeterminate: 1 });
    expect(tally.report().measured).toMatchObject({ acked: 1, indeterminate: 2 });
    expect(tally.progress).toEqual({
      attempted: 5,
      settled: 5,
      failed: 3,
      warmup: { attempted: 2, settled: 2, failed: 1, received: 0 },
    });
    // What nobody reported has a reason all the same.
    expect(tally.report()).toMatchObject({ unanswered: 3 });
    expect(tally.report().errors).toEqual([
      { code: '_DESTROY', phase: 'warmup', count: 1 },
      { code: '_DESTROY', phase: 'measure', count: 2 },
    ]);
  });

  it('says until when warm-up held up the queue: not beyond the first measured message that was served', () => {
    const tally = begun();
    for (const due of [1, 2, 3, 1000, 1001]) tally.attempted(due, due);
    tally.succeeded(1, 1200, 1);
    tally.succeeded(2, 1300, 1);
    tally.succeeded(1000, 1301, 1);
    // Of a partition without a leader: it times out long after the others went on.
    tally.failed(3, 300_000_000, -192);
    tally.succeeded(1001, 1400, 1);
    expect(tally.report().warmupSettled).toBe(1300);
  });

  it('is all nothing when nothing was attempted', () => {
    const tally = begun();
    tally.close();
    expect(tally.report()).toEqual({
      warmup: none,
      measured: none,
      firstHandedOver: null,
      lastHandedOver: null,
      lastSettled: null,
      lastAcked: null,
      warmupSettled: null,
      firstDue: null,
      lastDue: null,
      errors: [],
      refused: 0,
      unanswered: 0,
    });
  });

  const fate = fc.constantFrom('acked', 'failed', 'refused', 'silent');
  it('ends every attempted message as exactly one of acked, sent, rejected and indeterminate', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ due: fc.integer({ min: 0, max: 2000 }), fate, bytes: fc.nat(1000) })),
        fc.constantFrom('none' as const, 'some' as const),
        (messages, acks) => {
          const tally = begun(acks);
          for (const { due } of messages) tally.attempted(due, due);
          for (const { due, fate: end, bytes } of messages) {
            if (end === 'acked') tally.succeeded(due, due, bytes);
            if (end === 'failed') tally.failed(due, due, -192);
            if (end === 'refused') tally.refused(due, due, 10);
          }
          tally.close();
          const { warmup, measured, errors } = tally.report();
          for (const [counts, of] of [
            [warmup, messages.filter(({ due }) => due < measureStart)],
            [measured, messages.filter(({ due }) => due >= measureStart)],
          ] as const) {
            const ended = (end: string) => of.filter((message) => message.fate === end);
            expect(counts).toEqual({
              attempted: of.length,
              acked: acks === 'some' ? ended('acked').length : 0,
              sent: acks === 'none' ? ended('acked').length : 0,
              rejected: ended('refused').length,
              indeterminate: ended('failed').length + ended('silent').length,
              bytes: ended('acked').reduce((sum, { bytes }) => sum + bytes, 0),
            });
            expect(counts.attempted).toBe(
              counts.acked + counts.sent + counts.rejected + counts.indeterminate,
            );
          }
          const told = errors.reduce((sum, { count }) => sum + count, 0);
          expect(told).toBe(messages.filter(({ fate }) => fate !== 'acked').length);
        },
      ),
    );
  });
});
