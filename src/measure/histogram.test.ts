import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from './histogram.ts';
import { Recorder } from './recorder.ts';
import { HIGHEST_MICROS } from './slots.ts';

/** Latencies spread over all magnitudes, fractions included. */
const latency = fc
  .double({ min: 0, max: Math.log2(HIGHEST_MICROS), noNaN: true })
  .map((exponent) => 2 ** exponent - 1);
const latencies = fc.array(latency, { minLength: 1, maxLength: 400, size: 'max' });

function recorderOf(values: readonly number[]): Recorder {
  const recorder = new Recorder();
  for (const value of values) recorder.record(value);
  return recorder;
}

const histogramOf = (values: readonly number[]): Histogram => Histogram.of(recorderOf(values).toSparse());

const withExtremes = fc.array(
  fc.oneof(latency, fc.integer({ min: -5, max: -1 }), fc.constant(HIGHEST_MICROS * 3)),
);

describe('Histogram', () => {
  it('gives every percentile of the sorted values, within a microsecond or a thousandth', () => {
    fc.assert(
      fc.property(latencies, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(q * sorted.length - 1e-9) - 1)]!;
        const found = histogramOf(values).rawPercentile(q)!;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.max(1, exact / 1000));
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps count, sum, min and max of the unrounded values', () => {
    const histogram = histogramOf([0.25, 4321.125, 7_000_000.5]);
    expect(histogram.exact).toEqual({
      count: 3,
      sum: 0.25 + 4321.125 + 7_000_000.5,
      min: 0.25,
      max: 7_000_000.5,
      overflow: 0,
      negative: 0,
    });
    expect(histogram.mean).toBe(histogram.sum / 3);
  });

  it('is null about everything when empty', () => {
    const { min, max, mean, isEmpty } = new Histogram();
    expect({ min, max, mean, isEmpty, p50: new Histogram().rawPercentile(0.5) }).toEqual({
      min: null,
      max: null,
      mean: null,
      isEmpty: true,
      p50: null,
    });
  });

  it('shows a percentile from 10 samples beyond it, and gates it from 100', () => {
    const of = (count: number) => histogramOf(Array.from({ length: count }, () => 5));
    expect([of(19).percentile(0.5), of(20).percentile(0.5)]).toEqual([null, 5]);
    expect([of(99_999).showable(0.9999), of(100_000).showable(0.9999)]).toEqual([false, true]);
    expect([of(9_999).gateable(0.99), of(10_000).gateable(0.99)]).toEqual([false, true]);
    // In binary 0.55 × 100 is more than 55, and 1 - 0.9999 less than a ten-thousandth.
    expect([of(100).beyond(0.55), of(100_000).beyond(0.9999), of(10).beyond(1)]).toEqual([45, 10, 0]);
  });

  it('counts what is out of range, and no percentile among overflows understates', () => {
    const hours2 = 2 * HIGHEST_MICROS;
    const histogram = histogramOf([10, 20, 30, HIGHEST_MICROS, HIGHEST_MICROS + 1, hours2]);
    expect(histogram.exact).toMatchObject({ count: 6, overflow: 2, negative: 0, min: 10, max: hours2 });
    expect(histogram.rawPercentile(0.5)).toBe(30);
    expect(histogram.rawPercentile(4 / 6)).toBeGreaterThanOrEqual(HIGHEST_MICROS);
    expect(histogram.rawPercentile(5 / 6)).toBe(hours2);
    expect(histogramOf([hours2]).rawPercentile(0.5)).toBe(hours2);
  });

  it('counts negative samples as the lowest', () => {
    const histogram = histogramOf([-3, -1, 5, 6]);
    expect(histogram.exact).toEqual({ count: 4, sum: 7, min: -3, max: 6, negative: 2, overflow: 0 });
    expect([0.25, 0.5, 0.75, 1].map((q) => histogram.rawPercentile(q))).toEqual([-3, -3, 5, 6]);
  });

  it('merges by adding counts, directly and in the sparse form', () => {
    fc.assert(
      fc.property(withExtremes, withExtremes, (one, other) => {
        const expected = histogramOf([...one, ...other]);
        const merged = histogramOf(one);
        merged.add(histogramOf(other));
        const sparse = histogramOf(one);
        sparse.addSparse(structuredClone(histogramOf(other).toSparse()));
        for (const histogram of [merged, sparse]) {
          expect(histogram.toSparse().indices).toEqual(expected.toSparse().indices);
          expect(histogram.toSparse().counts).toEqual(expected.toSparse().counts);
          expect(histogram.exact).toEqual({ ...expected.exact, sum: histogram.sum });
          expect(histogram.sum).toBeCloseTo(expected.sum, 3);
        }
      }),
    );
  });
});

describe('Recorder', () => {
  it('refuses what is not a number of microseconds, and counts nothing for it', () => {
    const recorder = new Recorder();
    for (const value of [NaN, Infinity, -Infinity]) expect(() => recorder.record(value)).toThrow(RangeError);
    expect(recorder.exact).toEqual(new Recorder().exact);
  });

  it('adds what was recorded elsewhere', () => {
    fc.assert(
      fc.property(withExtremes, withExtremes, (one, other) => {
        const recorder = recorderOf(one);
        recorder.addSparse(recorderOf(other).toSparse());
        const { exact, ...counts } = recorderOf([...one, ...other]).toSparse();
        expect(recorder.toSparse()).toEqual({ ...counts, exact: { ...exact, sum: recorder.exact.sum } });
        expect(recorder.exact.sum).toBeCloseTo(exact.sum, 3);
      }),
    );
  });

  it('is as new after reset', () => {
    fc.assert(
      fc.property(withExtremes, (values) => {
        const recorder = recorderOf(values);
        recorder.reset();
        expect(recorder.toSparse()).toEqual(new Recorder().toSparse());
        recorder.record(7);
        expect(recorder.toSparse()).toEqual(recorderOf([7]).toSparse());
      }),
    );
  });
});
