import { queueBytes } from '../base/queue-bytes.ts';
import type { AvroSchema } from '../workload/avro/schema.ts';
import type { Micros } from '../base/clock.ts';
import { avroSamples } from './avro-samples.ts';
import { guaranteeOf } from './guarantee.ts';
import { planNotes } from './plan-notes.ts';
import type { ConsumerSpec, ProducerSpec, Scenario } from './schema.ts';

export interface ProducerPlanned {
  readonly name: string;
  readonly clients: number;
  /** Null where nothing bounds it: as many as it manages. */
  readonly messages: number | null;
  /** Mean bytes of a value. */
  readonly valueBytes: number | null;
  readonly bytes: number | null;
  /** Null where only the messages bound it. */
  readonly duration: Micros | null;
}

/** What a run of the scenario will do at most, as far as its text tells. */
export interface PlanDescription {
  readonly producers: readonly ProducerPlanned[];
  /** Of the measured phase. */
  readonly messages: number | null;
  readonly bytes: number | null;
  /** Warm-up, measured phase and the limit of the drain; null where nothing bounds the measured phase. */
  readonly duration: Micros | null;
  readonly warmup: Micros;
  readonly drain: Micros;
  /** How delivery will be judged, as one line. */
  readonly delivery: string;
  /** Bytes that client queues may grow to, when brokers fall behind; processes themselves not counted. */
  readonly queueMemory: number;
  /** What it says and hardly means, a line each. */
  readonly notes: readonly string[];
}

/** @param avro the schemas that the scenario names, by path: without them sizes of Avro values are unknown */
export function describePlan(
  scenario: Scenario,
  avro: ReadonlyMap<string, AvroSchema> = new Map(),
): PlanDescription {
  const producers = scenario.producers.map((spec) => plan(spec, scenario.phases.measure, avro));
  const { warmup, measure, drain } = scenario.phases;
  const lasting = producers.length === 0 ? [measure] : producers.map((each) => each.duration);
  const measured = allOr(lasting, (durations) => Math.max(...durations));
  return {
    producers,
    messages: allOr(
      producers.map((each) => each.messages),
      sum,
    ),
    bytes: allOr(
      producers.map((each) => each.bytes),
      sum,
    ),
    duration: measured === null ? null : warmup + measured + drain,
    warmup,
    drain,
    delivery: deliveryLine(scenario),
    queueMemory: sum([
      ...scenario.producers.map((spec, i) => producerQueue(spec, producers[i]!.valueBytes)),
      ...scenario.consumers.map(consumerQueue),
    ]),
    notes: planNotes(scenario, producers),
  };
}

function plan(spec: ProducerSpec, measure: Micros, avro: ReadonlyMap<string, AvroSchema>): ProducerPlanned {
  const valueBytes = spec.value.kind === 'avro' ? meanAvroBytes(spec, avro) : meanValueBytes(spec);
  const bounded = spec.messages === undefined ? (spec.for ?? measure) : null;
  const messages =
    spec.messages ?? (spec.rate === 'max' ? null : Math.round(messagesWithin(spec.rate, bounded!)));
  return {
    name: spec.name,
    clients: spec.count,
    messages,
    valueBytes,
    bytes: messages === null || valueBytes === null ? null : Math.round(messages * valueBytes),
    duration: bounded ?? (spec.rate === 'max' ? null : timeFor(spec.rate, spec.messages!)),
  };
}

/** `at-least-once, order by key, audit of the tail, evidence kept`, or why it is not checked. */
function deliveryLine(scenario: Scenario): string {
  const { producers, verify } = scenario;
  if (verify.audit === 'off') return 'not checked: audit off';
  if (producers.every(({ envelope }) => envelope === 'none')) {
    return `not checked: ${producers.length === 0 ? 'nothing is sent' : 'envelope none'}`;
  }
  const guarantee = guaranteeOf(scenario);
  return [
    guarantee === 'none' ? 'counted, not judged' : guarantee,
    verify.order === 'none' ? 'in any order' : `in order by ${verify.order}`,
    verify.audit === 'tail' ? 'audit of the ends of partitions' : 'audit of the whole log',
    ...(verify.evidence ? ['evidence kept'] : []),
  ].join(', ');
}

type Rate = Exclude<ProducerSpec['rate'], 'max'>;

/** The rate as straight pieces; the last one stays. */
function pieces(rate: Rate): { from: number; to: number; over: Micros }[] {
  switch (rate.kind) {
    case 'constant':
      return [{ from: rate.perSecond, to: rate.perSecond, over: Infinity }];
    case 'ramp':
      return [rate, { from: rate.to, to: rate.to, over: Infinity }];
    case 'steps': {
      const steps = rate.steps.map((step) => ({ from: step.rate, to: step.rate, over: step.for }));
      return [...steps.slice(0, -1), { ...steps.at(-1)!, over: Infinity }];
    }
  }
}

function messagesWithin(rate: Rate, time: Micros): number {
  let messages = 0;
  let left = time;
  for (const { from, to, over } of pieces(rate)) {
    const taken = Math.min(left, over);
    const end = over === Infinity ? to : from + ((to - from) * taken) / over;
    messages += (((from + end) / 2) * taken) / 1e6;
    left -= taken;
    if (left <= 0) break;
  }
  return messages;
}

function timeFor(rate: Rate, messages: number): Micros {
  let left = messages;
  let time = 0;
  for (const { from, to, over } of pieces(rate)) {
    const whole = over === Infinity ? Infinity : (((from + to) / 2) * over) / 1e6;
    if (left >= whole) {
      left -= whole;
      time += over;
      continue;
    }
    // from·t + slope·t²/2 = left, in the form that also holds for slope 0.
    const slope = over === Infinity ? 0 : ((to - from) * 1e6) / over;
    return time + ((2 * left) / (from + Math.sqrt(from * from + 2 * slope * left))) * 1e6;
  }
  return time;
}

/** Lengths of what placeholders become; a sequence number is taken as 6 digits. */
const placeholderBytes: Readonly<Record<string, number>> = { seq: 6, uuid: 36, now: 24 };

function meanValueBytes(spec: ProducerSpec): number | null {
  if (spec.value.kind === 'bytes') {
    const weight = sum(spec.value.sizes.map((each) => each.weight));
    return sum(spec.value.sizes.map((each) => each.size * each.weight)) / weight;
  }
  if (spec.value.kind !== 'json') return null;
  const filled = spec.value.template.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    const [, kind, low, high] = name.split(':');
    if (name === 'producer') return spec.name;
    if (kind === 'text') return 'x'.repeat(Number(low));
    if (kind === 'int') return high ?? '';
    return 'x'.repeat(placeholderBytes[name] ?? 0);
  });
  return Buffer.byteLength(filled);
}

function meanAvroBytes(spec: ProducerSpec, avro: ReadonlyMap<string, AvroSchema>): number | null {
  if (spec.value.kind !== 'avro') return null;
  const schema = avro.get(spec.value.schema);
  if (schema === undefined) return null;
  const samples = avroSamples(schema, spec.value, spec);
  return sum(samples.map(({ length }) => length)) / samples.length;
}

/** librdkafka's defaults: 100 000 messages or 1 GiB a producer, 64 MiB a consumer. */
function producerQueue(spec: ProducerSpec, valueBytes: number | null): number {
  const messages = Number(spec.client['queue.buffering.max.messages'] ?? 100_000);
  const bytes = valueBytes ?? 0;
  return spec.count * Math.min(queueBytes(spec.client), messages === 0 ? Infinity : messages * bytes);
}

function consumerQueue(spec: ConsumerSpec): number {
  return spec.count * Number(spec.client['queued.max.messages.kbytes'] ?? 65_536) * 1024;
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

function allOr(values: readonly (number | null)[], combine: (values: number[]) => number): number | null {
  const known = values.filter((each) => each !== null);
  return known.length === values.length ? combine(known) : null;
}
