import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProducerReport } from '../../protocol/report.ts';
import { closedLoopSpan, joinSpans, least, most, openLoopSpan, perSecondOver, spanSeconds } from './span.ts';
import { producerReport } from '../../trial/evidence.case.ts';

const second = 1e6;

/** A client of an open loop: messages `first`, `first + of` … at `perSecond`, each `late` µs late. */
function openLoop(count: number, perSecond: number, late: (i: number) => number): ProducerReport {
  const due = (i: number) => (i * second) / perSecond;
  return producerReport({
    firstDue: due(0),
    lastDue: due(count - 1),
    firstHandedOver: due(0) + late(0),
    lastHandedOver: due(count - 1) + late(count - 1),
  });
}

describe('an open loop', () => {
  it('that kept its schedule shows the rate that it offered', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0.1, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (count, perSecond, late) => {
          const span = openLoopSpan(
            [openLoop(count, perSecond, () => (late * second) / perSecond)],
            perSecond,
          );
          expect(perSecondOver(count, span)! / perSecond).toBeCloseTo(1, 6);
        },
      ),
    );
  });

  it('that fell behind shows less than it offered', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10_000 }), fc.integer({ min: 2, max: 10 }), (count, slower) => {
        // Each message takes `slower` slots: the last is handed over when count × slower slots have passed.
        const slot = second / 1000;
        const span = openLoopSpan([openLoop(count, 1000, (i) => i * slot * (slower - 1))], 1000);
        const achieved = perSecondOver(count, span)!;
        expect(achieved).toBeLessThanOrEqual(1000);
        expect(achieved).toBeCloseTo(
          (count * second) / Math.max((count - 1) * slower * slot, count * slot),
          6,
        );
      }),
    );
  });

  it('is of the group: from its first client to its last', () => {
    const clients = [
      producerReport({ firstDue: 0, lastDue: 8000, lastHandedOver: 8001 }),
      producerReport({ firstDue: 1000, lastDue: 9000, lastHandedOver: 9001 }),
    ];
    expect(openLoopSpan(clients, 1000)).toEqual({ from: 0, to: 10_000 });
  });

  it('has no span where nothing of the measured phase was handed over', () => {
    expect(openLoopSpan([], 10)).toBeNull();
    expect(openLoopSpan([producerReport({})], 10)).toBeNull();
    expect(perSecondOver(5, null)).toBeNull();
  });
});

describe('a closed loop', () => {
  /** One server of `rate` a second with a queue of `depth`, and `warmup` seconds of it before the measured phase. */
  function served(rate: number, depth: number, warmup: number, count: number): ProducerReport {
    const slot = second / rate;
    const start = warmup * second;
    // The queue is full when the measured phase begins; each message is handed over when a place is free.
    const ahead = warmup === 0 ? 0 : depth;
    const settledAt = (i: number) => start + (ahead + i + 1) * slot;
    const handedOverAt = (i: number) => start + Math.max(0, ahead + i + 1 - depth) * slot;
    return producerReport({
      firstHandedOver: handedOverAt(0),
      lastHandedOver: handedOverAt(count - 1),
      lastSettled: settledAt(count - 1),
      warmupSettled: ahead === 0 ? null : start + ahead * slot,
    });
  }

  it('shows the rate of the system, however much warm-up stood ahead in the queue', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.constantFrom(0, 3),
        fc.integer({ min: 1, max: 100_000 }),
        (rate, depth, warmup, count) => {
          const span = closedLoopSpan([served(rate, depth, warmup, count)]);
          expect(perSecondOver(count, span)! / rate).toBeCloseTo(1, 6);
        },
      ),
    );
  });

  it('joins clients so that the rate of all is the sum of theirs', () => {
    const clients = [served(1000, 500, 3, 10_000), served(1000, 500, 3, 10_000)];
    expect(perSecondOver(20_000, closedLoopSpan(clients))).toBeCloseTo(2000, 6);
  });

  it('never shows more than was served: a client whose warm-up ended late does not shorten the span of the others', () => {
    const quick = producerReport({ firstHandedOver: 0, lastSettled: 10 * second, warmupSettled: null });
    const slow = producerReport({ firstHandedOver: 0, lastSettled: 10 * second, warmupSettled: 9 * second });
    expect(closedLoopSpan([quick, slow])).toEqual({ from: 0, to: 10 * second });
  });

  it('has no negative length where warm-up ended after everything measured', () => {
    const odd = producerReport({ firstHandedOver: 0, lastSettled: second, warmupSettled: 2 * second });
    expect(closedLoopSpan([odd])).toEqual({ from: second, to: second });
    expect(perSecondOver(1, closedLoopSpan([odd]))).toBeNull();
    expect(spanSeconds(closedLoopSpan([odd]))).toBe(0);
  });

  it('has no span where nothing was settled', () => {
    expect(closedLoopSpan([producerReport({ firstHandedOver: 5 })])).toBeNull();
    expect(spanSeconds(null)).toBe(0);
  });
});

describe('what may be unknown', () => {
  it('is left out of the least, the most and a joined span', () => {
    expect(least([null, 3, 2, null])).toBe(2);
    expect(most([null, 3, 2, null])).toBe(3);
    expect(least([null])).toBeNull();
    expect(most([])).toBeNull();
    expect(joinSpans([null, { from: 2, to: 5 }, { from: 1, to: 3 }])).toEqual({ from: 1, to: 5 });
    expect(joinSpans([null])).toBeNull();
  });
});
