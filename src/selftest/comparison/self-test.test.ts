import { describe, expect, it } from 'vitest';
import { isFound, plants, selfTestRow } from './plant.ts';
import { simulatedSelfTest } from './self-test.ts';

const judged = (verdicts: Readonly<Record<string, 'REGRESSED' | 'IMPROVED' | 'EQUIVALENT'>>) =>
  Object.entries(verdicts).map(([metric, verdict]) => ({
    metric,
    better: metric === 'throughput' ? ('higher' as const) : ('lower' as const),
    gated: true,
    verdict,
  }));

const comparisons = 400;

describe('the simulated self-test', () => {
  it('passes, with any seed', () => {
    for (const seed of [1, 2]) {
      const rows = simulatedSelfTest({ comparisons, seed });
      expect(rows.filter(({ ok }) => !ok)).toEqual([]);
      expect(rows.map(({ planted }) => planted)).toEqual(
        expect.arrayContaining(['nothing', 'latency +15 %', 'throughput -15 %']),
      );
    }
  });

  it('goes off now and then where nothing is planted: alpha is what it says, not 0', () => {
    const noisy = simulatedSelfTest({ comparisons, seed: 1 }).filter(
      ({ planted, setting }) => planted === 'nothing' && setting.includes('15 % noise'),
    );
    expect(noisy.map(({ found }) => found > 0)).toEqual([true, true, true]);
    for (const { found } of noisy) expect(found / comparisons).toBeLessThan(0.06);
  });

  it('fails where nothing is slowed down, and where everything is', () => {
    const without = simulatedSelfTest({ comparisons, seed: 1, sabotage: 'none' });
    expect(without.filter(({ ok }) => !ok).map(({ planted }) => planted)).toEqual([
      ...['latency +15 %', 'latency +15 %', 'throughput -15 %', 'throughput -15 %'],
    ]);
    const everywhere = simulatedSelfTest({ comparisons, seed: 1, sabotage: 'everywhere' });
    expect(new Set(everywhere.filter(({ ok }) => !ok).map(({ planted }) => planted))).toEqual(
      new Set(['nothing']),
    );
  });

  it('is the same for the same seed', () => {
    const few = () => simulatedSelfTest({ comparisons: 100, seed: 3 });
    expect(few()).toEqual(few());
  });
});

describe('what counts as found', () => {
  it('is a regression of what was slowed down, and any alarm where nothing was', () => {
    const latency = judged({ 'ack.p50': 'REGRESSED', throughput: 'EQUIVALENT' });
    const throughput = judged({ 'ack.p50': 'EQUIVALENT', throughput: 'REGRESSED' });
    expect(isFound(plants.latency, latency)).toBe(true);
    expect(isFound(plants.latency, throughput)).toBe(false);
    expect(isFound(plants.throughput, throughput)).toBe(true);
    expect(isFound(plants.throughput, latency)).toBe(false);
    expect(isFound(plants.nothing, judged({ throughput: 'IMPROVED' }))).toBe(true);
    expect(isFound(plants.nothing, judged({ throughput: 'EQUIVALENT' }))).toBe(false);
    expect(
      isFound(
        plants.latency,
        latency.map((each) => ({ ...each, gated: false })),
      ),
    ).toBe(false);
  });

  it('of a handful of real comparisons is none where nothing was planted, all where something was', () => {
    const alarm = judged({ 'ack.p50': 'REGRESSED' });
    const silence = judged({ 'ack.p50': 'EQUIVALENT' });
    expect(selfTestRow(plants.nothing, 'real', [silence, silence], 0.05).ok).toBe(true);
    expect(selfTestRow(plants.nothing, 'real', [silence, alarm], 0.05)).toMatchObject({
      ok: false,
      allowed: 'at most 0',
    });
    expect(selfTestRow(plants.latency, 'real', [alarm, alarm], 0.05).ok).toBe(true);
    expect(selfTestRow(plants.latency, 'real', [alarm, silence], 0.05)).toMatchObject({
      ok: false,
      allowed: 'at least 2',
    });
    expect(selfTestRow(plants.nothing, 'real', [], 0.05).ok).toBe(false);
  });
});
