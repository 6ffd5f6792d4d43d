import { describe, expect, it } from 'vitest';
import { parseMetric } from '../../metrics/metrics.ts';
import { readMetric } from './metric-value.ts';
import {
  auditedDelivery,
  consumerResult,
  faultPhases,
  producerResult,
  trialResult,
} from '../../results/sample.case.ts';
import type { TrialResult } from '../../results/schema.ts';

const [before, during, after] = faultPhases();
const phases: TrialResult['phases'] = [
  { ...before!, errors: [], duplicates: 0, redelivered: 0 },
  {
    ...during!,
    errors: [
      { code: 'NOT_ENOUGH_REPLICAS', scope: 'writer', count: 5 },
      { code: 'NOT_ENOUGH_REPLICAS', scope: 'other', count: 2 },
      { code: '_TRANSPORT', scope: 'reader', count: 1 },
    ],
    duplicates: 7,
    redelivered: 3,
  },
  // As results without an audit, and of before phases counted errors, have it.
  after!,
  { ...before!, name: 'window', from: 1, to: 3, errors: [], duplicates: null, redelivered: 4 },
];
const intervals = {
  second: [-1, 0, 1, 2, 20],
  producers: {
    writer: { settled: [9, 100, 10, 20, 36], bytes: [9, 1000, 100, 200, 360] },
    other: { settled: [9, 0, 4, 0, 0], bytes: [0, 0, 0, 0, 0] },
  },
  consumers: { reader: { received: [7, 60, 3, 5, 0], bytes: [7, 7, 7, 7, 7] } },
};

const read = (metric: string, more: Partial<TrialResult> = {}) => {
  const parsed = parseMetric(metric);
  if ('error' in parsed) throw new Error(parsed.error);
  return readMetric(parsed, trialResult({ phases, intervals, ...more }));
};

describe('a window', () => {
  it.each([
    // 134 in 20 s, 34 in 2 s.
    ['throughput@before', 6.7],
    ['writer.throughput@before', 6.5],
    ['reader.throughput@before', 3.4],
    ['throughput@1s..3s', 17],
    ['other.throughput@1s..3s', 2],
    ['writer.bytesPerSecond@1s..3s', 150],
    ['writer.throughput@during', 2],
    ['throughput@after', 0],
  ])('%s is %d', (metric, value) => expect(read(metric)).toEqual({ value }));

  it.each([
    ['errors@before', 0],
    ['errors@during', 8],
    ['writer.errors@during', 5],
    ['errors.NOT_ENOUGH_REPLICAS@during', 7],
    ['other.errors.NOT_ENOUGH_REPLICAS@during', 2],
    ['errors.NOT_LEADER_FOR_PARTITION@during', 0],
    ['errors@after', null],
  ])('%s is %d', (metric, value) => expect(read(metric)).toEqual({ value }));

  it.each([
    ['duplicates@before', 0],
    ['duplicates@during', 7],
    ['redelivered@during', 3],
    ['redelivered@1s..3s', 4],
  ])('%s is %d where the log was audited', (metric, value) => {
    expect(read(metric, { delivery: auditedDelivery() })).toEqual({ value });
    expect(read(metric)).toEqual({ value: null, reason: 'not audited' });
  });

  it('knows no count of duplicates and redeliveries of which it is not known when they were', () => {
    const reason = 'when they were is not known';
    const delivery = auditedDelivery();
    expect(read('duplicates@1s..3s', { delivery })).toEqual({ value: null, reason });
    expect(read('redelivered@after', { delivery })).toEqual({ value: null, reason });
  });

  it('has duplicates at least where the audit is incomplete, and redeliveries as they are', () => {
    const coverage = { partitions: 3, partitionsRead: 2, records: 50_000, acked: 50_000, tail: false };
    const delivery = auditedDelivery({ coverage });
    expect(read('duplicates@during', { delivery })).toMatchObject({ value: 7, between: [7, Infinity] });
    expect(read('redelivered@during', { delivery })).toEqual({ value: 3 });
  });

  it('is of consumers where nothing is produced', () => {
    const consuming = { ...intervals, producers: {} };
    expect(read('throughput@1s..3s', { intervals: consuming })).toEqual({ value: 4 });
  });

  it('has the latencies of its phase, with the histogram that they are read from', () => {
    const histogram = phases[1]!.latency.ack!;
    expect(read('ack.p99@during')).toEqual({ value: histogram.p99, histogram });
    expect(read('writer.ack.max@during')).toEqual({ value: histogram.max, histogram });
    expect(read('reader.endToEnd.p50@after').value).toBe(phases[2]!.latency.endToEnd!.p50);
    expect(read('serviceAck.mean@1s..3s').value).toBe(phases[0]!.latency.serviceAck!.mean);
  });

  it('tells the latency of a producer only where it is that of all', () => {
    const producers = [producerResult(), producerResult({ name: 'other' })];
    expect(read('writer.ack.p99@during', { producers })).toEqual({ value: null });
    expect(read('ack.p99@during', { producers }).value).not.toBeNull();
    const consumers = [consumerResult(), consumerResult({ name: 'other' })];
    expect(read('reader.endToEnd.p99@during', { consumers })).toEqual({ value: null });
  });

  it('says why it is not there', () => {
    expect(read('throughput@30s..40s').reason).toBe('the measured phase ended before');
    expect(read('ack.p99@during', { phases: [] }).reason).toBe('no fault happened');
    const lasting = phases.filter(({ name }) => name !== 'after');
    expect(read('ack.p99@after', { phases: lasting }).reason).toBe(
      'nothing of the measured phase was after the faults',
    );
  });
});
