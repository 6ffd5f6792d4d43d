import { describe, expect, test } from 'vitest';
import { SharedCluster } from '../truth/truth.case.ts';
import { missing } from '../requirements.ts';
import { kafkaTool } from './kafka-tools.ts';

/** Half of the messages are larger than the topic takes. */
const tooLarge = (client: string) => `
cluster: { kind: local, proxy: true }
topics: [{ name: orders, partitions: 1, config: { max.message.bytes: 1000 } }]
producers:
  - name: writer
    topic: orders
    rate: 50/s
    messages: 60
    value: { bytes: [{ size: 100, weight: 1 }, { size: 2000, weight: 1 }] }
    client: { acks: all, ${client} }
phases: { drain: 20s }
`;

/** Each message is a batch of its own, and refused long before it could be sent again. */
const atOnce = 'linger.ms: 0, batch.num.messages: 1, retry.backoff.ms: 1000';

/** Answers are swallowed, so that the client sends again and again what the broker has stored. */
const storedAndUnanswered = (topic: string) => `
cluster: { kind: local, proxy: true }
topics: [{ name: ${topic}, partitions: 1, reuse: true }]
producers:
  - name: writer
    topic: ${topic}
    rate: 50/s
    messages: 5
    value: { bytes: 500 }
    client: { acks: all, linger.ms: 0, batch.num.messages: 1, request.timeout.ms: 1000, socket.timeout.ms: 1500, retries: 1000, message.timeout.ms: 60000 }
phases: { drain: 60s }
faults:
  - { at: 0s, drop: { target: kafka1, responses: produce }, for: 12s }
`;

describe.skipIf(missing('java', 'maven', 'c-compiler'))(
  'messages that a broker refuses',
  { timeout: 120_000 },
  () => {
    const kafka = new SharedCluster(true);

    test.each([
      { what: 'rejected by the tap', ackSource: 'tap', client: atOnce },
      {
        what: 'rejected by delivery reports',
        ackSource: 'delivery-reports',
        client: atOnce,
      },
      {
        what: 'in doubt where there may have been another attempt',
        ackSource: 'tap',
        // Shorter than the time between two messages: each waits so long, alone.
        client: 'linger.ms: 5, retry.backoff.ms: 1, retries: 0',
      },
    ] as const)('are $what', async ({ ackSource, client }) => {
      const { trial } = await kafka.trial(tooLarge(client), { ackSource });
      const { attempted, acked, rejected, indeterminate } = trial.producers[0]!;
      const { count } = trial.errors.find(({ code }) => code === 'MSG_SIZE_TOO_LARGE')!;
      expect(count).toBeGreaterThan(10);
      expect({ attempted, acked, refused: rejected + indeterminate }).toEqual({
        attempted: 60,
        acked: 60 - count,
        refused: count,
      });
      // A message that the last flush sends at once may be refused before it could be sent again.
      if (client === atOnce) expect(indeterminate).toBe(0);
      else expect(indeterminate).toBeGreaterThan(count - 5);
      // The audit finds none of them, and the evidence says the same.
      const { delivery } = trial;
      expect(delivery).toMatchObject({ rejected, indeterminate, indeterminatePresent: 0 });
      expect(delivery.verdict).toBe('PASS');
    });

    test.each(['tap', 'delivery-reports'] as const)(
      'are in doubt where an earlier attempt had no answer, by %s: they are in the log',
      async (ackSource) => {
        const topic = `shrinking-${ackSource}`;
        const { env, cluster } = kafka;
        await cluster.admin!.createTopic({ name: topic, partitions: 1, replicationFactor: 1, config: {} });
        const running = kafka.trial(storedAndUnanswered(topic), { ackSource });
        // Stored at least once each; from here on the broker refuses what the client sends again.
        for (let end = 0; end < 5;) end = (await cluster.admin!.endOffsets(topic)).get(0) ?? 0;
        await kafkaTool(
          env,
          'kafka.admin.ConfigCommand',
          ...['--bootstrap-server', cluster.bootstrap, '--alter', '--entity-type', 'topics'],
          ...['--entity-name', topic, '--add-config', 'max.message.bytes=200'],
        );
        const { trial } = await running;
        expect(trial.errors.map(({ code }) => code)).toContain('MSG_SIZE_TOO_LARGE');
        const [writer] = trial.producers;
        // The first message may be answered before the fault is in place.
        const { acked, indeterminate } = writer!;
        expect(acked).toBeLessThan(3);
        expect(writer).toMatchObject({ attempted: 5, rejected: 0, indeterminate: 5 - acked });
        expect(trial.delivery).toMatchObject({ rejected: 0, indeterminatePresent: indeterminate });
        expect(trial.delivery.anomalies).not.toHaveProperty('rejected-present');
      },
    );
  },
);
