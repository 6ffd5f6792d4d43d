import { describe, expect, it } from 'vitest';
import { anomalyKinds } from '../../judge/delivery/anomalies.ts';
import { mutations, selftest } from './selftest.ts';

describe('selftest', () => {
  it('finds what is planted and nothing else, and agrees with the reference', () => {
    const result = selftest({ seed: 1, tracesPerMutation: 10, randomTraces: 500 });
    expect(result.mutations.filter(({ problem }) => problem !== null)).toEqual([]);
    expect(result.random.problem).toBeNull();
    expect(result).toMatchObject({ ok: true, recall: 1, falsePositives: 0 });
  });

  it('is the same for the same seed', () => {
    const once = () =>
      selftest({ seed: 5, tracesPerMutation: 2, randomTraces: 20, disabled: ['lost', 'corrupt'] });
    expect(once()).toEqual(once());
  });

  it.each(anomalyKinds)('fails with the detector of %s switched off', (kind) => {
    const result = selftest({ seed: 1, tracesPerMutation: 3, randomTraces: 0, disabled: [kind] });
    expect(result.ok).toBe(false);
    expect(result.recall).toBeLessThan(1);
    const missed = result.mutations.filter(({ traces, found }) => found < traces).map(({ plants }) => plants);
    expect(missed).toContain(kind);
  });

  it('plants every anomaly there is, in more than eighteen ways, beside as many controls', () => {
    const planted = mutations.filter(({ plants }) => plants !== 'none');
    expect(new Set(planted.map(({ plants }) => plants))).toEqual(
      new Set([...anomalyKinds, 'vacuous', 'incomplete']),
    );
    expect(planted.length).toBeGreaterThanOrEqual(18);
    expect(mutations.length - planted.length).toBeGreaterThanOrEqual(18);
  });
});
