import { describe, expect, test } from 'vitest';
import { monotonic, sleep, type Micros } from '../../src/base/clock.ts';
import { silent, type RunObserver } from '../../src/trial/observer.ts';
import { missing } from '../requirements.ts';
import { between, distribution, SharedCluster } from './truth.case.ts';

const rate = 1000;

/**
 * What is known here: a broker that is stopped by a signal for two seconds acknowledges nothing meanwhile, so a
 * message that was due x ms before its end cannot have waited less than x. The client keeps at most 50 messages in
 * its queue: as of any client that waits for its answers, most messages of the stall are handed over after it.
 */
describe.skipIf(missing('java', 'maven'))(
  'a broker that is frozen for 2 s',
  { retry: 2, timeout: 40_000 },
  () => {
    const kafka = new SharedCluster();

    test('is in ack with each message due meanwhile, in serviceAck with those in flight', async () => {
      const frozen = freezing(500);
      const { trial } = await kafka.trial(
        `
cluster: { kind: local }
topics: [{ name: orders, partitions: 1 }]
producers:
  - name: writer
    topic: orders
    rate: ${rate}/s
    value: { bytes: 100 }
    client: { acks: all, linger.ms: 1, queue.buffering.max.messages: 50 }
phases: { warmup: 1s, measure: 4s, drain: 20s }
`,
        { observer: frozen.observer },
      );
      const seconds = (await frozen.lasted()) / 1e6;
      const [writer] = trial.producers;
      expect(writer).toMatchObject({ attempted: 4 * rate, acked: 4 * rate });
      const ack = distribution(writer!.latency.ack);
      const serviceAck = distribution(writer!.latency.serviceAck);

      // 100 ms are left out at the lower end: there samples of a busy machine are among them.
      const due = (from: number, to: number) => ((to - from) / 1000) * rate;
      const all = due(100, seconds * 1000);
      expect(between(ack, 100, 1e9)).toBeGreaterThan(0.9 * all);
      expect(between(ack, 100, 1e9)).toBeLessThan(1.2 * all);
      // Evenly: what waits is sent at once when it ends, so each stretch of waiting has as many messages as were due.
      for (let from = 200; from < 1800; from += 400) {
        const samples = between(ack, from, from + 400);
        expect(samples, `${from} to ${from + 400} ms`).toBeGreaterThan(0.8 * due(0, 400));
        expect(samples, `${from} to ${from + 400} ms`).toBeLessThan(1.25 * due(0, 400));
      }
      expect(ack.max! / 1e6).toBeGreaterThan(seconds - 0.1);
      expect(ack.max! / 1e6).toBeLessThan(seconds + 0.5);
      // Of the same stall the client's own time has what fits into its queue.
      expect(between(serviceAck, 1000, 1e9)).toBeLessThanOrEqual(60);
      expect(between(serviceAck, 1000, 1e9)).toBeGreaterThanOrEqual(1);
    });

    test('is all but hidden from a closed loop: one sample, and percentiles that say nothing', async () => {
      const frozen = freezing(500);
      const { trial } = await kafka.trial(
        `
cluster: { kind: local }
topics: [{ name: orders, partitions: 1 }]
producers:
  - { name: writer, topic: orders, rate: max, flush: each, value: { bytes: 100 }, client: { acks: all, linger.ms: 0 } }
phases: { warmup: 1s, measure: 4s, drain: 20s }
`,
        { observer: frozen.observer },
      );
      const millis = (await frozen.lasted()) / 1000;
      const [writer] = trial.producers;
      const { serviceAck, ack } = writer!.latency;
      const samples = distribution(serviceAck);
      expect(ack).toBeNull();
      // Half of the measured time, and one message.
      expect(between(samples, 0.9 * millis, 1e9)).toBe(1);
      expect(serviceAck!.max! / 1000).toBeGreaterThan(millis - 100);
      expect(serviceAck!.max! / 1000).toBeLessThan(millis + 500);
      expect(serviceAck!.p90! / 1000).toBeLessThan(100);
      expect(writer!.acked).toBeGreaterThan(100);
    });

    /** Freezes the broker for 2 s, so many ms after the measured phase is seen, which is half a second late at most. */
    function freezing(after: number): { observer: RunObserver; lasted: () => Promise<Micros> } {
      let thawed: Promise<Micros> | undefined;
      const freeze = async (): Promise<Micros> => {
        await sleep(after);
        await kafka.cluster.act('pause', 'kafka1');
        const from = monotonic.now();
        await sleep(2000);
        const micros = monotonic.now() - from;
        await kafka.cluster.act('unpause', 'kafka1');
        return micros;
      };
      return {
        observer: {
          ...silent,
          progress: ({ phase }) => {
            if (phase === 'measure') thawed ??= freeze();
          },
        },
        lasted: () => thawed ?? Promise.reject(new Error('the measured phase never began')),
      };
    }
  },
);
