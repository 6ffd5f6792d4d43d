import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AckGaps } from './ack-gaps.ts';

const ms = 1000;

/** What is told of partition 0 after acknowledgements at these times. */
function told(times: readonly number[]): { first: number; last: number; gaps: number[] } {
  const gaps = new AckGaps('orders');
  for (const at of times) gaps.acked(0, at);
  const [report] = gaps.report();
  return { first: report!.first, last: report!.last, gaps: [...report!.gaps] };
}

/** Times from the waits between them. */
const after = (...waits: readonly number[]): number[] => {
  let at = 0;
  return waits.map((wait) => (at += wait));
};

describe('AckGaps', () => {
  it('tells of silences of 50 ms and more, by the acknowledgements around them', () => {
    expect(told([10 * ms, 20 * ms, 70 * ms, 119 * ms, 1119 * ms])).toEqual({
      first: 10 * ms,
      last: 1119 * ms,
      gaps: [20 * ms, 70 * ms, 119 * ms, 1119 * ms],
    });
  });

  it('keeps partitions apart, and leaves out those that acknowledged nothing', () => {
    const gaps = new AckGaps('orders');
    gaps.acked(2, 5);
    gaps.acked(0, 10);
    gaps.acked(2, 60 * ms);
    expect(gaps.report()).toEqual([
      { topic: 'orders', partition: 0, first: 10, last: 10, gaps: Float64Array.of() },
      { topic: 'orders', partition: 2, first: 5, last: 60 * ms, gaps: Float64Array.of(5, 60 * ms) },
    ]);
  });

  it('is what a slow reading of all times finds', () => {
    const waits = fc.array(fc.oneof(fc.integer({ min: 0, max: 60 * ms }), fc.constantFrom(50 * ms, 49_999)), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(waits, (some) => {
        const times = after(...some);
        const found = times.flatMap((at, i) =>
          i > 0 && at - times[i - 1]! >= 50 * ms ? [times[i - 1]!, at] : [],
        );
        expect(told(times)).toEqual({ first: times[0], last: times.at(-1), gaps: found });
      }),
    );
  });

  describe('of more than it can keep', () => {
    const outage = 1050 * ms;

    it('forgets short ones, never the longest', () => {
      const waits = Array.from({ length: 20_000 }, (_, i) => (i === 300 ? outage : 60 * ms + (i % 500)));
      const times = after(...waits);
      const { gaps, first, last } = told(times);
      expect(gaps.length / 2).toBeLessThanOrEqual(4096);
      expect([first, last]).toEqual([times[0], times.at(-1)]);
      const lengths = gaps.flatMap((end, i) => (i % 2 === 1 ? [end - gaps[i - 1]!] : []));
      expect(Math.max(...lengths)).toBe(outage);
      // Still in order of time, each one between two acknowledgements that were.
      expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
      expect(gaps.every((at) => times.includes(at))).toBe(true);
    });

    it('keeps the newest of a steady trickle, where all are equally long', () => {
      const { gaps } = told(after(...new Array<number>(10_000).fill(60 * ms)));
      expect(gaps.length / 2).toBeGreaterThanOrEqual(2048);
      expect(gaps.at(-1)).toBe(10_000 * 60 * ms);
    });

    it('does not let a partition with little to do hide the outage of another', () => {
      const gaps = new AckGaps('orders');
      for (let i = 1; i <= 5000; i++) gaps.acked(0, i * 5000 * ms);
      gaps.acked(1, 0);
      gaps.acked(1, outage);
      expect([...gaps.report()[1]!.gaps]).toEqual([0, outage]);
    });
  });
});
