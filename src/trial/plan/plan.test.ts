import { availableParallelism } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../cluster/cluster.ts';
import type { ConsumerClientPlan, ProducerClientPlan } from '../../protocol/plan.ts';
import { scenarioOf } from '../evidence.case.ts';
import { planWorkers } from './plan.ts';
import type { RunTopics } from './topics.ts';

const runId = '0000beef';

function planOf(text: string, clientConfig: Cluster['clientConfig'] = { 'bootstrap.servers': 'b:1' }) {
  const scenario = scenarioOf(text);
  const topics: RunTopics = {
    byName: new Map(
      scenario.topics.map((spec) => [
        spec.name,
        { spec, name: spec.reuse ? spec.name : `${spec.name}-${runId}`, partitions: 6, created: !spec.reuse },
      ]),
    ),
    warnings: [],
  };
  const cluster = { clientConfig } as unknown as Cluster;
  const plans = planWorkers({
    scenario,
    seed: 42,
    runId,
    cluster,
    topics,
    showMessagesPerSecond: 7,
    evidence: null,
  });
  const producers = plans.flatMap((plan) => (plan.role === 'produce' ? plan.clients : []));
  const consumers = plans.flatMap((plan) => (plan.role === 'consume' ? plan.clients : []));
  return { plans, producers, consumers };
}

const writerAnd = (producer: string, consumer = 'name: reader, topic: t') =>
  `{ producers: [{ name: writer, topic: t, ${producer} }], consumers: [{ ${consumer} }] }`;

describe('planWorkers', () => {
  it('gives every worker the run’s number, seed and phases', () => {
    const { plans } = planOf(`{ producers: [{ name: w, topic: t }], phases: { warmup: 2s, drain: 7s } }`);
    expect(plans).toEqual([
      expect.objectContaining({
        role: 'produce',
        worker: 'producer-1',
        run: 0xbeef,
        seed: 42,
        warmup: 2e6,
        drain: 7e6,
        showMessagesPerSecond: 7,
      }),
    ]);
  });

  it('gives clients that start later processes of their own', () => {
    const { plans } = planOf(`
producers: [{ name: w, topic: t }]
consumers: [{ name: a, topic: t, group: g }, { name: b, topic: t, group: g, start: 5s }, { name: c, topic: t, group: g, start: 5s }]`);
    const consuming = plans.filter(({ role }) => role === 'consume');
    expect(consuming.map(({ worker, clients }) => [worker, clients.map(({ name }) => name)])).toEqual([
      ['consumer-1', ['a']],
      ['consumer-2', ['b']],
      ['consumer-3', ['c']],
    ]);
  });

  it('deals clients out over at most one process a core and role, none of them empty', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        (producing, consuming) => {
          const { plans, producers, consumers } = planOf(
            writerAnd(`count: ${producing}`, `name: reader, topic: t, group: g, count: ${consuming}`),
          );
          for (const [role, count, clients] of [
            ['produce', producing, producers],
            ['consume', consuming, consumers],
          ] as const) {
            const own = plans.filter((plan) => plan.role === role);
            expect(own).toHaveLength(Math.min(count, availableParallelism()));
            const sizes = own.map((plan) => plan.clients.length);
            expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
            const list: readonly (ProducerClientPlan | ConsumerClientPlan)[] = clients;
            expect(list.map(({ index }) => index).sort((a, b) => a - b)).toEqual(
              Array.from({ length: count }, (_, i) => i),
            );
            expect(list.every(({ of }) => of === count)).toBe(true);
          }
          // Producers and consumers never share a process, and each process has a name of its own.
          expect(new Set(plans.map(({ worker }) => worker)).size).toBe(plans.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('gives each producer client an identity of its own in the envelope', () => {
    const { producers } = planOf(
      'producers: [{ name: a, topic: t, count: 3 }, { name: b, topic: t, count: 2 }]',
    );
    expect(producers.map(({ producerId }) => producerId).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
    expect(producers.every(({ incarnation }) => incarnation === 0)).toBe(true);
  });

  it('ends a producer by its messages, its own time or the measured phase, by exactly one of them', () => {
    const bounds = (text: string) => {
      const { producers } = planOf(
        `{ producers: [{ name: w, topic: t, ${text} }], phases: { measure: 20s } }`,
      );
      return [producers[0]!.messages, producers[0]!.duration];
    };
    expect(bounds('messages: 10')).toEqual([10, null]);
    expect(bounds('for: 3s')).toEqual([null, 3e6]);
    expect(bounds('count: 1')).toEqual([null, 20e6]);
  });
});

describe('client configuration', () => {
  it('names clients after the run; the scenario’s own properties come last, under librdkafka’s own names', () => {
    const { producers } = planOf(writerAnd('client: { linger.ms: 50, compression.type: gzip, acks: 1 }'));
    expect(producers[0]!.config).toEqual({
      'client.id': `writer-${runId}-0`,
      'bootstrap.servers': 'b:1',
      'queue.buffering.max.ms': 50,
      'compression.codec': 'gzip',
      'request.required.acks': 1,
    });
    expect(planOf(writerAnd('client: { client.id: mine }')).producers[0]!.config['client.id']).toBe('mine');
  });

  it('reaches the cluster with its security settings, secrets included, on both sides', () => {
    const config = {
      'bootstrap.servers': 'b:1',
      'sasl.password': 'hunter22',
      'security.protocol': 'sasl_ssl',
    };
    const { producers, consumers } = planOf(writerAnd('count: 2'), config);
    for (const { config: given } of [...producers, ...consumers]) expect(given).toMatchObject(config);
  });

  it.each([
    ['acks: 0', 'none'],
    ['acks: "0"', 'none'],
    ['request.required.acks: 0', 'none'],
    ['acks: 1', 'some'],
    ['acks: all', 'some'],
    ['linger.ms: 1', 'some'],
  ])('%s acknowledges %s', (client, acks) => {
    expect(planOf(writerAnd(`client: { ${client} }`)).producers[0]!.acks).toBe(acks);
  });

  it('reads a fresh topic from its beginning unless the scenario says otherwise', () => {
    const reset = (consumer: string, topics = '') =>
      planOf(
        `{ ${topics} producers: [{ name: w, topic: t }], consumers: [{ name: r, topic: t, ${consumer} }] }`,
      ).consumers[0]!.config['auto.offset.reset'];
    expect(reset('group: g')).toBe('earliest');
    expect(reset('group: g, client: { auto.offset.reset: latest }')).toBe('latest');
    expect(reset('group: g', 'topics: [{ name: t, reuse: true }],')).toBeUndefined();
  });

  it.each([
    ['group: g', 'g-0000beef', undefined],
    ['group: g, commit: auto', 'g-0000beef', undefined],
    ['group: g, commit: each', 'g-0000beef', false],
    ['group: g, commit: none', 'g-0000beef', false],
    ['group: g, commit: { every: 10 }', 'g-0000beef', false],
    ['count: 1', 'kafka-bench-r-0-0000beef', false],
  ])(
    'commits by itself only where the scenario leaves it to librdkafka: %s',
    (consumer, group, autoCommit) => {
      const { consumers } = planOf(
        `{ producers: [{ name: w, topic: t }], consumers: [{ name: r, topic: t, ${consumer} }] }`,
      );
      expect(consumers[0]!.config['group.id']).toBe(group);
      expect(consumers[0]!.config['enable.auto.commit']).toBe(autoCommit);
      expect(consumers[0]!.topics).toEqual(['t-0000beef']);
    },
  );

  it('makes consumers without a group each read everything under an id of their own', () => {
    const { consumers } = planOf(writerAnd('count: 1', 'name: r, topic: t, count: 2'));
    expect(consumers.map(({ group }) => group)).toEqual([null, null]);
    expect(new Set(consumers.map(({ config }) => config['group.id'])).size).toBe(2);
  });

  it('keeps a group’s name only where all of its topics keep theirs', () => {
    const group = (topics: string) =>
      planOf(`
topics: [${topics}]
producers: [{ name: w, topic: t }, { name: v, topic: u }]
consumers: [{ name: r, topics: [t, u], group: g }]
`).consumers[0]!.group;
    expect(group('{ name: t, reuse: true }, { name: u, reuse: true }')).toBe('g');
    expect(group('{ name: t, reuse: true }')).toBe('g-0000beef');
    expect(group('')).toBe('g-0000beef');
  });
});
