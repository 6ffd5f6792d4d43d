import { describe, expect, it } from 'vitest';
import { LogEnds } from './lag-log-ends.ts';

const second = 1e6;

/** @param samples pairs of seconds and ends */
function logEnds(...samples: readonly (readonly [at: number, end: number])[]): LogEnds {
  const ends = new LogEnds();
  for (const [at, end] of samples) ends.add(at * second, end);
  return ends;
}

describe('when a log passed an offset', () => {
  it('is between two samples in proportion', () => {
    const ends = logEnds([0, 0], [1, 10], [2, 30]);
    expect(ends.passed(0)).toBeCloseTo(0.05 * second);
    expect(ends.passed(9)).toBeCloseTo(0.95 * second);
    expect(ends.passed(10)).toBeCloseTo((1 + 0.5 / 20) * second);
    expect(ends.passed(29)).toBeCloseTo((1 + 19.5 / 20) * second);
  });

  it('is not known of what was there before the first sample', () => {
    expect(logEnds([0, 5], [1, 10]).passed(4)).toBeNull();
    expect(logEnds().passed(0)).toBeNull();
  });

  it('has not come where the log ends there still', () => {
    expect(logEnds([0, 5], [1, 10], [7, 10]).passed(10)).toBe(7 * second);
  });

  it('lies behind a time in which nothing came', () => {
    const ends = logEnds([0, 5], [1, 5], [2, 5], [3, 5], [4, 6]);
    expect(ends.passed(5)).toBeCloseTo(3.5 * second);
  });

  it('is not told from before the log was cut back', () => {
    const ends = logEnds([0, 0], [1, 100], [2, 50], [3, 150]);
    expect(ends.passed(20)).toBeNull();
    expect(ends.passed(50)).toBeCloseTo(2.005 * second);
  });

  it('is forgotten after two hours of growth', () => {
    const ends = new LogEnds();
    for (let i = 0; i < 8000; i++) ends.add(i * second, i);
    expect(ends.passed(799)).toBeNull();
    expect(ends.passed(800)).toBeCloseTo(800.5 * second);
  });
});
