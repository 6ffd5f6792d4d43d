import { acksOf } from '../../scenario/acks.ts';
import type { ConsumerSpec, ProducerSpec, Scenario, TopicSpec } from '../../scenario/schema.ts';
import { highestRate, sizeOf } from '../plan/mock-volume.ts';

/** What brokers are warmed with: the scenario's own load, small, on topics of its own. */
export interface WarmLoad {
  /** What the brokers do alike for all loads of it: `gzip acks=0 ≤1 KiB read by a group`. */
  readonly shapes: readonly string[];
  readonly scenario: Scenario;
}

/** Brokers need not be loaded to be warmed, and what is sent here has to be deleted again. */
const most = { perSecond: 2_000, bytesPerSecond: 16 * 2 ** 20, partitions: 12 };
/** What brokers that we start make of a topic that does not say. */
const usualPartitions = 3;
/** Fewer take longer than there is time for. */
const leastPerSecond = 500;
const sizeClassesKiB = [1, 16, 256];

interface Flow {
  readonly shape: string;
  readonly producer: ProducerSpec;
  readonly topic: TopicSpec;
  readonly consumer: ConsumerSpec | undefined;
}

/** Of the scenario's flows one of each shape that is not among `known`; null where the brokers know them all. */
export function warmLoad(scenario: Scenario, known: ReadonlySet<string>, brokers: number): WarmLoad | null {
  const flows = new Map(
    flowsOf(scenario)
      .filter(({ shape }) => !known.has(shape))
      .map((flow) => [flow.shape, flow]),
  );
  if (flows.size === 0) return null;
  const parts = [...flows.values()].map((flow, i) => warmFlow(flow, `kafka-bench-warm-up-${i + 1}`, brokers));
  return {
    shapes: [...flows.keys()],
    scenario: {
      ...scenario,
      topics: parts.map(({ topic }) => topic),
      producers: parts.map(({ producer }) => producer),
      consumers: parts.flatMap(({ consumer }) => consumer ?? []),
      // Its clients are ended from outside, long before.
      phases: { ...scenario.phases, warmup: 0, measure: 60e6 },
      faults: [],
      expect: [],
      verify: { ...scenario.verify, audit: 'off' },
    },
  };
}

function flowsOf({ producers, consumers, topics }: Scenario): Flow[] {
  return producers.flatMap((producer) => {
    const topic = topics.find(({ name }) => name === producer.topic);
    if (!topic) return [];
    const reading = consumers.filter((consumer) => consumer.topics.includes(topic.name));
    const consumer = reading.find(({ group }) => group !== undefined) ?? reading[0];
    const read = !consumer ? 'not read' : consumer.group === undefined ? 'read' : 'read by a group';
    const codec = producer.client['compression.codec'] ?? 'none';
    const acks = acksOf(producer.client);
    const shape = `${codec} acks=${acks === -1 ? 'all' : acks} ${sizeClass(sizeOf(producer))} ${read}`;
    return [{ shape, producer, topic, consumer }];
  });
}

function sizeClass(bytes: number): string {
  const limit = sizeClassesKiB.find((each) => bytes <= each * 1024);
  return limit === undefined ? `>${sizeClassesKiB.at(-1)!} KiB` : `≤${limit} KiB`;
}

/** The flow without what an application would do with its messages, and without what happens on the way. */
function warmFlow(
  { producer, topic, consumer }: Flow,
  name: string,
  brokers: number,
): { topic: TopicSpec; producer: ProducerSpec; consumer: ConsumerSpec | undefined } {
  const sending = without(producer, 'messages', 'for', 'stop');
  const { value } = producer;
  const isWritten = value.kind === 'bytes' || value.kind === 'json';
  return {
    topic: {
      ...topic,
      name,
      reuse: false,
      // One for each broker at least: the topics of the run will be led by others than this one.
      partitions: Math.max(brokers, Math.min(topic.partitions ?? usualPartitions, most.partitions)),
    },
    producer: {
      ...sending,
      topic: name,
      count: 1,
      rate: warmRate(producer),
      partition:
        typeof producer.partition === 'number' || producer.key.kind === 'fixed'
          ? 'roundRobin'
          : producer.partition,
      // A schema registry has nothing to do with it.
      value: isWritten
        ? value
        : { kind: 'bytes', sizes: [{ size: sizeOf(producer), weight: 1 }], compressibility: 0.5 },
      // Receivers tell by it how long a message took.
      envelope: producer.envelope === 'none' || !isWritten ? 'header' : producer.envelope,
    },
    consumer: consumer && reader(consumer, name, `${producer.name}-reader`),
  };
}

function reader(consumer: ConsumerSpec, topic: string, name: string): ConsumerSpec {
  const reading = without(
    consumer,
    ...(['processing', 'validate', 'deadLetter', 'start', 'stop', 'idleTimeout'] as const),
  );
  return { ...reading, name, topics: [topic], count: 1 };
}

function without<T extends object, Key extends keyof T>(given: T, ...keys: readonly Key[]): Omit<T, Key> {
  const rest = { ...given };
  for (const key of keys) Reflect.deleteProperty(rest, key);
  return rest;
}

/** Never a closed loop: it would measure the queue that it makes, which grows and never settles. */
function warmRate(producer: ProducerSpec): ProducerSpec['rate'] {
  const wanted = Math.max(leastPerSecond, highestRate(producer));
  const limit = Math.min(most.perSecond, most.bytesPerSecond / Math.max(1, sizeOf(producer)));
  return { kind: 'constant', perSecond: Math.max(1, Math.min(wanted, limit)) };
}
