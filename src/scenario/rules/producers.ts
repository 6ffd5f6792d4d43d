import { RecordMismatch } from '../../workload/avro/record-template.ts';
import { queueBytes } from '../../base/queue-bytes.ts';
import type { AvroFiles } from '../avro-files.ts';
import { avroSamples } from '../avro-samples.ts';
import { sampleValues } from '../sample-values.ts';
import type { ProducerSpec } from '../schema.ts';
import type { Rule } from './rule.ts';

/** Bytes of the envelope (protocol/envelope.ts); a prefix is part of the value. */
const envelopeBytes = 32;

/** librdkafka's default of message.max.bytes. */
const defaultMaxBytes = 1_000_000;

export const messagesOrFor: Rule = ({ scenario, problem }) => {
  for (const [i, { name, messages, for: lasting }] of scenario.producers.entries()) {
    if (messages === undefined || lasting === undefined) continue;
    problem(['producers', i, 'for'], `${name}: messages and for both end it; keep one`, {
      at: 'key',
      involves: [['producers', i, 'messages']],
    });
  }
};

export const envelopeFits: Rule = ({ scenario, says, problem }) => {
  for (const [i, { name, envelope, value }] of scenario.producers.entries()) {
    if (envelope !== 'prefix') continue;
    const written = ['producers', i, 'envelope'];
    if (value.kind !== 'bytes') {
      const message = `${name}: envelope prefix would break a ${value.kind} value; use header or none`;
      problem(written, message, { involves: [['producers', i, 'value']] });
      continue;
    }
    const smallest = Math.min(...value.sizes.map((each) => each.size));
    if (smallest >= envelopeBytes) continue;
    const message = `${name}: a value of ${smallest} bytes does not hold the ${envelopeBytes} bytes of the envelope; smaller sizes need envelope: header or none`;
    problem(['producers', i, 'value', 'bytes'], message, {
      at: 'key',
      involves: says(written) ? [written] : [],
    });
  }
};

export const tombstonesHaveRoom: Rule = ({ scenario, problem }) => {
  for (const [i, { name, envelope, tombstones = 0 }] of scenario.producers.entries()) {
    if (tombstones === 0 || envelope !== 'prefix') continue;
    const message = `${name}: a message without a value does not hold the prefix that identifies it; tombstones need envelope: header, or none`;
    problem(['producers', i, 'tombstones'], message, { at: 'key', involves: [['producers', i, 'envelope']] });
  }
};

export const partitionExists: Rule = ({ scenario, problem }) => {
  for (const [i, { name, topic, partition }] of scenario.producers.entries()) {
    const at = scenario.topics.findIndex((each) => each.name === topic);
    const partitions = scenario.topics[at]?.partitions;
    if (typeof partition !== 'number' || partitions === undefined || partition < partitions) continue;
    const message = `${name}: partition ${partition} does not exist; topic "${topic}" has ${partitions}, counted from 0`;
    problem(['producers', i, 'partition'], message, { involves: [['topics', at, 'partitions']] });
  }
};

export const valuesFitMessage: Rule = ({ scenario, warn }) => {
  for (const { name, value, client } of scenario.producers) {
    if (value.kind !== 'bytes') continue;
    const most = Number(client['message.max.bytes'] ?? defaultMaxBytes);
    const largest = Math.max(...value.sizes.map((each) => each.size));
    if (largest < most) continue;
    const hint = 'librdkafka refuses them; raise it, on the topic (max.message.bytes) as well';
    warn(
      'message-too-large',
      `${name}: values of ${largest} bytes exceed message.max.bytes (${most}): ${hint}`,
    );
  }
};

/** librdkafka's queue would be full for such a value for ever. What is larger than a message may be, it refuses. */
export const valuesFitQueue: Rule = ({ scenario, avro, problem }) => {
  for (const [i, producer] of scenario.producers.entries()) {
    const { name, client } = producer;
    const most = queueBytes(client);
    const largest = Math.max(0, ...valueSizes(producer, avro));
    if (largest <= most || largest > Number(client['message.max.bytes'] ?? defaultMaxBytes)) continue;
    problem(
      ['producers', i, 'client', 'queue.buffering.max.kbytes'],
      `${name}: values of ${largest} bytes never fit into a queue of queue.buffering.max.kbytes: ${most / 1024} (${most} bytes)`,
      { involves: [['producers', i, 'value']] },
    );
  }
};

/** Of a batch of one record without key and headers (Kafka's DefaultRecordBatch and DefaultRecord), at least. */
const overhead = 61 + 7;

/** librdkafka's default of batch.size. */
const defaultBatchBytes = 1_000_000;

/** Brokers hold the size of a batch as it comes, compressed, against max.message.bytes. */
export const valuesFitTopic: Rule = ({ scenario, avro, problem, warn }) => {
  const { kind, config: broker } = scenario.cluster;
  if (kind === 'mock') return;
  for (const [i, producer] of scenario.producers.entries()) {
    const { name, topic, client } = producer;
    const at = scenario.topics.findIndex((each) => each.name === topic);
    const { config = {}, reuse = false } = scenario.topics[at] ?? {};
    // A topic that is there already keeps the limit that it has.
    if (reuse || (client['compression.codec'] ?? 'none') !== 'none') continue;
    const own = config['max.message.bytes'];
    const most = Number(own ?? broker['message.max.bytes'] ?? Infinity);
    const limit =
      own === undefined ? `message.max.bytes of the brokers (${most})` : `max.message.bytes (${most})`;
    const message = Number(client['message.max.bytes'] ?? defaultMaxBytes);
    // What is larger than a message may be is librdkafka's to refuse.
    const sizes = valueSizes(producer, avro).filter((size) => size <= message);
    if (sizes.length === 0) continue;
    const [smallest, largest] = [Math.min(...sizes) + overhead, Math.max(...sizes) + overhead];
    const batch = Math.min(
      Number(client['batch.size'] ?? defaultBatchBytes),
      message,
      Number(client['batch.num.messages'] ?? Infinity) * largest,
    );
    const refused = `exceeds ${limit} of topic "${topic}": brokers refuse it`;
    if (smallest > most) {
      problem(
        ['producers', i, 'value'],
        `${name}: a value of ${smallest - overhead} bytes, ${smallest} with its record and batch, ${refused}`,
        {
          at: 'key',
          involves: [
            ['producers', i, 'client'],
            ['topics', at, 'config'],
            ['cluster', 'config'],
          ],
        },
      );
    } else if (largest > most) {
      warn('value-too-large', `${name}: a value of ${largest - overhead} bytes ${refused}`);
    } else if (batch > most) {
      warn(
        'batch-too-large',
        `${name}: brokers refuse batches above ${limit} of topic "${topic}", and its batches may grow to ${batch} bytes: set batch.size: ${most}`,
      );
    }
  }
};

/** Bytes; of texts that vary those of samples, none where there are none to be had. */
function valueSizes(producer: ProducerSpec, avro: AvroFiles): number[] {
  const { name, value, messages } = producer;
  if (value.kind === 'bytes') return value.sizes.map((each) => each.size);
  if (value.kind === 'json')
    return sampleValues(value.template, name, messages).map((each) => Buffer.byteLength(each));
  if (value.kind !== 'avro') return [];
  const schema = avro.schemas.get(value.schema);
  try {
    return schema === undefined ? [] : avroSamples(schema, value, producer).map(({ length }) => length);
  } catch (error) {
    // A record that does not fit its schema is another rule's.
    if (error instanceof RecordMismatch) return [];
    throw error;
  }
}

export const jsonTemplatesAreJson: Rule = ({ scenario, problem }) => {
  for (const [i, { name, value }] of scenario.producers.entries()) {
    if (value.kind !== 'json') continue;
    const sample = value.template.replace(/\$\{(seq|random:int:[^}]*)\}/g, '1').replace(/\$\{[^}]*\}/g, 'x');
    try {
      JSON.parse(sample);
    } catch {
      const message = `${name}: value.json is not JSON once its placeholders are filled in; quote text placeholders`;
      problem(['producers', i, 'value', 'json'], message);
    }
  }
};
