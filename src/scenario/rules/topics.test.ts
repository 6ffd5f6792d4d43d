import { describe, expect, it } from 'vitest';
import { parseScenario } from '../load.ts';
import { ScenarioError } from '../problem.ts';

const load = (topics: string, more = '') =>
  parseScenario(`topics: [${topics}]\nproducers:\n  - { name: w, topic: orders }\n${more}`, {
    file: 'x.yaml',
    env: {},
    bootstrapGiven: true,
    readFile: () => '',
  });

function refusals(topics: string, more?: string): string[] {
  try {
    load(topics, more);
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
  }
}

describe('a listed topic that nobody uses', () => {
  it('is refused where one that is used and not listed has nearly its name', () => {
    expect(refusals('{ name: order, partitions: 12 }')).toEqual([
      '3:23 topic "orders" is not listed under topics, where "order" is used by nobody; did you mean "order"?',
    ]);
  });

  it.each([
    ['refused with a name of its own', '{ name: payments }', ''],
    ['a topic that is written', '{ name: orders }', ''],
    [
      'a topic that is read alone',
      '{ name: order, reuse: true }',
      'consumers: [{ name: r, topic: order, group: g }]',
    ],
    [
      'one of dead letters',
      '{ name: orders }, { name: orders-dead }',
      'consumers: [{ name: r, topic: orders, group: g, commit: each, deadLetter: { topic: orders-dead, afterAttempts: 2 } }]',
    ],
  ])('is not %s', (_, topics, more) => {
    expect(refusals(topics, more)).toEqual([]);
  });
});
