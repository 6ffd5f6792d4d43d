import { describe, expect, it } from 'vitest';
import { scenarioOf } from '../evidence.case.ts';
import { groupNumber, verifiedGroups } from './verified-groups.ts';

const scenario = scenarioOf(`
producers: [{ name: a, topic: t }, { name: b, topic: u }, { name: c, topic: v }]
consumers:
  - { name: first, topic: t, group: g, count: 2 }
  - { name: alone, topic: t }
  - { name: g, topic: v }
  - { name: tail, topics: [t, v], count: 2 }
  - { name: second, topics: [u, t], group: g }
  - { name: other, topic: u, group: alone }`);

describe('verifiedGroups', () => {
  it('takes the members of a group together, and each client without one by itself', () => {
    expect(verifiedGroups(scenario).map(({ name, topics }) => [name, [...topics]])).toEqual([
      ['g', ['t', 'u']],
      ['alone', ['t']],
      ['g', ['v']],
      ['tail/0', ['t', 'v']],
      ['tail/1', ['t', 'v']],
      ['alone', ['u']],
    ]);
  });

  it('numbers them in that order, a client as its group', () => {
    const numbers = scenario.consumers.map((spec) =>
      Array.from({ length: spec.count }, (_, index) => groupNumber(scenario, spec, index)),
    );
    expect(numbers).toEqual([[0, 0], [1], [2], [3, 4], [0], [5]]);
  });
});
