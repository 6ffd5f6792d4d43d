import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../base/random.ts';
import { clientSchedule, firstRate, type ClientSchedule } from './client-schedule.ts';
import type { ProducerClientPlan } from '../../../protocol/plan.ts';
import type { RateSpec } from '../../../workload/rate-profile.ts';
import { producerClientPlan } from '../../../protocol/protocol.case.ts';

const second = 1e6;

const constant = (perSecond: number): ProducerClientPlan['rate'] => ({ kind: 'constant', perSecond });

function schedule(more: Partial<ProducerClientPlan>, start = 0, measureStart = start): ClientSchedule {
  return clientSchedule(producerClientPlan(more), start, measureStart, seededRandom(1, 'arrival'));
}

/** Every due time of an open loop, which must end by itself. */
function all(of: ClientSchedule, limit = 100_000): number[] {
  const times: number[] = [];
  for (let due = of.next(0); due !== null; due = of.next(0)) {
    times.push(due);
    if (times.length > limit) throw new Error('the schedule does not end');
  }
  return times;
}

describe('open loop', () => {
  it('sends the messages of the warm-up beside those that were asked for', () => {
    const times = all(schedule({ rate: constant(1000), messages: 30 }, 5 * second, 6 * second));
    expect(times.filter((due) => due < 6 * second)).toHaveLength(1000);
    const measured = times.filter((due) => due >= 6 * second);
    expect(measured).toHaveLength(30);
    expect(measured[0]).toBe(6 * second);
    expect(measured[29]).toBe(6 * second + 29_000);
  });

  it('is cut by its duration: what is due at the end is not sent', () => {
    const times = all(schedule({ rate: constant(1000), duration: 2 * second }, 0, second));
    expect(times.filter((due) => due >= second)).toHaveLength(2000);
    expect(times.at(-1)).toBe(3 * second - 1000);
  });

  it('begins a ramp with the measured phase, and warms up at its first rate', () => {
    const rate: ProducerClientPlan['rate'] = { kind: 'ramp', from: 100, to: 300, over: 10 * second };
    const times = all(schedule({ rate, duration: 10 * second }, 0, 2 * second));
    expect(times.filter((due) => due < 2 * second)).toHaveLength(200);
    expect(times.filter((due) => due >= 2 * second)).toHaveLength(2000);
    const middle = times.filter((due) => due >= 2 * second && due < 7 * second);
    expect(middle).toHaveLength(750);
  });

  it('begins steps with the measured phase, and ends when the last rate is 0', () => {
    const rate: ProducerClientPlan['rate'] = {
      kind: 'steps',
      steps: [
        { rate: 10, for: second },
        { rate: 100, for: second },
        { rate: 0, for: second },
      ],
    };
    const times = all(schedule({ rate, messages: 10_000 }, 0, second));
    expect(times.filter((due) => due < second)).toHaveLength(10);
    expect(times.filter((due) => due >= second && due < 2 * second)).toHaveLength(10);
    expect(times.filter((due) => due >= 2 * second)).toHaveLength(100);
  });

  it('has no warm-up where its first rate is 0', () => {
    const rate: ProducerClientPlan['rate'] = {
      kind: 'steps',
      steps: [
        { rate: 0, for: second },
        { rate: 10, for: second },
      ],
    };
    const times = all(schedule({ rate, duration: 2 * second }, 0, second));
    expect(times).toHaveLength(10);
    expect(times[0]).toBe(2 * second);
  });

  it('keeps a schedule that no answer, however late, can move', () => {
    const eager = schedule({ rate: constant(500), messages: 100 });
    const late = schedule({ rate: constant(500), messages: 100 });
    const times = all(eager);
    for (const [i, due] of times.entries()) expect(late.next(i * 7 * second)).toBe(due);
    expect(late.next(Infinity)).toBeNull();
  });

  it('draws the same random arrivals from the same seed', () => {
    const of = () =>
      all(schedule({ rate: constant(1000), arrival: 'poisson', messages: 200 }, 0, second / 10));
    expect(of()).toEqual(of());
  });
});

describe('closed loop', () => {
  it('is due whenever it can be sent, and counts only what falls into the measured phase', () => {
    const of = schedule({ messages: 2 }, 0, 100);
    expect([50, 99, 100, 101, 102, 103].map((now) => of.next(now))).toEqual([50, 99, 100, 101, null, null]);
  });

  it('ends with its duration', () => {
    const of = schedule({ duration: 50 }, 0, 100);
    expect([10, 100, 149.5, 150].map((now) => of.next(now))).toEqual([10, 100, 149.5, null]);
  });
});

it.each([
  [constant(7), 7],
  [{ kind: 'ramp' as const, from: 3, to: 9, over: 1 }, 3],
  [{ kind: 'steps' as const, steps: [{ rate: 5, for: 1 }] }, 5],
])('the first rate of %j is %d', (rate, first) => {
  expect(firstRate(rate as RateSpec)).toBe(first);
});

describe('a group of clients', () => {
  const groups = fc.record({
    messages: fc.integer({ min: 1, max: 500 }),
    of: fc.integer({ min: 1, max: 40 }),
    arrival: fc.constantFrom('uniform' as const, 'poisson' as const),
    open: fc.boolean(),
    warmup: fc.constantFrom(0, 0.05 * second),
  });

  it('sends exactly the messages of the group, no client more than one beyond another', () => {
    fc.assert(
      fc.property(groups, ({ messages, of, arrival, open, warmup }) => {
        const shares = Array.from({ length: of }, (_, index) => {
          const rate: ProducerClientPlan['rate'] = open ? constant(1000) : 'max';
          const client = schedule({ index, of, messages, rate, arrival }, 0, warmup);
          let count = 0;
          for (let now = 0; ; now++) {
            const due = client.next(warmup + now);
            if (due === null) return count;
            if (due >= warmup) count++;
          }
        });
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(messages);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('shares an even schedule so that the group is evenly spaced', () => {
    fc.assert(
      fc.property(groups, fc.integer({ min: 1, max: 5000 }), ({ messages, of }, perSecond) => {
        const times = Array.from({ length: of }, (_, index) =>
          all(schedule({ index, of, messages, rate: constant(perSecond) })),
        )
          .flat()
          .sort((a, b) => a - b);
        expect(times).toHaveLength(messages);
        for (const [i, due] of times.entries()) expect(due).toBeCloseTo((i / perSecond) * second, 3);
      }),
    );
  });
});
