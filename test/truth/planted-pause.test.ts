import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TrialResult } from '../../src/results/schema.ts';
import { missing } from '../requirements.ts';
import { distribution, SharedCluster } from './truth.case.ts';

const preload = pathToFileURL(resolve(import.meta.dirname, 'planted-pause.preload.mjs')).href;

const text = `
cluster: { kind: local }
topics: [{ name: orders, partitions: 1 }]
producers:
  - { name: writer, topic: orders, rate: 1000/s, value: { bytes: 100 }, client: { acks: all, linger.ms: 30 } }
phases: { warmup: 1s, measure: 3s, drain: 20s }
`;

/**
 * What is known here: the worker's event loop stands still for 50 ms and runs for 25, over and over. What was due
 * meanwhile is handed over when it runs again, which begins a batch of 30 ms. So two messages in three are late, up
 * to 50 ms; each batch is acknowledged 5 ms or more into the next pause, 30 ms after most of its messages were handed
 * over, and JavaScript learns of it at the pause's end, 75 ms after. Half of the messages wait that long: the
 * medians tell, on busy machines too.
 */
describe.skipIf(missing('java', 'maven', 'c-compiler'))(
  'pauses of 50 ms in the event loop',
  { retry: 2, timeout: 40_000 },
  () => {
    const kafka = new SharedCluster();

    describe('planted', () => {
      beforeEach(() => vi.stubEnv('NODE_OPTIONS', `--import=${preload}`));
      afterEach(() => vi.unstubAllEnvs());

      test('are flagged, and not in what the tap calls the service’s time', async () => {
        const { trial } = await kafka.trial(text, { ackSource: 'tap' });
        const { serviceAck, scheduleDelay, late } = paused(trial, 'tap');
        expect(late!.metrics).toEqual(['writer.ack', 'ack', 'endToEnd']);
        expect(scheduleDelay.rawPercentile(0.75)).toBeGreaterThan(20_000);
        expect(serviceAck.rawPercentile(0.5)).toBeGreaterThan(20_000);
        expect(serviceAck.rawPercentile(0.5)).toBeLessThan(50_000);
      });

      test('are in what delivery reports say of the service', async () => {
        const { trial } = await kafka.trial(text, { ackSource: 'delivery-reports' });
        const { serviceAck, scheduleDelay, late } = paused(trial, 'delivery-reports');
        expect(late).toBeDefined();
        expect(scheduleDelay.rawPercentile(0.75)).toBeGreaterThan(20_000);
        expect(serviceAck.rawPercentile(0.5)).toBeGreaterThan(60_000);
      });
    });

    test('are not there where none is planted', async () => {
      const { trial } = await kafka.trial(text, { ackSource: 'delivery-reports' });
      const { serviceAck, scheduleDelay } = paused(trial, 'delivery-reports');
      expect(scheduleDelay.rawPercentile(0.75)).toBeLessThan(15_000);
      expect(serviceAck.rawPercentile(0.5)).toBeLessThan(45_000);
    });
  },
);

function paused({ producers, validity }: TrialResult, ackSource: string) {
  const [writer] = producers;
  expect(writer!.ackSource).toBe(ackSource);
  return {
    serviceAck: distribution(writer!.latency.serviceAck),
    scheduleDelay: distribution(writer!.latency.scheduleDelay),
    late: validity.reasons.find(({ code }) => code === 'late-schedule'),
  };
}
