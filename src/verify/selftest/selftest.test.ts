import { describe, expect, it } from 'vitest';
import { selftest } from './selftest.ts';

describe('selftest', () => {
  it('finds what is planted and nothing else', () => {
    const result = selftest({ seed: 1, tracesPerMutation: 20, randomTraces: 1000 });
    expect(result.mutations.filter(({ problem }) => problem !== null)).toEqual([]);
    expect(result.random.problem).toBeNull();
    expect(result).toMatchObject({ ok: true, recall: 1, falsePositives: 0 });
  });
});
