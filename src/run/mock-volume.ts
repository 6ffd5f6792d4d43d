import { BenchError } from '../base/errors.ts';
import { formatBytes } from '../base/units.ts';
import type { ProducerSpec, Scenario } from '../scenario/schema.ts';
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
  if (scenario.consumers.length === 0) return;
  for (const topic of new Set(scenario.producers.map((spec) => spec.topic))) {
    if (!scenario.consumers.some((spec) => spec.topics.includes(topic))) continue;
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
    throw new BenchError(
      'scenario',
      `topic ${topic} takes ${volume}, more than the mock cluster keeps for its consumers (5 MiB or 100 000 batches a partition)`,
      {
        hint: 'bound it with `messages:`, leave out the consumers, or run it on a real cluster (--cluster local)',
      },
    );
  }
}

function messagesOf(spec: ProducerSpec, scenario: Scenario): number {
  const seconds = (spec.for ?? scenario.phases.measure) / 1e6;
  const warmup = scenario.phases.warmup / 1e6;
  if (spec.rate === 'max') return spec.messages === undefined || warmup > 0 ? Infinity : spec.messages;
  const rate = spec.rate;
  const highest =
    rate.kind === 'constant'
      ? rate.perSecond
      : rate.kind === 'ramp'
        ? Math.max(rate.from, rate.to)
        : Math.max(0, ...rate.steps.map((step) => step.rate));
  return (spec.messages ?? highest * seconds) + highest * warmup;
}

function sizeOf(spec: ProducerSpec): number {
  if (spec.value.kind === 'bytes') return Math.max(...spec.value.sizes.map(({ size }) => size));
  return spec.value.kind === 'json' ? spec.value.template.length * 2 : 1024;
}
