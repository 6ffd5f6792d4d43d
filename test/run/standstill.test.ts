import { describe, expect, test } from 'vitest';
import { missing } from '../requirements.ts';
import { SharedCluster } from '../truth/truth.case.ts';

describe.skipIf(missing('java', 'maven'))(
  'producers whose messages never time out',
  { timeout: 120_000 },
  () => {
    const kafka = new SharedCluster();

    test.each(['auto', 'delivery-reports'] as const)(
      'end when their broker does not come back, and what was not sent is said; acknowledgements by %s',
      async (ackSource) => {
        const { trial, result } = await kafka.trial(
          `
cluster: local
topics: [{ name: orders, partitions: 1 }]
producers:
  - { name: flushing, topic: orders, rate: 100/s, value: { bytes: 100 }, flush: each, client: { acks: all, message.timeout.ms: 0 } }
  - { name: full, topic: orders, rate: 100/s, value: { bytes: 100 }, client: { acks: all, message.timeout.ms: 0, queue.buffering.max.messages: 20 } }
phases: { measure: 3s, drain: 3s }
faults:
  - { at: 1s, pause: kafka1 }
`,
          { ackSource },
        );
        for (const { attempted, acked } of trial.producers) {
          expect(acked).toBeGreaterThan(10);
          expect(attempted).toBeLessThan(250);
        }
        const codes = result.warnings.map(({ code }) => code);
        expect(codes).toContain('client cut-off flushing-0');
        expect(codes).toContain('client cut-off full-0');
      },
    );
  },
);
