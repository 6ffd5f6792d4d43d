import type { ConsumePlan, ConsumerClientPlan, ProducePlan, ProducerClientPlan } from './plan.ts';
import type { ClientProgress, LibrdkafkaSample } from './report.ts';

/** What tests say on the protocol: each with values that mean nothing, to be replaced where they do. */

export function producerClientPlan(more: Partial<ProducerClientPlan> = {}): ProducerClientPlan {
  return {
    name: 'writer',
    index: 0,
    of: 1,
    producerId: 0,
    incarnation: 0,
    topic: 't',
    partitions: 3,
    config: {},
    rate: 'max',
    arrival: 'uniform',
    partition: 'partitioner',
    key: { kind: 'none' },
    value: { kind: 'bytes', sizes: [{ size: 100, weight: 1 }], compressibility: 0 },
    envelope: 'prefix',
    tombstones: 0,
    headers: {},
    flush: 'never',
    messages: null,
    duration: null,
    acks: 'some',
    ...more,
  };
}

export function consumerClientPlan(more: Partial<ConsumerClientPlan> = {}): ConsumerClientPlan {
  return {
    name: 'reader',
    index: 0,
    of: 1,
    topics: ['t'],
    group: 'g',
    evidence: { group: 0, member: 0 },
    processing: null,
    failures: 0,
    deadLetter: null,
    config: {},
    mode: { kind: 'single' },
    commit: { kind: 'auto' },
    idleTimeout: null,
    validate: null,
    ...more,
  };
}

const base = { run: 1, seed: 1, showMessagesPerSecond: 0, evidence: null, warmup: 0 };

export const producePlan = (...clients: ProducerClientPlan[]): ProducePlan => ({
  ...base,
  role: 'produce',
  worker: 'producer-1',
  drain: 0,
  fault: 0,
  ackSource: 'delivery-reports',
  clients,
});

export const consumePlan = (...clients: ConsumerClientPlan[]): ConsumePlan => ({
  ...base,
  role: 'consume',
  worker: 'consumer-1',
  measured: null,
  receiveSource: 'consume-callbacks',
  clients,
});

export function clientProgress(more: Partial<ClientProgress> = {}): ClientProgress {
  return {
    side: 'producer',
    name: 'writer',
    index: 0,
    attempted: 0,
    settled: 0,
    failed: 0,
    received: 0,
    warmup: { attempted: 0, settled: 0, failed: 0, received: 0 },
    foreign: 0,
    positions: {},
    atEnd: true,
    state: 'running',
    tapped: false,
    ...more,
  };
}

export function librdkafkaSample(more: Partial<LibrdkafkaSample> = {}): LibrdkafkaSample {
  return {
    batchBytes: null,
    batchMessages: null,
    internalLatency: null,
    outbufLatency: null,
    rtt: null,
    rttP99: null,
    rttP99Above: null,
    throttle: null,
    throttled: null,
    retries: 0,
    queued: 0,
    ...more,
  };
}
