import { Histogram } from '../measure/histogram.ts';
import { Recorder } from '../measure/recorder.ts';
import { parseScenario } from '../scenario/load.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { SparseHistogram } from '../measure/slots.ts';
import type {
  ConsumerReport,
  ProcessUsage,
  ProducerReport,
  SendCounts,
  WorkerReport,
} from '../protocol/report.ts';
import { compact } from '../judge/performance/compact-histogram.ts';
import type { KeptSecond } from '../judge/performance/intervals.ts';

/** A scenario as its file would give it. */
export function scenarioOf(text: string): Scenario {
  const noFile = (path: string): string => {
    throw new Error(`no file ${path} here`);
  };
  return parseScenario(text, { file: 'test.yaml', env: {}, readFile: noFile }).scenario;
}

export function sends(more: Partial<SendCounts> = {}): SendCounts {
  return { attempted: 0, acked: 0, sent: 0, rejected: 0, indeterminate: 0, bytes: 0, ...more };
}

export function producerReport(more: Partial<ProducerReport> = {}): ProducerReport {
  return {
    side: 'producer',
    name: 'writer',
    index: 0,
    ackSource: 'delivery-reports',
    warmup: sends(),
    measured: sends(),
    firstHandedOver: null,
    lastHandedOver: null,
    lastSettled: null,
    lastAcked: null,
    warmupSettled: null,
    firstDue: null,
    lastDue: null,
    errors: [],
    refused: 0,
    unanswered: 0,
    fatal: null,
    queueFull: 0,
    queueFullTime: 0,
    ...more,
  };
}

export function consumerReport(more: Partial<ConsumerReport> = {}): ConsumerReport {
  return {
    side: 'consumer',
    name: 'reader',
    index: 0,
    receiveSource: 'consume-callbacks',
    warmup: { received: 0, bytes: 0 },
    measured: { received: 0, bytes: 0 },
    processed: 0,
    foreign: 0,
    corrupt: 0,
    invalid: 0,
    failed: 0,
    deadLettered: 0,
    unprocessed: [],
    firstMessage: null,
    firstReceived: null,
    lastReceived: null,
    endedBy: 'stop',
    fatal: null,
    rebalances: [],
    errors: [],
    ...more,
  };
}

export function workerReport(
  more: Partial<Omit<WorkerReport, 'process'>> & { process?: Partial<ProcessUsage> } = {},
): WorkerReport {
  return {
    worker: 'producer-1',
    clients: [],
    latency: [],
    acks: [],
    ...more,
    process: { cpu: 0, elapsed: 0, rss: 0, eventLoop: 0, ...more.process },
  };
}

export function histogramOf(values: readonly number[]): Histogram {
  return Histogram.of(sparseOf(values));
}

export function sparseOf(values: readonly number[]): SparseHistogram {
  const recorder = new Recorder();
  for (const value of values) recorder.record(value);
  return recorder.toSparse();
}

/** 1, 2, … `count`, each times `step`: percentiles that a person can tell. */
export function ladder(count: number, step = 1): number[] {
  return Array.from({ length: count }, (_, i) => (i + 1) * step);
}

/** One second of a producer that acknowledged `settled` messages, each after so many µs. */
export function sentSecond(second: number, settled: number, ack: number | readonly number[]): KeptSecond {
  const samples = typeof ack === 'number' ? new Array<number>(settled).fill(ack) : ack;
  return keptSecond('producer', 'writer', second, { settled, attempted: settled }, 'ack', samples);
}

/** One second of a consumer that received `received` messages, the oldest of which had been due for so long. */
export function receivedSecond(second: number, received: number, oldest: number): KeptSecond {
  const samples = received === 0 ? [] : [oldest, ...new Array<number>(received - 1).fill(1000)];
  return keptSecond('consumer', 'reader', second, { received }, 'endToEnd', samples);
}

function keptSecond(
  side: KeptSecond['side'],
  name: string,
  second: number,
  counts: Partial<KeptSecond['counts']>,
  latency: 'ack' | 'endToEnd',
  samples: readonly number[],
): KeptSecond {
  const none = { attempted: 0, settled: 0, errors: 0, received: 0, bytes: 0, within: 0, late: 0 };
  const within = second < 0 ? 0 : (counts.settled ?? counts.received ?? 0);
  const base = { side, name, second, counts: { ...none, within, ...counts }, librdkafka: null };
  if (samples.length === 0) return { ...base, latency: {}, histograms: {} };
  const histogram = histogramOf(samples);
  const { max } = histogram;
  const shown = { p50: histogram.percentile(0.5), p99: histogram.percentile(0.99), max };
  return { ...base, latency: { [latency]: shown }, histograms: { [latency]: compact(histogram) } };
}
