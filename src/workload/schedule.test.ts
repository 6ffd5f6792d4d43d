import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../base/random.ts';
import type { RateSpec } from './rate-profile.ts';
import { RateProfile } from './rate-profile.ts';
import { createSchedule } from './schedule.ts';

const SECOND = 1e6;

const perSecond = fc.double({ min: 0.5, max: 1e6, noNaN: true });
const lengths = fc.integer({ min: 1, max: 30 * SECOND });
const rates: fc.Arbitrary<RateSpec> = fc.oneof(
  fc.record({ kind: fc.constant('constant' as const), perSecond }),
  fc.record({
    kind: fc.constant('ramp' as const),
    from: fc.oneof(perSecond, fc.constant(0)),
    to: perSecond,
    over: lengths,
  }),
  fc.record({
    kind: fc.constant('steps' as const),
    steps: fc.array(fc.record({ rate: fc.oneof(perSecond, fc.constant(0)), for: lengths }), {
      minLength: 1,
      maxLength: 6,
    }),
  }),
);

function uniform(rate: RateSpec, client = 0, clients = 1) {
  return createSchedule({ rate, arrival: 'uniform', client, clients, random: seededRandom(1) });
}

function perSecondCounts(rate: RateSpec, seconds: number): number[] {
  const profile = new RateProfile(rate);
  return Array.from(
    { length: seconds },
    (_, s) => profile.countUntil((s + 1) * SECOND) - profile.countUntil(s * SECOND),
  );
}

describe('RateProfile', () => {
  it('sends exactly the rate in every second, without drift', () => {
    const profile = new RateProfile({ kind: 'constant', perSecond: 3000 });
    expect(perSecondCounts({ kind: 'constant', perSecond: 3000 }, 5)).toEqual([3000, 3000, 3000, 3000, 3000]);
    expect(profile.dueOffset(3000 * 86_400)).toBe(86_400 * SECOND);
    expect(profile.dueOffset(3000 * 86_400 + 1)).toBeCloseTo(86_400 * SECOND + 1000 / 3, 3);
  });

  it('ramps: the integral of the rate, then the last rate', () => {
    // 100/s to 300/s over 2 s: 150 in the first second, 250 in the second, then 300.
    const ramp: RateSpec = { kind: 'ramp', from: 100, to: 300, over: 2 * SECOND };
    expect(perSecondCounts(ramp, 4)).toEqual([150, 250, 300, 300]);
    expect(new RateProfile(ramp).dueOffset(150)).toBeCloseTo(SECOND, 6);
    expect(perSecondCounts({ kind: 'ramp', from: 200, to: 0, over: 2 * SECOND }, 3)).toEqual([150, 50, 0]);
    expect(new RateProfile({ kind: 'ramp', from: 200, to: 0, over: 2 * SECOND }).dueOffset(200)).toBe(
      Infinity,
    );
    expect(perSecondCounts({ kind: 'ramp', from: 0, to: 200, over: 2 * SECOND }, 3)).toEqual([50, 150, 200]);
  });

  it('steps: each rate for its time, pauses included, then the last rate', () => {
    const steps: RateSpec = {
      kind: 'steps',
      steps: [
        { rate: 10, for: SECOND },
        { rate: 0, for: 2 * SECOND },
        { rate: 20, for: SECOND },
      ],
    };
    expect(perSecondCounts(steps, 6)).toEqual([10, 0, 0, 20, 20, 20]);
    expect(new RateProfile(steps).dueOffset(10)).toBe(3 * SECOND);
    const ends: RateSpec = {
      kind: 'steps',
      steps: [
        { rate: 10, for: SECOND },
        { rate: 0, for: SECOND },
      ],
    };
    expect([new RateProfile(ends).dueOffset(9), new RateProfile(ends).dueOffset(10)]).toEqual([
      0.9 * SECOND,
      Infinity,
    ]);
  });

  it('never goes back, and counts what is due', () => {
    fc.assert(
      fc.property(rates, fc.nat(100_000), (rate, from) => {
        const profile = new RateProfile(rate);
        let last = profile.dueOffset(from);
        for (let i = from + 1; i < from + 50; i++) {
          const due = profile.dueOffset(i);
          expect(due).toBeGreaterThanOrEqual(last);
          if (due > last && due < Infinity) expect(profile.countUntil(due)).toBe(i);
          last = due;
        }
      }),
    );
  });

  it('answers in any order as in sequence', () => {
    fc.assert(
      fc.property(rates, fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 30 }), (rate, indices) => {
        const profile = new RateProfile(rate);
        for (const i of indices) expect(profile.dueOffset(i)).toBe(new RateProfile(rate).dueOffset(i));
      }),
    );
  });

  it('refuses rates and lengths that are none', () => {
    expect(() => new RateProfile({ kind: 'constant', perSecond: -1 })).toThrow('rate');
    expect(() => new RateProfile({ kind: 'ramp', from: 1, to: NaN, over: 1 })).toThrow('rate');
    expect(() => new RateProfile({ kind: 'steps', steps: [{ rate: 1, for: -1 }] })).toThrow('last');
  });
});

describe('createSchedule', () => {
  it('splits a group so that its clients together are the group', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 7 }), (rate, clients) => {
        const group = new RateProfile(rate);
        const each = Array.from({ length: clients }, (_, client) => uniform(rate, client, clients));
        for (let i = 0; i < 60; i++) expect(each[i % clients]!.next()).toBe(group.dueOffset(i));
      }),
    );
  });

  it('poisson: exponential gaps at the client’s share of the rate', () => {
    const [rate, clients, count] = [1000, 4, 40_000];
    const random = seededRandom(7, 'gaps');
    const times = createSchedule({
      rate: { kind: 'constant', perSecond: rate },
      arrival: 'poisson',
      client: 1,
      clients,
      random,
    });
    const gaps: number[] = [];
    for (let i = 0, last = 0; i < count; i++) {
      const due = times.next();
      gaps.push(due - last);
      last = due;
    }
    const expected = (clients * SECOND) / rate;
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / count;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / count;
    // Standard errors: 1/√n of the mean, √8/√n of the variance of exponentials; four of them.
    expect(Math.abs(mean / expected - 1)).toBeLessThan(4 / Math.sqrt(count));
    expect(Math.abs(variance / expected ** 2 - 1)).toBeLessThan((4 * Math.sqrt(8)) / Math.sqrt(count));
    const median = gaps.toSorted((a, b) => a - b)[count / 2]!;
    expect(median / expected / Math.LN2).toBeCloseTo(1, 1);
  });

  it('poisson: follows a varying rate, differs by client and repeats by seed', () => {
    const rate: RateSpec = {
      kind: 'steps',
      steps: [
        { rate: 1000, for: 10 * SECOND },
        { rate: 4000, for: 10 * SECOND },
      ],
    };
    const countsOf = (stream: string) => {
      const times = createSchedule({
        rate,
        arrival: 'poisson',
        client: 0,
        clients: 1,
        random: seededRandom(3, stream),
      });
      const dues: number[] = [];
      for (let due = times.next(); due < 20 * SECOND; due = times.next()) dues.push(due);
      return dues;
    };
    const dues = countsOf('a');
    const early = dues.filter((due) => due < 10 * SECOND).length;
    expect(Math.abs(early - 10_000)).toBeLessThan(4 * Math.sqrt(10_000));
    expect(Math.abs(dues.length - early - 40_000)).toBeLessThan(4 * Math.sqrt(40_000));
    expect(countsOf('a')).toEqual(dues);
    expect(countsOf('b')[0]).not.toBe(dues[0]);
  });
});
