import { describe, expect, it } from 'vitest';
import { scenarioOf } from '../evidence.case.ts';
import { warmLoad } from './warm-scenario.ts';

const none: ReadonlySet<string> = new Set();
const load = (text: string, known = none) => warmLoad(scenarioOf(text), known, 3);
const shapes = (text: string, known = none) => load(text, known)?.shapes ?? [];
const writer = (more: string) => `{ producers: [{ name: writer, topic: t${more} }] }`;

describe('the shapes of a scenario', () => {
  it.each([
    ['', 'none acks=all ≤1 KiB not read'],
    [', client: { compression.type: gzip, acks: 0 }', 'gzip acks=0 ≤1 KiB not read'],
    [', client: { compression.codec: zstd, request.required.acks: 1 }', 'zstd acks=1 ≤1 KiB not read'],
    [', value: { bytes: 1025 }', 'none acks=all ≤16 KiB not read'],
    [', value: { bytes: 1MiB }', 'none acks=all >256 KiB not read'],
    [', value: { json: { a: "${seq}" } }', 'none acks=all ≤1 KiB not read'],
  ])('of a producer with%s', (more, shape) => {
    expect(shapes(writer(more))).toEqual([shape]);
  });

  it('tell apart who reads', () => {
    const read = (consumer: string) =>
      shapes(`{ producers: [{ name: w, topic: t }], consumers: [{ name: r, topic: t${consumer} }] }`);
    expect(read('')).toEqual(['none acks=all ≤1 KiB read']);
    expect(read(', group: g')).toEqual(['none acks=all ≤1 KiB read by a group']);
  });

  const two = `{ producers: [{ name: a, topic: t }, { name: b, topic: t, client: { acks: 0 } }, { name: c, topic: u }] }`;

  it('stand once each, and only those that the brokers do not know', () => {
    expect(shapes(two)).toEqual(['none acks=all ≤1 KiB not read', 'none acks=0 ≤1 KiB not read']);
    const known = new Set(['none acks=all ≤1 KiB not read']);
    expect(shapes(two, known)).toEqual(['none acks=0 ≤1 KiB not read']);
    expect(load(two, new Set([...known, 'none acks=0 ≤1 KiB not read']))).toBeNull();
  });
});

describe('the load', () => {
  const scenario = scenarioOf(`
topics: [{ name: t, partitions: 40, reuse: true, config: { retention.ms: 5 } }]
producers:
  - { name: w, topic: t, count: 3, messages: 10, rate: 100/s, partition: 39, envelope: none, flush: each, client: { linger.ms: 7 } }
consumers:
  - { name: r, topic: t, group: g, count: 2, start: 5s, idleTimeout: 1s, commit: each, processing: { time: 1s } }
faults: [{ at: 1s, kill: random }]
phases: { warmup: 3s }
expect: { throughput: '>= 1/s' }`);
  const { topics, producers, consumers, ...rest } = warmLoad(scenario, none, 3)!.scenario;

  it('goes to a topic of its own, as the scenario’s is configured', () => {
    expect(topics).toEqual([
      { name: 'kafka-bench-warm-up-1', partitions: 12, reuse: false, config: { 'retention.ms': '5' } },
    ]);
  });

  it('is that of one client, with its flushes and properties, at a rate that warms', () => {
    expect(producers).toMatchObject([
      {
        ...{
          name: 'w',
          topic: 'kafka-bench-warm-up-1',
          count: 1,
          partition: 'roundRobin',
          envelope: 'header',
          flush: 1,
        },
        rate: { kind: 'constant', perSecond: 500 },
        client: { 'queue.buffering.max.ms': 7 },
      },
    ]);
    expect(producers[0]).not.toHaveProperty('messages');
  });

  it.each([
    ['', 3],
    ['partitions: 1', 3],
    ['partitions: 8', 8],
    ['partitions: 100', 12],
  ])('goes to each of three brokers, with %s: %i partitions', (text, partitions) => {
    const given = load(
      `{ topics: [{ name: t, ${text} }], producers: [{ name: w, topic: t, key: { fixed: k } }] }`,
    );
    expect(given!.scenario.topics[0]!.partitions).toBe(partitions);
    expect(given!.scenario.producers[0]!.partition).toBe('roundRobin');
  });

  it('is read and committed, and nothing is done with it', () => {
    expect(consumers).toMatchObject([
      { name: 'w-reader', topics: ['kafka-bench-warm-up-1'], group: 'g', count: 1, commit: { kind: 'each' } },
    ]);
    for (const key of ['start', 'idleTimeout', 'processing']) expect(consumers[0]).not.toHaveProperty(key);
  });

  it('has no faults, no gates, no audit and no warm-up', () => {
    expect(rest).toMatchObject({ faults: [], expect: [], verify: { audit: 'off' }, phases: { warmup: 0 } });
  });

  it.each([
    ['rate: max', 2000],
    ['rate: 1/s', 500],
    ['rate: 900/s', 900],
    ['rate: 50k/s', 2000],
    ['rate: { from: 1/s, to: 1k/s, over: 10s }', 1000],
    ['rate: 900/s, value: { bytes: 1MiB }', 16],
  ])('of %s is sent at %i a second', (text, perSecond) => {
    const [producer] = load(writer(`, ${text}`))!.scenario.producers;
    expect(producer!.rate).toEqual({ kind: 'constant', perSecond });
  });

  it('has bytes in place of Avro', () => {
    const given = scenarioOf(writer(''));
    const value = { kind: 'avro' as const, schema: 's.avsc', record: { a: 1 }, framing: 'bare' as const };
    const producers = given.producers.map((producer) => ({ ...producer, value }));
    const [producer] = warmLoad({ ...given, producers }, none, 3)!.scenario.producers;
    expect(producer).toMatchObject({ value: { kind: 'bytes' }, envelope: 'header' });
  });
});
