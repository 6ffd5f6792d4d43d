import type { Rule } from './rule.ts';

/** Bytes of the envelope (verify/envelope.ts); a prefix is part of the value. */
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
