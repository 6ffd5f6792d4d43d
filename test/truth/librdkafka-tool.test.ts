import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing } from '../requirements.ts';
import {
  compilePerformance,
  rdkafkaPerformance,
  whyNoPerformance,
} from '../../bench/witness/rdkafka-performance.ts';
import { distribution, SharedCluster, sortedPercentile } from './truth.case.ts';

const rate = 200;
const warmup = 1;
const seconds = 4;
const linger = 50;

function nothingToCompile(): boolean {
  const reason = whyNoPerformance();
  if (reason !== null) process.stderr.write(`skipped: ${reason}\n`);
  return reason !== null;
}

/**
 * rdkafka_performance stamps each message with the wall clock and writes what its delivery report, or a consumer of
 * its own, saw pass since. Same library, same settings, same time: what remains between its numbers and ours is what
 * this harness adds. Up to 50 ms of each latency are the batch's, which spreads them evenly.
 */
describe.skipIf(missing('java', 'maven', 'c-compiler', 'rdkafka-performance') || nothingToCompile())(
  'beside librdkafka’s own rdkafka_performance',
  { retry: 2, timeout: 60_000 },
  () => {
    const kafka = new SharedCluster();
    const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-witness-'));
    let program: string;
    beforeAll(async () => (program = await compilePerformance(directory)));
    afterAll(() => rmSync(directory, { recursive: true, force: true }));

    test.each(['tap', 'delivery-reports'] as const)(
      'serviceAck and endToEnd at the same rate, observed by %s',
      async (ackSource) => {
        const { cluster } = kafka;
        const topic = `performance-${Date.now()}`;
        await cluster.admin!.createTopic({ name: topic, partitions: 1, replicationFactor: 1, config: {} });
        const [{ acknowledged, received }, { trial }] = await Promise.all([
          rdkafkaPerformance(program, {
            ...{ bootstrap: cluster.bootstrap, topic, rate, lingerMillis: linger },
            ...{ count: (warmup + seconds) * rate, skip: warmup * rate },
          }),
          kafka.trial(
            `
cluster: { kind: local }
topics: [{ name: orders, partitions: 1 }]
producers:
  - { name: writer, topic: orders, rate: ${rate}/s, value: { bytes: 100 }, client: { acks: all, linger.ms: ${linger} } }
consumers:
  - { name: reader, topic: orders, group: readers }
phases: { warmup: ${warmup}s, measure: ${seconds}s, drain: 20s }
`,
            { ackSource },
          ),
        ]);
        expect(trial.producers[0]!.ackSource).toBe(ackSource);
        for (const [what, theirs, histogram] of [
          ['serviceAck', acknowledged, trial.producers[0]!.latency.serviceAck],
          ['endToEnd', received, trial.consumers[0]!.latency.endToEnd],
        ] as const) {
          expect(theirs.length, what).toBe(seconds * rate);
          const ours = distribution(histogram);
          expect(ours.count, what).toBe(seconds * rate);
          const of = (q: number) => ({
            ours: ours.rawPercentile(q)! / 1000,
            theirs: sortedPercentile(theirs, q),
          });
          const [p50, p99] = [of(0.5), of(0.99)];
          expect(Math.abs(p50.ours - p50.theirs), `${what} p50`).toBeLessThan(8);
          expect(Math.abs(p99.ours - p99.theirs), `${what} p99`).toBeLessThan(Math.max(25, p99.theirs / 2));
          // Known without either: half of the batch's time, and the broker's on top.
          for (const median of [p50.ours, p50.theirs]) {
            expect(median, what).toBeGreaterThan(0.4 * linger);
            expect(median, what).toBeLessThan(linger);
          }
        }
      },
    );
  },
);
