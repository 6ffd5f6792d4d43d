import { expect, test } from 'vitest';
import { describePlan } from './describe-plan.ts';
import { parseScenario } from './load.ts';

const planOf = (text: string) =>
  describePlan(parseScenario(text, { file: 'x.yaml', env: {}, readFile: () => '' }).scenario);

test.each<[string, number | null, number | null]>([
  ['rate: 100/s', 1000, 10e6],
  ['rate: 100/s, for: 20s', 2000, 20e6],
  ['rate: 100/s, messages: 500', 500, 5e6],
  ['messages: 500', 500, null],
  ['for: 5s', null, 5e6],
  ['rate: { from: 100/s, to: 300/s, over: 10s }', 2000, 10e6],
  ['rate: { from: 100/s, to: 300/s, over: 5s }', 2500, 10e6],
  ['rate: { from: 100/s, to: 300/s, over: 20s }', 1500, 10e6],
  ['rate: { from: 100/s, to: 300/s, over: 10s }, messages: 2300', 2300, 11e6],
  ['rate: { from: 100/s, to: 300/s, over: 10s }, messages: 750', 750, 5e6],
  ['rate: [{ rate: 10/s, for: 5s }, { rate: 20/s, for: 1s }]', 150, 10e6],
])('%s', (settings, messages, duration) => {
  const [producer] = planOf(`producers: [{ name: a, topic: t, ${settings} }]`).producers;
  expect(producer?.messages).toBe(messages);
  if (duration === null) expect(producer?.duration).toBeNull();
  else expect(producer?.duration).toBeCloseTo(duration, 0);
});

test('totals add what every producer bounds, and are unknown where one does not', () => {
  const bounded = planOf(`
phases: { warmup: 2s, measure: 10s, drain: 3s }
producers: [{ name: a, topic: t, rate: 10/s }, { name: b, topic: t, rate: 5/s, for: 20s, value: { bytes: 50 } }]`);
  expect(bounded).toMatchObject({ messages: 200, bytes: 100 * 100 + 100 * 50, duration: 25e6 });
  const open = planOf('producers: [{ name: a, topic: t, rate: 10/s }, { name: b, topic: t }]');
  expect(open).toMatchObject({ messages: null, bytes: null, duration: 40e6 });
});

test('sizes: weights, templates, and what a queue holds of them', () => {
  const { producers, queueMemory } = planOf(`
producers:
  - { name: a, topic: t, value: { bytes: [{ size: 100, weight: 3 }, { size: 500, weight: 1 }] } }
  - { name: bb, topic: t, count: 2, value: { json: '{"u":"\${uuid}","p":"\${producer}","t":"\${random:text:20}"}' }, client: { queue.buffering.max.messages: 1000 } }
`);
  const template = '{"u":"","p":"","t":""}'.length + 36 + 2 + 20;
  expect(producers.map((each) => each.valueBytes)).toEqual([200, template]);
  expect(queueMemory).toBe(100_000 * 200 + 2 * 1000 * template);
});

test('sizes of Avro values are those of samples, with the frame', () => {
  const text =
    'producers: [{ name: a, topic: t, value: { avro: { schema: a.avsc, record: { b: "${random:text:20}" } } } }]';
  const { scenario, avro } = parseScenario(text, {
    file: 'x.yaml',
    env: {},
    readFile: () => '{ "type": "record", "name": "R", "fields": [{ "name": "b", "type": "string" }] }',
  });
  expect(describePlan(scenario, avro).producers[0]!.valueBytes).toBe(5 + 1 + 20);
  expect(describePlan(scenario).producers[0]!.valueBytes).toBeNull();
});

test('consumers alone run for the measured phase and hold librdkafka’s queue', () => {
  const plan = planOf('topics: [{ name: t, reuse: true }]\nconsumers: [{ name: c, topic: t, count: 2 }]');
  expect(plan).toMatchObject({ messages: 0, duration: 40e6, queueMemory: 2 * 65_536 * 1024 });
});

test.each([
  ['', '', 'at-least-once, in any order, audit of the whole log, evidence kept'],
  ['client: { acks: 0 }', '', 'at-most-once, in any order, audit of the whole log, evidence kept'],
  [
    'client: { enable.idempotence: true }',
    'expect: { delivery: exactly-once }',
    'exactly-once, in order by partition, audit of the whole log, evidence kept',
  ],
  [
    'key: { sequence: 9 }',
    'verify: { order: key, audit: tail, evidence: false }\nexpect: { delivery: none }',
    'counted, not judged, in order by key, audit of the ends of partitions',
  ],
  ['', 'verify: { audit: off }', 'not checked: audit off'],
  ['envelope: none', '', 'not checked: envelope none'],
])('delivery of { %s } with { %s }', (settings, more, delivery) => {
  expect(planOf(`producers: [{ name: a, topic: t, ${settings} }]\n${more}`).delivery).toBe(delivery);
});

test('delivery where nothing is sent', () => {
  const reading = 'topics: [{ name: t, reuse: true }]\nconsumers: [{ name: c, topic: t }]';
  expect(planOf(reading).delivery).toBe('not checked: nothing is sent');
});
