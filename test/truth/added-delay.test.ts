import { describe, expect, test } from 'vitest';
import { missing } from '../requirements.ts';
import { between, distribution, SharedCluster } from './truth.case.ts';

const delay = 20;

/**
 * What is known here: the proxy hands on each request `delay` ms after it came (bench/proxying.ts holds it to that
 * against an echo). A message every 40 ms, so that a fetch is back at the broker and waits when one arrives, and
 * the delay is in each latency exactly once.
 */
describe.skipIf(missing('java', 'maven'))(
  'a delay that the proxy adds',
  { retry: 2, timeout: 40_000 },
  () => {
    const kafka = new SharedCluster(true);

    test.each(['auto', 'delivery-reports'] as const)(
      'is what ack and endToEnd grow by, acknowledgements by %s',
      async (ackSource) => {
        const { trial } = await kafka.trial(
          `
cluster: { kind: local, proxy: true }
topics: [{ name: orders, partitions: 1 }]
producers:
  - { name: writer, topic: orders, rate: 25/s, value: { bytes: 100 }, client: { acks: all, linger.ms: 0 } }
consumers:
  - { name: reader, topic: orders, group: readers }
phases: { warmup: 1s, measure: 5s, drain: 20s }
faults:
  - { at: 2100ms, degrade: { target: kafka1, latency: ${delay}ms, direction: in } }
`,
          { ackSource },
        );
        expect(trial.faults[0]).toMatchObject({ effective: true });
        const phase = (name: string) => trial.phases.find((each) => each.name === name)!;
        for (const name of ['serviceAck', 'ack', 'endToEnd'] as const) {
          const [before, during] = ['before', 'during'].map((each) =>
            distribution(phase(each).latency[name]),
          );
          const shift = (q: number) => (during!.rawPercentile(q)! - before!.rawPercentile(q)!) / 1000;
          // Noise only adds, and most where it hits: the fast tenth is held to less than the median. How near the
          // median comes on a quiet machine is bench/truth.ts's.
          expect(Math.abs(shift(0.1) - delay), `${name} p10`).toBeLessThan(3);
          expect(Math.abs(shift(0.5) - delay), `${name} p50`).toBeLessThan(8);
          // Nothing can be faster than the delay but what was sent in its second before it began.
          expect(between(during!, 0, delay), name).toBeLessThanOrEqual(5);
        }
      },
    );
  },
);
