import { BenchError } from '../../base/errors.ts';
import { formatBytes } from '../../base/units.ts';
import type { ProducerSpec, Scenario } from '../../scenario/schema.ts';
import { mockPartitions } from './topics.ts';

/** librdkafka's mock keeps so much of a partition and drops the oldest (rdkafka_mock.c). */
const bytesPerPartition = 5 * 2 ** 20;
const batchesPerPartition = 100_000;
/** Envelope, record and batch framing, on the safe side. */
const overheadBytes = 100;

/**
 * Refuses a scenario whose consumers could miss what the mock has dropped by then: it would look like loss.
 * @throws BenchError `scenario`
 */
export function mockVolume(scenario: Scenario): void {
  const read = new Set(scenario.consumers.flatMap(({ topics }) => topics));
  const exceeded = mockExcess(scenario).find(({ topic }) => read.has(topic));
  if (exceeded === undefined) return;
  throw new BenchError(
    'scenario',
    `topic ${exceeded.topic} takes ${exceeded.volume}, more than the mock cluster keeps for its consumers (5 MiB or 100 000 batches a partition)`,
    {
      hint: 'bound it with `messages:`, leave out the consumers, or run it on a real cluster (--cluster local)',
    },
  );
}

/** Topics that may take more than the mock keeps: an audit would find less than was acknowledged. */
export function mockExcess(scenario: Scenario): { topic: string; volume: string }[] {
  const exceeded: { topic: string; volume: string }[] = [];
  for (const topic of new Set(scenario.producers.map((spec) => spec.topic))) {
    const producers = scenario.producers.filter((spec) => spec.topic === topic);
    const messages = producers.reduce((sum, spec) => sum + messagesOf(spec, scenario), 0);
    const bytes = producers.reduce(
      (sum, spec) => sum + messagesOf(spec, scenario) * (sizeOf(spec) + overheadBytes),
      0,
    );
    // Keys and a chosen partition may send everything to one: each must be able to hold it all.
    const spreads = producers.every((spec) => spec.key.kind === 'none' && typeof spec.partition !== 'number');
    const spread = spreads ? mockPartitions / 2 : 1;
    if (messages <= batchesPerPartition * spread && bytes <= bytesPerPartition * spread) continue;
    const volume = Number.isFinite(bytes)
      ? `${messages} messages, about ${formatBytes(bytes)}`
      : 'an unlimited number of messages';
    exceeded.push({ topic, volume });
  }
  return exceeded;
}

function messagesOf(spec: ProducerSpec, scenario: Scenario): number {
  const seconds = (spec.for ?? scenario.phases.measure) / 1e6;
  const warmup = scenario.phases.warmup / 1e6;
  if (spec.rate === 'max') return spec.messages === undefined || warmup > 0 ? Infinity : spec.messages;
  const highest = highestRate(spec);
  return (spec.messages ?? highest * seconds) + highest * warmup;
}

/** Messages a second of the whole producer, at its fastest; Infinity in a closed loop. */
export function highestRate({ rate }: ProducerSpec): number {
  if (rate === 'max') return Infinity;
  if (rate.kind === 'constant') return rate.perSecond;
  if (rate.kind === 'ramp') return Math.max(rate.from, rate.to);
  return Math.max(0, ...rate.steps.map((step) => step.rate));
}

/** Bytes of its largest value, or what they are about; of a template twice its text. */
export function sizeOf(spec: ProducerSpec): number {
  if (spec.value.kind === 'bytes') return Math.max(...spec.value.sizes.map(({ size }) => size));
  if (spec.value.kind === 'json') return spec.value.template.length * 2;
  return spec.value.kind === 'avro' ? JSON.stringify(spec.value.record).length * 2 : 1024;
}
