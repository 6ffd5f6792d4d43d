import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ClusterStates } from '../../src/cluster/local/state.ts';
import type { Histogram } from '../../src/measure/histogram.ts';
import { missing } from '../requirements.ts';
import { capture } from '../../bench/witness/capture.ts';
import { messageMillis, produceExchanges, type Exchange } from '../../bench/witness/exchanges.ts';
import { distribution, SharedCluster, sortedPercentile } from './truth.case.ts';

const rate = 250;
const warmup = 1;
const seconds = 3;
const delay = 20;

const producing = (more = ''): string => `
cluster: { kind: local, proxy: true }
warmBrokers: false
topics: [{ name: orders, partitions: 1 }]
producers:
  - { name: writer, topic: orders, rate: ${rate}/s, value: { bytes: 100 }, client: { acks: all, linger.ms: 0 } }
phases: { warmup: ${warmup}s, measure: ${seconds}s, drain: 20s }
${more}
`;

/**
 * What is known here: the time from a request's first byte on the wire to its response's last, by the kernel's clock.
 * It lies within `serviceAck` of each message in the request, which has two things more: from `produce()` through
 * librdkafka's queue to the socket, and from the socket to whoever records it (librdkafka's thread for the tap, the
 * event loop for delivery reports).
 */
describe.skipIf(missing('java', 'maven', 'c-compiler', 'packet-capture'))(
  'packets on the loopback interface',
  { retry: 2, timeout: 40_000 },
  () => {
    const kafka = new SharedCluster(true);

    test.each([
      ['tap', 1],
      ['delivery-reports', 2],
    ] as const)('take the time that serviceAck says, observed by %s', async (ackSource, margin) => {
      const { service, wire } = await captured(producing(), ackSource);
      expectWithin(service, wire.client, margin);
    });

    test('show where a delay is that the proxy adds to responses, and that a wrong end would be found', async () => {
      const { service, wire } = await captured(
        producing(`faults: [{ at: 0s, degrade: { target: kafka1, latency: ${delay}ms, direction: out } }]`),
        'tap',
      );
      expectWithin(service, wire.client, 1);
      // On the broker's side of the proxy there is no delay.
      expect(() => expectWithin(service, wire.broker, 1)).toThrow();
      const apart = service.rawPercentile(0.5)! / 1000 - sortedPercentile(wire.broker, 0.5);
      expect(apart).toBeGreaterThan(delay);
      expect(apart).toBeLessThan(delay + 5);
    });

    async function captured(text: string, ackSource: 'tap' | 'delivery-reports') {
      const { advertised: client, proxied: broker } = new ClusterStates(kafka.env).list()[0]!.nodes[0]!.ports;
      const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-capture-'));
      onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
      const witness = await capture([client, broker], directory);
      onTestFinished(() => witness.abandon());
      const { trial } = await kafka.trial(text, { ackSource });
      const packets = await witness.end();
      const [writer] = trial.producers;
      expect(writer!.ackSource).toBe(ackSource);
      const wire = {
        client: measured(produceExchanges(packets, client)),
        broker: measured(produceExchanges(packets, broker)),
      };
      return { service: distribution(writer!.latency.serviceAck), wire };
    }
  },
);

/** ms of each measured message, in rising order. One client and one partition: they pass in the order of their due times. */
function measured(exchanges: readonly Exchange[]): readonly number[] {
  return messageMillis(exchanges)
    .slice(warmup * rate)
    .sort((a, b) => a - b);
}

function expectWithin(service: Histogram, wire: readonly number[], margin: number): void {
  expect(wire.length).toBe(seconds * rate);
  expect(service.count).toBe(seconds * rate);
  const beyond = (q: number): number => service.rawPercentile(q)! / 1000 - sortedPercentile(wire, q);
  // What holds for each message holds for each percentile, on the busiest machine; 0.1 % is a slot of the histogram.
  for (const q of [0.01, 0.1, 0.5, 0.9, 0.99, 0.999])
    expect(beyond(q), `p${q * 100}`).toBeGreaterThan(-0.002 * sortedPercentile(wire, q));
  expect(beyond(0.5), 'p50').toBeLessThan(margin);
  expect(beyond(0.99), 'p99').toBeLessThan(margin + Math.max(2, sortedPercentile(wire, 0.99) / 2));
}
