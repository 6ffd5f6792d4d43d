import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { drift, median, theilSenSlope } from './drift.ts';

const line = (length: number, from: number, to: number) =>
  Array.from({ length }, (_, i) => from + ((to - from) * i) / length);

describe('drift', () => {
  it('is the change over the window as a fraction of the median', () => {
    expect(drift(line(60, 95, 105))).toBeCloseTo(0.1, 2);
    expect(drift(line(60, 105, 95))).toBeCloseTo(-0.1, 2);
    expect(drift(line(60, 100, 100))).toBe(0);
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
    expect(drift(holes)).toBeCloseTo(0.1, 2);
  });

  it('of a long series is that of its blocks', () => {
    expect(drift(line(3601, 95, 105))).toBeCloseTo(0.1, 2);
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
