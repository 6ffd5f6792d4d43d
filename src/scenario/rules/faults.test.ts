import { expect, test } from 'vitest';
import { ScenarioError } from '../problem.ts';
import { parseScenario } from '../load.ts';

const problemsOf = (fault: string): string[] => {
  const text = `
topics: [{ name: orders, partitions: 3 }]
producers: [{ name: w, topic: orders }, { name: v, topic: others }]
consumers: [{ name: r, topic: orders, group: readers }]
faults: [{ at: 1s, ${fault} }]
`;
  try {
    parseScenario(text, { file: 'x.yaml', env: {}, readFile: () => '' });
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ line, message }) => `${line}: ${message}`);
  }
};

test.each([
  'stop: { leaderOf: { topic: orders, partition: 2 } }',
  'kill: { coordinatorOf: readers }',
  'kill: { leaderOf: { topic: others, partition: 9 } }',
  'drop: { target: { followerOf: { topic: orders, partition: 0 } }, requests: produce, reset: true }',
])('{ %s } is fine', (fault) => expect(problemsOf(fault)).toEqual([]));

test.each([
  ['stop: { leaderOf: { topic: order, partition: 0 } }', /^5: .*no topic "order"/],
  ['cut: { followerOf: { topic: orders, partition: 3 } }', /^5: .*partition 3 does not exist; .* has 3/],
  ['kill: { coordinatorOf: reader }', /^5: .*no consumer group "reader"/],
  ['degrade: { target: { leaderOf: { topic: x, partition: 0 } }, latency: 1ms }', /^5: .*no topic "x"/],
])('{ %s } is refused before the run', (fault, message) => {
  expect(problemsOf(fault)).toEqual([expect.stringMatching(message)]);
});
