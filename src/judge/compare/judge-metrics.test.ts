import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { ratioMetric } from './gates.ts';
import { judgeMetrics, type GatedData } from './judge-metrics.ts';
import { normalQuantile } from './statistics/normal.ts';

const rules = { alpha: 0.05, strict: false };
const names = ['ack.p50', 'ack.p99', 'throughput', 'endToEnd.p50'];

function data(
  name: string,
  base: readonly number[],
  candidate: readonly number[],
  { paired = true, margin = 0.05 } = {},
): GatedData {
  const side = (values: readonly number[]) =>
    values.map((value, i) => ({ trial: `trial ${i + 1}`, reading: { value } }));
  return {
    data: { metric: ratioMetric(name), paired, base: side(base), candidate: side(candidate) },
    gate: { metric: name, margin, asked: margin },
  };
}

const times = (values: readonly number[], factors: readonly number[]) =>
  values.map((value, i) => value * factors[i]!);

const eight = [100, 120, 90, 130, 110, 95, 105, 140];
const better = [0.84, 0.85, 0.86, 0.87, 0.83, 0.82, 0.88, 0.81];

describe('which way is better', () => {
  it('is down for latencies, up for rates', () => {
    const [latency, rate] = judgeMetrics(
      [data('ack.p50', eight, times(eight, better)), data('throughput', eight, times(eight, better))],
      rules,
    );
    expect(latency).toMatchObject({ verdict: 'IMPROVED', better: 'lower' });
    expect(rate).toMatchObject({ verdict: 'REGRESSED', better: 'higher' });
    for (const { ratio, interval } of [latency!, rate!]) {
      expect(ratio).toBeCloseTo(0.845, 2);
      expect(interval!.low).toBeLessThan(ratio!);
      expect(interval!.high).toBeGreaterThan(ratio!);
      expect(interval!.high).toBeLessThan(1);
      expect(interval!.confidence).toBeCloseTo(0.961, 3);
    }
  });
});

describe('a family', () => {
  it('shares alpha: what one metric alone could show, one of many may not', () => {
    const six = eight.slice(0, 6);
    const alone = judgeMetrics([data('ack.p50', six, times(six, better))], rules);
    expect(alone[0]).toMatchObject({ verdict: 'IMPROVED', p: 2 / 64, adjustedP: 2 / 64 });
    const pair = judgeMetrics(
      ['ack.p50', 'ack.p99'].map((name) => data(name, six, times(six, better))),
      rules,
    );
    expect(pair.map(({ verdict, trialsNeeded }) => [verdict, trialsNeeded])).toEqual([
      [null, 7],
      [null, 7],
    ]);
  });

  it.each([
    ['8 blocks', true, 8],
    ['5 against 5', false, 5],
  ])('of %s raises a false alarm at most as often as alpha says, whatever the margin', (_, paired, n) => {
    const families = 3000;
    const random = seededRandom(17, `family ${n}`);
    const values = () =>
      Array.from({ length: n }, () => Math.exp(0.1 * normalQuantile(random.float() || 0.5)));
    let alarms = 0;
    for (let i = 0; i < families; i++) {
      // A margin so small that it keeps nothing back: what is left is the test.
      const judged = judgeMetrics(
        names.map((name) => data(name, values(), values(), { paired, margin: 1e-9 })),
        rules,
      );
      if (judged.some(({ verdict }) => verdict === 'REGRESSED' || verdict === 'IMPROVED')) alarms++;
    }
    expect(alarms / families).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / families));
    // Exact tests of few trials cannot use all of alpha; a test that never rejects would pass without this.
    expect(alarms / families).toBeGreaterThan(0.01);
  });
});

describe('equal ratios', () => {
  it('are ties, also where their logarithms differ in the last bit', () => {
    const base = [1, 2, 3, 5, 7, 11, 13, 17];
    const factors = [1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1];
    const [judged] = judgeMetrics([data('ack.p50', base, times(base, factors))], rules);
    expect(judged).toMatchObject({ verdict: 'REGRESSED', p: 2 / 256 });
    expect(judged!.interval!.low).toBeCloseTo(1.1, 9);
    expect(judged!.interval!.high).toBeCloseTo(1.1, 9);
  });

  it('of one are no difference at all', () => {
    const [judged] = judgeMetrics([data('ack.p50', eight, eight)], rules);
    expect(judged).toMatchObject({ verdict: 'EQUIVALENT', ratio: 1, p: 1, significant: false });
  });
});

it('does not call open what is near the margin and would stay so', () => {
  // 4.91 % up, always: real, and more trials would not settle on which side of 5 % it lies soon.
  const near = [1.049, 1.0491, 1.0489, 1.0492, 1.0488, 1.0512, 1.0514, 1.0487];
  const [judged] = judgeMetrics([data('ack.p50', eight, times(eight, near))], rules);
  expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', significant: true });
  expect(judged!.reason).toBe('+4.9 % is real; whether it reaches the margin of 5 % is open');
});
