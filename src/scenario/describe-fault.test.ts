import { expect, test } from 'vitest';
import { describeFault } from './describe-fault.ts';
import { parseScenario } from './load.ts';

const base = `
topics: [{ name: orders, partitions: 3 }]
producers: [{ name: w, topic: orders }]
consumers: [{ name: r, topic: orders, group: g }]
`;

test.each([
  ['at: 20s, stop: kafka2, for: 15s', 'at 20 s: stop kafka2 for 15 s'],
  ['at: 0s, kill: { leaderOf: { topic: orders, partition: 2 } }', 'at 0 µs: kill leaderOf orders/2'],
  ['after: { acked: 1k }, pause: { coordinatorOf: g }', 'after 1000 acknowledgements: pause coordinatorOf g'],
  ['at: 1s, rolling: all', 'at 1 s: restart one broker after another'],
  ['at: 1s, partition: { groups: [[kafka1], [kafka2, clients]] }', 'at 1 s: part kafka1 | kafka2, clients'],
  ['at: 1s, cut: random, for: 1s', 'at 1 s: cut random for 1 s'],
  ['at: 1s, drop: { target: kafka1, responses: all }', 'at 1 s: drop from connections of kafka1'],
])('{ %s }', (fault, text) => {
  const { scenario } = parseScenario(`${base}faults: [{ ${fault} }]`, {
    file: 'x.yaml',
    env: {},
    readFile: () => '',
  });
  expect(scenario.faults.map(describeFault)).toEqual([text]);
});

test('a fault that waits for another says so', () => {
  const { scenario } = parseScenario(
    `${base}faults: [{ id: a, at: 1s, stop: kafka2, for: 1s }, { after: { healed: a, stable: 30s }, stop: kafka3 }]`,
    { file: 'x.yaml', env: {}, readFile: () => '' },
  );
  expect(describeFault(scenario.faults[1]!)).toBe('when a has been healed for 30 s: stop kafka3');
});
