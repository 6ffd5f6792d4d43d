import { describe, expect, test } from 'vitest';
import type { Histogram } from '../../src/measure/histogram.ts';
import { missing } from '../requirements.ts';
import { distribution, SharedCluster } from './truth.case.ts';

const messages = 200;
const rate = 100;
/** What a slow client spends on each message, ms: it falls behind by half of it with each. */
const slow = 20;
const behind = slow - 1000 / rate;

/** Ways of taking messages: one group each, all on one topic. */
const shapes: Readonly<Record<string, { readonly consumer: string; readonly least?: number }>> = {
  single: { consumer: 'mode: single' },
  'single-each': { consumer: 'mode: single, commit: each' },
  'single-each-slow': { consumer: `mode: single, commit: each, processing: { time: ${slow}ms }` },
  'single-ten-slow': { consumer: `mode: single, commit: { every: 10 }, processing: { time: ${slow}ms }` },
  'single-before-slow': {
    consumer: `mode: single, commit: before-processing, processing: { time: ${slow}ms }`,
  },
  batch: { consumer: 'mode: { batch: 1000 }' },
  'batch-each': { consumer: 'mode: { batch: 10 }, commit: each' },
  'batch-each-slow': { consumer: `mode: { batch: 10 }, commit: each, processing: { time: ${slow}ms }` },
  'batch-ten-slow': {
    consumer: `mode: { batch: 10 }, commit: { every: 10 }, processing: { time: ${slow}ms }`,
  },
  'batch-interval-slow': {
    consumer: `mode: { batch: 5 }, commit: { interval: 50ms }, processing: { time: ${slow}ms }`,
  },
  // 20 messages take 200 ms to come: half of that and the first one's all of it.
  'batch-wait': { consumer: 'mode: { batch: 20, wait: 1s }, commit: { every: 20 }', least: 80 },
};

const text = `
cluster: local
topics: [{ name: orders, partitions: 1 }]
producers:
  - { name: writer, topic: orders, rate: ${rate}/s, messages: ${messages}, value: { bytes: 100 }, client: { acks: 1, linger.ms: 0 } }
consumers:
${Object.entries(shapes)
  .map(([name, { consumer }]) => `  - { name: ${name}, topic: orders, group: ${name}, ${consumer} }`)
  .join('\n')}
phases: { warmup: 500ms, drain: 40s }
`;

interface Seen {
  readonly source: string;
  readonly endToEnd: Histogram;
}

/**
 * What is known here: the least that a message waits until its application has it. A client that spends 20 ms on each
 * of 100 messages a second has message i at 20 i ms at the earliest, when it has been due for 10 i ms. Both ways of
 * observing are held to that, and to each other.
 */
describe.skipIf(missing('java', 'maven', 'c-compiler'))(
  'a message is received when its application has it, taken as',
  { timeout: 120_000 },
  () => {
    const kafka = new SharedCluster();
    const seen = new Map<string, Seen[]>();

    test('all of these, by both ways of observing', async () => {
      // A broker that has just started answers late for seconds: what it did the first time is not looked at.
      for (const ackSource of ['tap', 'tap', 'delivery-reports'] as const) {
        const { trial } = await kafka.trial(text, { ackSource });
        for (const { name, receiveSource, latency } of trial.consumers) {
          const known = (seen.get(name) ?? []).filter(({ source }) => source !== receiveSource);
          seen.set(name, [...known, { source: receiveSource, endToEnd: distribution(latency.endToEnd) }]);
        }
      }
    });

    test.each(Object.keys(shapes))('%s', (name) => {
      const isSlow = name.endsWith('-slow');
      const found = seen.get(name)!;
      expect(found.map(({ source }) => source)).toEqual(['tap', 'consume-callbacks']);
      const [tap, callbacks] = found.map(
        ({ endToEnd }) =>
          (q: number) =>
            endToEnd.rawPercentile(q)! / 1000,
      );
      const middle = shapes[name]!.least ?? (isSlow ? (behind * messages) / 2 : 0);
      for (const { source, endToEnd } of found) {
        expect(endToEnd.count, source).toBe(messages);
        // The median of a batch of ten is that of its first message: half a batch earlier.
        expect(endToEnd.rawPercentile(0.5)! / 1000, source).toBeGreaterThan(
          isSlow ? middle - 10 * slow : middle,
        );
      }
      for (const q of [0.1, 0.5]) {
        const margin = Math.max(25, 0.25 * callbacks!(q));
        expect(Math.abs(tap!(q) - callbacks!(q)), `p${100 * q}`).toBeLessThan(margin);
      }
    });

    test('so is a backlog: it lasts until the application has come to its end', async () => {
      // 14 a second at the most: what came late by more than a second takes at least 3 s.
      const { trial } = await kafka.trial(
        `
cluster: local
topics: [{ name: orders, partitions: 1 }]
producers:
  - { name: writer, topic: orders, rate: 10/s, value: { bytes: 100 }, client: { acks: 1, linger.ms: 0 } }
consumers:
  - { name: reader, topic: orders, group: readers, mode: single, commit: each, processing: { time: 70ms } }
phases: { warmup: 1s, measure: 20s, drain: 40s }
faults:
  - { at: 5s, pause: kafka1, for: 4s }
`,
        { ackSource: 'tap' },
      );
      expect(trial.consumers[0]!.receiveSource).toBe('tap');
      expect(trial.faults[0]!.drained!).toBeGreaterThan(3e6);
    });
  },
);
