import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { silent } from '../../src/trial/observer.ts';
import { missing, skippedBelow } from '../requirements.ts';
import { runText } from './scenario-run.ts';

/** Two producers with keys and a warm-up, one of them with its envelope in a header, and a group. */
const text = `cluster: mock
topics: [{ name: t, partitions: 4 }]
producers:
  - { name: prefixed, topic: t, count: 2, rate: 4000/s, messages: 2000, key: { sequence: 50 }, value: { bytes: 100 }, client: { acks: all } }
  - { name: headed, topic: t, rate: 2000/s, messages: 1000, value: { json: { id: "\${uuid}" } }, client: { acks: 1 } }
consumers: [{ name: reader, topic: t, group: g }]
phases: { warmup: 200ms, drain: 20s }
`;

describe.skipIf(missing('c-compiler') || skippedBelow('all'))(
  'a run whose messages are observed by the tap',
  { timeout: 90_000 },
  () => {
    test('has the counts, verdict and evidence of one with delivery reports', async () => {
      const seen = [];
      for (const ackSource of ['delivery-reports', 'tap'] as const) {
        const { result } = await runText(text, { ackSource });
        expect(result.outcome).toEqual({ state: 'completed' });
        expect(result.warnings.map(({ code }) => code)).not.toContain('client tap');
        const [trial] = result.trials;
        expect(trial!.producers.map((each) => each.ackSource)).toEqual([ackSource, ackSource]);
        expect(trial!.consumers[0]!.receiveSource).toBe(ackSource === 'tap' ? 'tap' : 'consume-callbacks');
        const { producers, consumers, delivery, intervals } = trial!;
        for (const { name, latency, acked } of producers) {
          expect([name, latency.ack?.count, latency.serviceAck?.count]).toEqual([name, acked, acked]);
          // Handed over late or acknowledged: nothing takes longer than all of it.
          expect(latency.serviceAck!.max!).toBeLessThanOrEqual(latency.ack!.max!);
        }
        expect(consumers[0]!.latency.endToEnd!.count).toBe(3000);
        expect(consumers[0]!.latency.endToEnd!.min!).toBeGreaterThan(0);
        seen.push({
          producers: producers.map(({ name, attempted, acked, messages, bytes }) => ({
            name,
            attempted,
            acked,
            messages,
            bytes,
          })),
          consumers: consumers.map(({ messages, processed, bytes }) => ({
            messages,
            processed,
            bytes,
          })),
          delivery: { ...delivery, evidence: undefined },
          settled: intervals.producers['prefixed']!['settled']!.reduce<number>(
            (sum, each) => sum + (each ?? 0),
            0,
          ),
        });
      }
      expect(seen[0]!.delivery.verdict).toBe('PASS');
      expect(seen[1]).toEqual(seen[0]);
    });

    test('acks=0 has no acknowledgement to observe, and an envelope is needed to tell messages apart', async () => {
      const scenario = (more: string) =>
        `cluster: mock\nproducers: [{ name: w, topic: t, messages: 10, ${more} }]\nphases: { drain: 10s }`;
      const socket = await runText(scenario('client: { acks: 0 }'), { ackSource: 'tap' });
      expect(socket.result.trials[0]!.producers[0]).toMatchObject({ ackSource: 'socket-write', sent: 10 });
      const plain = await runText(scenario('envelope: none'), { ackSource: 'auto' });
      expect(plain.result.trials[0]!.producers[0]).toMatchObject({
        ackSource: 'delivery-reports',
        acked: 10,
      });
      expect(plain.result.warnings.map(({ code }) => code)).not.toContain('client ack-source');
      const forced = await runText(scenario('envelope: none'), { ackSource: 'tap' });
      expect(forced.result.outcome).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('no envelope') as string,
      });
    });
  },
);

describe.skipIf(skippedBelow('all'))('without a C compiler', { timeout: 90_000 }, () => {
  const withoutCompiler = () => {
    const cache = mkdtempSync(join(tmpdir(), 'kafka-bench-no-cc-'));
    vi.stubEnv('CC', 'no-such-compiler');
    vi.stubEnv('KAFKA_BENCH_CACHE', cache);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(cache, { recursive: true });
    });
  };

  test('delivery reports take its place, and one warning says so', async () => {
    withoutCompiler();
    const warned: string[] = [];
    const observer = { ...silent, warning: ({ message }: { message: string }) => warned.push(message) };
    const { result } = await runText(text, { ackSource: 'auto', observer });
    const [trial] = result.trials;
    expect(trial!.producers.map(({ ackSource }) => ackSource)).toEqual([
      'delivery-reports',
      'delivery-reports',
    ]);
    expect(trial!.consumers[0]!.receiveSource).toBe('consume-callbacks');
    expect(trial!.delivery.verdict).toBe('PASS');
    expect(warned.filter((message) => message.includes('no-such-compiler is not found'))).toHaveLength(1);
  });

  test('whoever insists is told what is missing', async () => {
    withoutCompiler();
    const { result } = await runText(text, { ackSource: 'tap' });
    expect(result.outcome).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('there is no C compiler: no-such-compiler is not found') as string,
    });
  });
});
