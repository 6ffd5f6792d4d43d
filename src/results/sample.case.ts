import { summarise } from '../measure/summary.ts';
import { Histogram } from '../measure/histogram.ts';
import { Recorder } from '../measure/recorder.ts';
import type {
  ConsumerResult,
  DeliveryResult,
  FaultResult,
  HistogramJson,
  ProducerResult,
  RunResult,
  TrialResult,
} from './schema.ts';

/** A histogram of 1, 2, … `count` µs, each times `step`. */
export function histogramResult(count: number, step = 1): HistogramJson {
  const recorder = new Recorder();
  for (let i = 1; i <= count; i++) recorder.record(i * step);
  return summarise(Histogram.of(recorder.toSparse()));
}

const noLibrdkafka = {
  batchBytes: null,
  batchMessages: null,
  internalLatency: null,
  outbufLatency: null,
  rtt: null,
  rttP99: null,
  throttle: null,
  retries: 0,
  queued: null,
};

export function producerResult(more: Partial<ProducerResult> = {}): ProducerResult {
  return {
    name: 'writer',
    clients: 1,
    ackSource: 'delivery-reports',
    closedLoop: false,
    messages: 50_000,
    attempted: 50_000,
    acked: 50_000,
    sent: 0,
    rejected: 0,
    indeterminate: 0,
    bytes: 5_000_000,
    rate: { offered: 5000, achieved: 5000 },
    bytesPerSecond: 500_000,
    durationSeconds: 10,
    queueFull: 0,
    latency: {
      scheduleDelay: histogramResult(50_000, 0.02),
      serviceAck: histogramResult(50_000, 0.2),
      ack: histogramResult(50_000, 0.21),
      transaction: null,
    },
    librdkafka: noLibrdkafka,
    ...more,
  };
}

export function consumerResult(more: Partial<ConsumerResult> = {}): ConsumerResult {
  return {
    name: 'reader',
    clients: 1,
    group: 'readers-0badcafe',
    receiveSource: 'consume-callbacks',
    messages: 50_000,
    received: 50_000,
    processed: 75_000,
    invalid: 0,
    bytes: 5_000_000,
    rate: { offered: null, achieved: 4995 },
    bytesPerSecond: 499_500,
    durationSeconds: 10.01,
    firstMessage: 700_000,
    endedBy: 'stop',
    latency: { endToEnd: histogramResult(50_000, 0.3) },
    librdkafka: noLibrdkafka,
    ...more,
  };
}

/** A trial whose totals are those of its first producer and first consumer. */
export function trialResult(more: Partial<TrialResult> = {}): TrialResult {
  const producers = more.producers ?? [producerResult()];
  const consumers = more.consumers ?? [consumerResult()];
  const [producer, consumer] = [producers[0], consumers[0]];
  const none = { messages: 0, bytes: 0, rate: { offered: null, achieved: null }, bytesPerSecond: null };
  const side = (of: ProducerResult | ConsumerResult | undefined) =>
    of ? { messages: of.messages, bytes: of.bytes, rate: of.rate, bytesPerSecond: of.bytesPerSecond } : none;
  return {
    index: 0,
    order: 0,
    validity: { ok: true, reasons: [] },
    producers,
    consumers,
    groups: [],
    pipelines: [],
    totals: {
      producers: side(producer),
      consumers: side(consumer),
      latency: {
        scheduleDelay: producer?.latency.scheduleDelay ?? null,
        serviceAck: producer?.latency.serviceAck ?? null,
        ack: producer?.latency.ack ?? null,
        transaction: null,
        endToEnd: consumer?.latency.endToEnd ?? null,
      },
    },
    phases: [],
    intervals: { second: [], producers: {}, consumers: {} },
    harness: { cpu: 0.5, cpuPerMessage: 4.2, rss: 200_000_000, eventLoop: 0.3, workers: [] },
    delivery: {
      guarantee: 'at-least-once',
      order: 'none',
      audit: 'off',
      verdict: 'NONE',
      reasons: [],
      attempted: 75_000,
      acked: 75_000,
      sent: 0,
      rejected: 0,
      indeterminate: 0,
      present: null,
      lost: null,
      absent: null,
      unaudited: null,
      indeterminatePresent: null,
      anomalies: {},
      foreign: 0,
      coverage: null,
      groups: [],
      stages: [],
      witnesses: [],
      evidence: null,
    },
    errors: [],
    faults: [],
    ...more,
  };
}

/** 75 000 messages, all of them in three partitions that were read whole, and processed by one group. */
export function auditedDelivery(more: Partial<DeliveryResult> = {}): DeliveryResult {
  return {
    ...trialResult().delivery,
    audit: 'full',
    verdict: 'PASS',
    present: 75_000,
    compacted: 0,
    lost: 0,
    absent: 0,
    sentUnaudited: 0,
    unaudited: 0,
    indeterminatePresent: 0,
    coverage: { partitions: 3, partitionsRead: 3, records: 75_000, acked: 75_000, tail: false },
    groups: [
      {
        name: 'readers',
        expected: 75_000,
        processed: 75_000,
        undelivered: 0,
        deadLettered: 0,
        excused: 0,
      },
    ],
    ...more,
  };
}

export function runResultOf(more: Partial<RunResult> = {}): RunResult {
  return {
    schemaVersion: '1.1',
    runId: '0badcafe',
    startedAt: '2026-03-04T05:06:07.000Z',
    endedAt: '2026-03-04T05:06:30.500Z',
    outcome: { state: 'completed' },
    tool: { version: '0.1.0', git: null },
    environment: {
      cpu: 'some processor',
      cores: 2,
      memory: 8_000_000_000,
      kernel: 'Linux 6.1',
      node: '20.20.0',
      librdkafka: '2.12.1',
      kafkaJavascript: '1.10.1',
      features: ['gzip'],
      fingerprint: '00',
    },
    cluster: {
      kind: 'local',
      why: 'Java 21 and the cached jars of Kafka 4.3.0',
      brokers: [1, 2, 3].map((id) => ({ id, name: `kafka${id}`, host: '127.0.0.1', port: 9000 + id })),
      version: '4.3.0',
      durability: [],
    },
    scenario: { name: 'latency', file: 'scenarios/latency.yaml', sha256: '00', seed: 1, resolved: {} },
    shard: { index: 0, count: 1 },
    clock: { source: 'CLOCK_MONOTONIC', resolution: 0.05 },
    trials: [trialResult()],
    expectations: [],
    warnings: [],
    ...more,
  };
}

/** kafka2 was stopped from 20 s to 35 s: one leader moved, and all was well 3 s after. */
export function faultResult(more: Partial<FaultResult> = {}): FaultResult {
  return {
    id: 'outage',
    source: 'planned',
    action: 'stop',
    target: 'kafka2',
    resolved: ['kafka2'],
    planned: 20,
    started: 20.01,
    injected: 20.6,
    healing: 35.6,
    ended: 37.2,
    effective: true,
    observed: 'kafka2 gone from metadata after 512 ms; kafka2 stopped after 590 ms',
    notes: [],
    partitions: [
      partitionOfFault({ partition: 0 }),
      partitionOfFault({
        partition: 1,
        unavailable: 1_050_000,
        leaders: [
          { at: 20.5, from: 2, to: 3 },
          { at: 41.5, from: 3, to: 2 },
        ],
      }),
    ],
    watched: 22_800_000,
    recovered: 3_000_000,
    drained: 14_000_000,
    ...more,
  };
}

export function partitionOfFault(
  more: Partial<FaultResult['partitions'][number]> = {},
): FaultResult['partitions'][number] {
  return {
    topic: 'orders',
    partition: 0,
    detected: 490_000,
    unavailable: 0,
    leaders: [],
    isrShrunk: 20.5,
    isrFull: 39,
    ...more,
  };
}

/** Before, during and after faults from 20 s to 38 s of 60. */
export function faultPhases(): TrialResult['phases'] {
  const part = (
    name: 'before' | 'during' | 'after',
    from: number,
    to: number,
    step: number,
    rate: number,
  ) => ({
    name,
    from,
    to,
    latency: {
      scheduleDelay: histogramResult(1000),
      serviceAck: histogramResult(1000, step / 2),
      ack: histogramResult(1000, step),
      transaction: null,
      endToEnd: histogramResult(1000, 2 * step),
    },
    throughput: { producers: rate, consumers: rate - 10 },
  });
  return [part('before', 0, 20, 4, 5000), part('during', 20, 38, 1600, 4810), part('after', 38, 60, 5, 5143)];
}
