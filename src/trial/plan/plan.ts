import { availableParallelism } from 'node:os';
import type { AckSourceChoice } from '../../base/choices.ts';
import type { Micros } from '../../base/clock.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { acksOf } from '../../scenario/acks.ts';
import type { ConsumerSpec, ProducerSpec, Scenario, TopicSpec } from '../../scenario/schema.ts';
import type {
  ClientConfig,
  ConsumePlan,
  ConsumerClientPlan,
  EvidencePlan,
  ProducePlan,
  ProducerClientPlan,
} from '../../protocol/plan.ts';
import { avroReading, type AvroSchemas } from './avro-schemas.ts';
import { isStopped } from '../workers/client-stops.ts';
import { plannedLength } from '../../judge/performance/flow.ts';
import { runNumber, uniqueName } from './names.ts';
import type { RunTopic, RunTopics } from './topics.ts';
import { groupNumber } from './verified-groups.ts';

export interface PlanContext {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly runId: string;
  readonly cluster: Cluster;
  readonly topics: RunTopics;
  readonly showMessagesPerSecond: number;
  /** Null: nothing is verified. */
  readonly evidence: EvidencePlan | null;
  /** Absent: no producer writes Avro, no consumer reads it. */
  readonly avro?: AvroSchemas;
  /** Of producers; consumers follow it. */
  readonly ackSource?: AckSourceChoice | undefined;
}

/** The scenario as worker processes: clients dealt out over one process a core, producers apart from consumers. */
export function planWorkers(context: PlanContext): (ProducePlan | ConsumePlan)[] {
  const { scenario } = context;
  const base = {
    run: runNumber(context.runId),
    seed: context.seed,
    showMessagesPerSecond: context.showMessagesPerSecond,
    warmup: scenario.phases.warmup,
    evidence: context.evidence,
  };
  const source = context.ackSource ?? 'auto';
  const alone = (client: { readonly name: string; readonly index: number }): boolean =>
    [...scenario.producers, ...scenario.consumers].some(
      (spec) => spec.name === client.name && isStopped(spec, client.index),
    );
  const producers = deal(planProducers(context), alone).map((clients, i): ProducePlan => ({
    ...base,
    role: 'produce',
    worker: `producer-${i + 1}`,
    drain: scenario.phases.drain,
    fault: longestFault(scenario),
    ackSource: source,
    clients,
  }));
  const consuming = planConsumers(context);
  const late = scenario.consumers.filter(({ start }) => start !== undefined).map(({ name }) => name);
  // Clients that start together have processes of their own: one process has one start.
  const together = [
    consuming.filter(({ name }) => !late.includes(name)),
    ...late.map((each) => consuming.filter(({ name }) => name === each)),
  ];
  const consumers = together
    .flatMap((clients) => deal(clients, alone))
    .map((clients, i): ConsumePlan => ({
      ...base,
      role: 'consume',
      worker: `consumer-${i + 1}`,
      receiveSource: source === 'delivery-reports' ? 'consume-callbacks' : source,
      measured: plannedLength(scenario),
      clients,
    }));
  return [...consumers, ...producers];
}

/** 0 without faults that last. */
export const longestFault = ({ faults }: Scenario): Micros =>
  Math.max(0, ...faults.map((fault) => fault.for ?? 0));

/** A client that will be stopped has a process of its own: nobody else must go with it. */
function deal<T>(clients: readonly T[], alone: (client: T) => boolean): T[][] {
  const shared = clients.filter((client) => !alone(client));
  const processes = Math.min(shared.length, availableParallelism());
  const hands = Array.from({ length: processes }, (): T[] => []);
  shared.forEach((client, i) => hands[i % processes]!.push(client));
  return [...hands, ...clients.filter(alone).map((client) => [client])];
}

function planProducers({ scenario, cluster, topics, runId, avro }: PlanContext): ProducerClientPlan[] {
  const plans: ProducerClientPlan[] = [];
  for (const spec of scenario.producers) {
    const topic = topicOf(topics, spec.topic);
    for (let index = 0; index < spec.count; index++) {
      plans.push({
        name: spec.name,
        index,
        of: spec.count,
        producerId: plans.length,
        incarnation: 0,
        topic: topic.name,
        partitions: topic.partitions,
        config: producerConfig(spec, index, cluster, runId),
        rate: spec.rate,
        arrival: spec.arrival,
        partition: spec.partition,
        key: spec.key,
        value: valueOf(spec, avro),
        envelope: spec.envelope,
        tombstones: spec.tombstones ?? 0,
        headers: spec.headers,
        flush: spec.flush,
        messages: spec.messages ?? null,
        duration: spec.messages === undefined ? (spec.for ?? scenario.phases.measure) : null,
        acks: acksOf(spec.client) === 0 ? 'none' : 'some',
      });
    }
  }
  return plans;
}

function valueOf({ name, value }: ProducerSpec, avro: AvroSchemas | undefined): ProducerClientPlan['value'] {
  if (value.kind === 'bytes' || value.kind === 'json') return value;
  const written = avro?.written.get(name);
  if (value.kind !== 'avro' || !written) throw new Error(`the loader refuses ${value.kind} values`);
  const schema = avro?.files.get(value.schema)?.json;
  return { kind: 'avro', schema, record: value.record, schemaId: written.schemaId };
}

function validationOf(spec: ConsumerSpec, { scenario, avro }: PlanContext): ConsumerClientPlan['validate'] {
  if (!spec.validate?.json && !spec.validate?.avro) return null;
  const reading = avro && avroReading(spec, scenario.producers, avro);
  return { json: spec.validate.json, avro: reading };
}

function producerConfig(spec: ProducerSpec, index: number, cluster: Cluster, runId: string): ClientConfig {
  return {
    'client.id': `${uniqueName(spec.name, runId)}-${index}`,
    ...cluster.clientConfig,
    ...spec.client,
  };
}

function planConsumers(context: PlanContext): ConsumerClientPlan[] {
  const { scenario, cluster, topics, runId } = context;
  let members = 0;
  return scenario.consumers.flatMap((spec) => {
    const consumed = spec.topics.map((name) => topicOf(topics, name));
    const group = groupOf(spec, scenario.topics, runId);
    const fresh = consumed.every((topic) => !topic.spec.reuse);
    return Array.from({ length: spec.count }, (_, index): ConsumerClientPlan => ({
      name: spec.name,
      index,
      of: spec.count,
      topics: consumed.map((topic) => topic.name),
      group,
      evidence: { group: groupNumber(scenario, spec, index), member: members++ },
      config: consumerConfig(spec, index, cluster, group, fresh, runId),
      mode: spec.mode,
      commit: spec.commit,
      idleTimeout: spec.idleTimeout ?? null,
      validate: validationOf(spec, context),
      processing: processingOf(spec),
      failures: spec.processing?.failures ?? 0,
      deadLetter: deadLetterOf(spec, index, cluster, topics, runId),
    }));
  });
}

function processingOf({ processing }: ConsumerSpec): ConsumerClientPlan['processing'] {
  const time = processing?.time;
  if (time === undefined) return null;
  if (typeof time === 'number') return { kind: 'constant', time };
  if (time.uniform !== undefined) return { kind: 'uniform', from: time.uniform[0], to: time.uniform[1] };
  return { kind: 'exponential', mean: time.exponential ?? 0 };
}

/** A dead letter is answered for within this time, or the run fails: the consumer waits for it and polls nothing. */
const deadLetterMillis = 60_000;

function deadLetterOf(
  { name, deadLetter }: ConsumerSpec,
  index: number,
  cluster: Cluster,
  topics: RunTopics,
  runId: string,
): ConsumerClientPlan['deadLetter'] {
  if (deadLetter === undefined) return null;
  return {
    topic: topicOf(topics, deadLetter.topic).name,
    afterAttempts: deadLetter.afterAttempts,
    config: {
      'client.id': `${uniqueName(name, runId)}-${index}-dead-letters`,
      ...cluster.clientConfig,
      acks: 'all',
      'enable.idempotence': true,
      'linger.ms': 0,
      'message.timeout.ms': deadLetterMillis,
    },
  };
}

/**
 * A group keeps its name only where all of its topics keep theirs: committed offsets belong to the topics. The
 * scenario alone says so: the result of a run that could make no topic names its groups too.
 */
export function groupOf(
  spec: ConsumerSpec,
  topics: readonly Pick<TopicSpec, 'name' | 'reuse'>[],
  runId: string,
): string | null {
  if (spec.group === undefined) return null;
  const reused = spec.topics.every((name) => topics.find((topic) => topic.name === name)?.reuse);
  return reused ? spec.group : uniqueName(spec.group, runId);
}

function consumerConfig(
  spec: ConsumerSpec,
  index: number,
  cluster: Cluster,
  group: string | null,
  fresh: boolean,
  runId: string,
): ClientConfig {
  return {
    'client.id': `${uniqueName(spec.name, runId)}-${index}`,
    // A topic made for this run holds nothing but this run: its beginning is where reading starts.
    ...(fresh ? { 'auto.offset.reset': 'earliest' } : {}),
    ...cluster.clientConfig,
    ...spec.client,
    // librdkafka's consumer wants a group id even where it joins none.
    'group.id': group ?? uniqueName(`kafka-bench-${spec.name}-${index}`, runId),
    ...(spec.commit.kind === 'auto' && group !== null ? {} : { 'enable.auto.commit': false }),
  };
}

function topicOf(topics: RunTopics, name: string): RunTopic {
  const topic = topics.byName.get(name);
  if (!topic) throw new Error(`the loader lists every topic, and ${name} is missing`);
  return topic;
}
