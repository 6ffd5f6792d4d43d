import { describe, expect, it } from 'vitest';
import { ceilingOf, type Calibration, type Ceiling } from './calibration.ts';

const ceiling = (perSecond: number, more: Partial<Ceiling> = {}): Ceiling => ({
  ackSource: 'delivery-reports',
  processes: 1,
  bytes: 100,
  perSecond,
  ...more,
});
const calibration: Calibration = {
  measuredAt: '2026-11-21T20:00:00.000Z',
  ceilings: [
    ceiling(250_000),
    ceiling(125_000, { bytes: 1100 }),
    ceiling(500_000, { processes: 3 }),
    ceiling(250_000, { processes: 3, bytes: 1100 }),
    ceiling(1_000_000, { ackSource: 'tap' }),
  ],
};
const load = (bytes: number, perSecond = 1000) => ({
  ackSource: 'delivery-reports' as const,
  perSecond,
  bytes,
});

describe('ceilingOf', () => {
  it('is what was measured, where that was', () => {
    expect(ceilingOf(calibration, [load(100)], 1)).toBeCloseTo(250_000, 3);
    expect(ceilingOf(calibration, [load(1100)], 3)).toBeCloseTo(250_000, 3);
    expect(ceilingOf(calibration, [{ ...load(100), ackSource: 'tap' }], 1)).toBeCloseTo(1e6, 3);
  });

  it('takes what a message costs between and beyond the sizes from a line', () => {
    // 4 µs at 100 B, 8 µs at 1100 B
    expect(ceilingOf(calibration, [load(600)], 1)).toBeCloseTo(1e6 / 6, 3);
    expect(ceilingOf(calibration, [load(2100)], 1)).toBeCloseTo(1e6 / 12, 3);
    expect(ceilingOf(calibration, [load(1)], 1)).toBeCloseTo(250_000, 3);
  });

  it('knows processes between those measured, and none beyond', () => {
    expect(ceilingOf(calibration, [load(100)], 2)).toBeCloseTo(1e6 / 3, 3);
    expect(ceilingOf(calibration, [load(100)], 9)).toBeCloseTo(500_000, 3);
  });

  it('weighs producers by what their messages cost', () => {
    // A second has room for as many of 4 µs as of 8 µs: 83 333 each.
    expect(ceilingOf(calibration, [load(100), load(1100)], 1)).toBeCloseTo(1e6 / 6, 3);
    expect(ceilingOf(calibration, [load(100), load(1100, 0)], 1)).toBeCloseTo(250_000, 3);
  });

  it('counts what acks=0 wrote as delivery reports, which is how it is observed', () => {
    expect(ceilingOf(calibration, [{ ...load(100), ackSource: 'socket-write' }], 1)).toBeCloseTo(250_000, 3);
  });

  it('is not known where nothing was sent, or nothing like it measured', () => {
    expect(ceilingOf(calibration, [], 1)).toBeNull();
    expect(ceilingOf(calibration, [load(100, 0)], 1)).toBeNull();
    const reportsOnly = {
      ...calibration,
      ceilings: calibration.ceilings.filter(({ ackSource }) => ackSource !== 'tap'),
    };
    expect(ceilingOf(reportsOnly, [{ ...load(100), ackSource: 'tap' }], 1)).toBeNull();
  });
});
