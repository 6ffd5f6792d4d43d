import { expect, it } from 'vitest';
import { scenarioDifferences } from './scenario-difference.ts';

const base = {
  name: 'a',
  producers: [
    { name: 'writer', rate: '5000/s', client: { acks: 'all', 'linger.ms': 5 } },
    { name: 'other', rate: 'max' },
  ],
  phases: { measure: '30s' },
};

it('names the place, with named entries by their name, in whatever order they stand', () => {
  const candidate = {
    ...base,
    producers: [
      { name: 'other', rate: 'max' },
      { ...base.producers[0], client: { acks: 'all', 'linger.ms': 50 } },
    ],
    faults: [{ at: '20s', stop: 'kafka2' }],
  };
  expect(scenarioDifferences(base, candidate)).toEqual([
    { path: 'producers.writer.client.linger.ms', base: '5', candidate: '50' },
    { path: 'faults', base: '(none)', candidate: '[{"at":"20s","stop":"kafka2"}]' },
  ]);
});

it('does not take what is no load for a difference', () => {
  const candidate = {
    ...base,
    name: 'b',
    description: 'other words',
    seed: 7,
    expect: { lost: 0 },
    trials: 3,
  };
  expect(scenarioDifferences(base, candidate)).toEqual([]);
  expect(scenarioDifferences(base, { ...base, phases: { measure: '10s' } })).toHaveLength(1);
});

it('shortens what is long, and tells one from another where they are not objects at all', () => {
  const [difference] = scenarioDifferences(base, { ...base, producers: [] });
  expect(difference).toMatchObject({ path: 'producers.writer', candidate: '(none)' });
  expect(difference!.base).toHaveLength(60);
  expect(scenarioDifferences(null, 3)).toEqual([{ path: 'scenario', base: 'null', candidate: '3' }]);
});
