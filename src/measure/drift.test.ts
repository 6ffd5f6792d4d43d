import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { drift, median, theilSenSlope } from './drift.ts';

const line = (length: number, from: number, to: number) =>
  Array.from({ length }, (_, i) => from + ((to - from) * i) / length);

describe('drift', () => {
  it('is the change over the window as a fraction of where it began', () => {
    expect(drift(line(60, 100, 110))).toBeCloseTo(0.1, 9);
    expect(drift(line(60, 100, 90))).toBeCloseTo(-0.1, 9);
    expect(drift(line(60, 100, 300))).toBeCloseTo(2, 9);
    expect(drift(line(60, 100, 100))).toBe(0);
  });

  it('is never more than all of it downwards', () => {
    // Two thirds at full speed and then next to nothing: the slope, over the median, would be more than all.
    const stalled = Array.from({ length: 60 }, (_, i) =>
      i < 20 ? 5000 : i < 40 ? 1500 - 60 * (i - 20) : 10,
    );
    expect(drift(stalled)!).toBeGreaterThanOrEqual(-1);
    expect(drift(stalled)!).toBeLessThan(-0.5);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 10, maxLength: 40 }),
        (values) => {
          const moved = drift(values);
          if (moved !== null) expect(moved).toBeGreaterThanOrEqual(-1);
        },
      ),
    );
  });

  it('of what began at nothing is finite', () => {
    expect(drift(line(60, 0, 100))).toBe(1);
  });

  it('does not follow outliers, nor noise', () => {
    const random = seededRandom(1);
    const noisy = Array.from({ length: 60 }, () => 100 + 4 * random.float());
    expect(Math.abs(drift(noisy)!)).toBeLessThan(0.02);
    const spikes = line(60, 100, 110).map((value, i) => (i > 48 ? 5000 : value));
    expect(drift(spikes)).toBeLessThan(0.2);
  });

  it('skips seconds without a value, in their places', () => {
    const holes = line(60, 95, 105).map((value, i) => (i % 3 === 1 ? null : value));
    expect(drift(holes)).toBeCloseTo(10 / 95, 2);
  });

  it('of a long series is that of its blocks', () => {
    expect(drift(line(3601, 95, 105))).toBeCloseTo(10 / 95, 2);
  });

  it('says nothing about too few values, or about zero', () => {
    expect(drift(line(9, 1, 2))).toBeNull();
    expect(drift([...line(9, 1, 2), null, null])).toBeNull();
    expect(drift(new Array<number>(20).fill(0))).toBeNull();
  });
});

describe('theilSenSlope', () => {
  it('is the slope of a line, whatever its places', () => {
    const places = fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(places, fc.integer({ min: -50, max: 50 }), (at, slope) => {
        expect(theilSenSlope(at.map((x) => ({ at: x, value: 3 + slope * x })))).toBe(slope);
      }),
    );
  });
});

describe('median', () => {
  it('is the middle value or the mean of two', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
  });
});
