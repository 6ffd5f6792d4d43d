import { nearest } from '../../base/nearest.ts';
import {
  type ClientProperties,
  ownName,
  propertyNames,
  propertyOf,
  type PropertyName,
} from '../librdkafka-properties.ts';
import { readProperty } from '../read-property.ts';
import { insteadOfJava } from './java-properties.ts';
import { properties } from './leaf.ts';

/** Properties that the harness sets itself, and where the scenario says the same. */
const owned: Readonly<Partial<Record<PropertyName | 'test.mock.num.brokers', string>>> = {
  'metadata.broker.list': 'use cluster: { bootstrap: … }',
  'group.id': 'use group: … on the consumer',
  'transactional.id': 'use transactions: … on the producer',
  'enable.partition.eof': 'the harness needs it itself',
  'delivery.report.only.error': 'the harness needs every delivery report',
  'test.mock.num.brokers': 'use cluster: { kind: mock, brokers: N }',
  'plugin.library.paths': 'the harness loads its own plugin',
  'auto.commit.enable': "it is for librdkafka's legacy consumer; use enable.auto.commit",
  debug: 'the harness shows no log of librdkafka',
  log_level: 'the harness shows no log of librdkafka',
  'log.queue': "the harness reads librdkafka's log itself",
  interceptors: 'the harness installs its own',
  opaque: 'the harness needs it itself',
  default_topic_conf: 'topic properties stand beside the others',
  ssl_engine_callback_data: 'it is no value that a file can hold',
  ssl_certificate: 'it is no value that a file can hold; use ssl.certificate.pem',
  ssl_key: 'it is no value that a file can hold; use ssl.key.pem',
  ssl_ca: 'it is no value that a file can hold; use ssl.ca.pem',
};

type Given = Readonly<Record<string, string | number | boolean>>;
type Report = (property: string, message: string, params: Readonly<Record<string, unknown>>) => void;

/** For editors alone: every name that may be set, with what it takes. */
function forEditors(): Readonly<Record<string, object>> {
  const described = [...propertyNames].flatMap((given) => {
    const name = ownName(given)!;
    if (owned[name] !== undefined || isCallback(name)) return [];
    const alias = given === name ? {} : { description: `Another name of ${name}.` };
    return [[given, { ...formOf(name), ...alias }] as const];
  });
  return Object.fromEntries(described);
}

/** Texts are those that are read as the value; ${env:…} may stand for any. */
function formOf(name: PropertyName): object {
  const { type, from, to, words = [] } = propertyOf(name);
  const reference = '\\$\\{';
  switch (type) {
    case 'integer':
    case 'float': {
      const pattern = [...words.map((word) => `^${word}$`), '^[+-]?[0-9.][0-9a-fA-Fx.+-]*$', reference].join(
        '|',
      );
      return { type: ['number', 'string'], minimum: from, maximum: to, pattern };
    }
    case 'boolean':
      return {
        type: ['boolean', 'number', 'string'],
        minimum: 0,
        maximum: 1,
        pattern: `^([tT]|[fF]|[01]|[tT]rue|[fF]alse|TRUE|FALSE)$|${reference}`,
      };
    case 'word':
      // librdkafka takes them in any case.
      return { anyOf: [{ enum: words }, { type: 'string', pattern: `[A-Z]|${reference}` }] };
    case 'flags':
    case 'text':
    case 'api':
      return { type: ['string', 'number', 'boolean'] };
  }
}

/**
 * librdkafka's properties under their own names and in its own form. An alias is the same property: given twice, only
 * the order of a mapping would say which one counts.
 */
export const client = () =>
  clientInput
    .transform((given, context): ClientProperties => {
      const report: Report = (property, message, params) =>
        context.issues.push({ code: 'custom', path: [property], message, params, input: given[property] });
      return readClient(given, report);
    })
    .describe('librdkafka properties, by any of their names: acks, linger.ms, compression.type …');

function readClient(given: Given, report: Report): ClientProperties {
  const names = new Map<PropertyName, string>();
  const read: Partial<Record<PropertyName, string | number | boolean>> = {};
  for (const [property, value] of Object.entries(given)) {
    const name = settable(property, report);
    if (name === undefined) continue;
    const first = names.get(name);
    if (first !== undefined) {
      const message = `client: ${property} is ${first} by another name, and both are given; keep one`;
      report(property, message, { sentence: true, at: 'key' });
      continue;
    }
    names.set(name, property);
    const reading = readProperty(name, value);
    if ('value' in reading) read[name] = reading.value;
    else report(property, reading.expected, reading.advice === undefined ? {} : { advice: reading.advice });
  }
  return read;
}

/** The property's own name, where librdkafka has it and a scenario may set it. */
function settable(property: string, report: Report): PropertyName | undefined {
  const name = ownName(property);
  const reason =
    owned[(name ?? property) as keyof typeof owned] ??
    (isCallback(name) && 'callbacks belong to the harness');
  if (reason) {
    report(property, `client must not set ${property}: ${reason}`, { sentence: true, at: 'key' });
    return undefined;
  }
  if (name !== undefined) return name;
  const instead = insteadOfJava(property);
  const none = `librdkafka has no property "${property}"`;
  if (instead !== null && 'advice' in instead) {
    report(property, `${none}, which is the Java client's: ${instead.advice}`, { sentence: true, at: 'key' });
    return undefined;
  }
  const near = instead?.use ?? nearest(property, propertyNames);
  const params = { sentence: true, at: 'key', ...(near === undefined ? {} : { nearest: near }) };
  report(property, none, params);
  return undefined;
}

function isCallback(name: PropertyName | undefined): boolean {
  return name !== undefined && propertyOf(name).type === 'api';
}

/** One definition for all clients. */
const clientInput = properties().meta({
  id: 'client',
  title: 'librdkafka properties',
  properties: forEditors(),
  additionalProperties: false,
});
