import { expect, it } from 'vitest';
import { describePlan } from './describe-plan.ts';
import { parseScenario } from './load.ts';

const notes = (text: string): readonly string[] => {
  const { scenario } = parseScenario(text, { file: 'x.yaml', env: {}, readFile: () => '' });
  return describePlan(scenario).notes;
};
const writer = 'producers: [{ name: w, topic: t, messages: 1000, rate: 100/s }]';

it.each([
  [
    'a topic that is declared and used by none',
    `topics: [{ name: t }, { name: spare }]\n${writer}`,
    ['no producer or consumer uses the topic spare'],
  ],
  [
    'members beyond partitions',
    `topics: [{ name: t, partitions: 3 }]\n${writer}\nconsumers: [{ name: a, topic: t, group: g, count: 3 }, { name: b, topic: t, group: g, count: 2 }]`,
    ['group g: 5 members share 3 partitions, so that 2 have none'],
  ],
  [
    'members that come later beside those that stay',
    `topics: [{ name: t, partitions: 1 }]\n${writer}\nconsumers: [{ name: a, topic: t, group: g }, { name: b, topic: t, group: g, start: 3s }]`,
    ['group g: 2 members share 1 partition, so that 1 have none'],
  ],
  [
    'percentiles that so few messages cannot carry',
    `${writer}\nconsumers: [{ name: r, topic: t, group: g }]\nexpect: { w.ack.p999: '<= 1s', ack.p99: '<= 1s', endToEnd.p9999: '<= 1s', ack.p90: '<= 1s', ack.max: '<= 1s' }`,
    [
      'w.ack.p999 needs 100 000 messages, and 1 000 are planned: the gate cannot be judged',
      'ack.p99 needs 10 000 messages, and 1 000 are planned: the gate cannot be judged',
      'endToEnd.p9999 needs 1 000 000 messages, and 1 000 are planned: the gate cannot be judged',
    ],
  ],
])('the plan says: %s', (_, text, expected) => {
  expect(notes(text)).toEqual(expected);
});

it.each([
  ['partitions are the broker’s', `${writer}\nconsumers: [{ name: a, topic: t, group: g, count: 9 }]`],
  [
    'members read alone',
    `topics: [{ name: t, partitions: 1 }]\n${writer}\nconsumers: [{ name: a, topic: t, count: 9 }]`,
  ],
  [
    'members stand by for one that stops',
    `topics: [{ name: t, partitions: 1 }]\n${writer}\nconsumers: [{ name: a, topic: t, group: g, stop: { at: 3s, how: kill } }, { name: b, topic: t, group: g }]`,
  ],
  [
    'a member replaces one that has ended',
    `topics: [{ name: t, partitions: 1 }]\n${writer}\nconsumers: [{ name: a, topic: t, group: g, idleTimeout: 2s }, { name: b, topic: t, group: g, start: { stopped: a } }]`,
  ],
  [
    'nothing bounds the messages',
    "producers: [{ name: w, topic: t }]\nexpect: { serviceAck.p9999: '<= 1s' }",
  ],
  [
    'a topic is for dead letters',
    `topics: [{ name: d }]\n${writer}\nconsumers: [{ name: a, topic: t, group: g, commit: each, processing: { failures: 1% }, deadLetter: { topic: d, afterAttempts: 2 } }]`,
  ],
])('the plan says nothing where %s', (_, text) => {
  expect(notes(text)).toEqual([]);
});
