import { z } from 'zod';
import {
  choice,
  count,
  exactlyOneOf,
  list,
  mapping,
  number,
  oneKey,
  oneOf,
  size,
  text,
  textProperties,
  word,
} from './leaf.ts';
import { fieldWords, isFieldMap, type JsonSchema, schemaOfFields } from './field-list.ts';

/** Anything that YAML can say; a JSON template or JSON Schema is not ours to check. */
const anyJson = () =>
  z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())], { error: 'a mapping or a list' });

/** A JSON Schema; a list or a mapping of fields is the short form of one. */
export const jsonSchema = () =>
  choice('a JSON Schema, a list of field names, or a mapping such as { id: uuid, content: string }', [
    z
      .record(z.string(), z.unknown())
      .describe(
        'A JSON Schema (draft 2020-12, or draft 7 where $schema names it), or short: field names, each with ' +
          `one of ${fieldWords.join(', ')}. Fields of the short form must be there, others may. uuid and ` +
          'timestamp (ISO 8601 as RFC 3339 has it, with a time zone) are strings. With a key "type" it is ' +
          'always a JSON Schema.',
      ),
    list(text('a field name'))
      .check(z.minLength(1, { error: 'at least one field name' }))
      .describe('Fields that must be there, of any type; others may.'),
  ]).transform((given, context): JsonSchema => {
    if (Array.isArray(given)) return schemaOfFields(given);
    if (!isFieldMap(given)) return given;
    for (const [name, word] of Object.entries(given)) {
      if (fieldWords.includes(word)) continue;
      context.issues.push({ code: 'custom', path: [name], message: oneOf(fieldWords), input: word });
    }
    return schemaOfFields(given);
  });

export const key = () =>
  choice('none or a mapping with fixed, sequence, uniform, zipf, template', [
    word(['none']),
    oneKey({
      fixed: text().describe('The same key for every message.'),
      sequence: count(1).describe('Keys 0 … N−1 in turn.'),
      uniform: count(1).describe('Keys 0 … N−1, each equally likely.'),
      zipf: mapping({
        n: count(1).describe('Number of keys.'),
        s: number('a number from 0 to 10', 0, 10).describe('Skew: 0 is uniform, 1 the classic law.'),
      }).describe('Keys 0 … n−1, the first ones hot.'),
      template: text().describe('Text with ${seq}, ${uuid}, ${random:int:1:100} …'),
    }),
  ])
    .transform(readKey)
    .describe('Message key; none by default.');

type GivenKey =
  | 'none'
  | {
      fixed?: string;
      sequence?: number;
      uniform?: number;
      zipf?: { n: number; s: number };
      template?: string;
    };

function readKey(given: GivenKey) {
  if (given === 'none') return { kind: 'none' as const };
  if (given.fixed !== undefined) return { kind: 'fixed' as const, text: given.fixed };
  if (given.sequence !== undefined) return { kind: 'sequence' as const, count: given.sequence };
  if (given.uniform !== undefined) return { kind: 'uniform' as const, count: given.uniform };
  if (given.zipf !== undefined) return { kind: 'zipf' as const, ...given.zipf };
  return { kind: 'template' as const, text: given.template ?? '' };
}

const sizes = () =>
  choice('a size such as 100, 1KiB or 1MB, or a list of { size, weight }', [
    size(),
    z
      .array(
        mapping({
          size: size().describe('Bytes of the value.'),
          weight: number('a weight above 0', Number.MIN_VALUE, 1e9).describe(
            'How often, relative to the others.',
          ),
        }),
      )
      .check(z.minLength(1, { error: 'at least one { size, weight }' })),
  ]).transform((given) => (typeof given === 'number' ? [{ size: given, weight: 1 }] : given));

const registryForm = 'a URL such as http://localhost:8081';

const valueMapping = mapping({
  bytes: sizes().describe('Random bytes of this size, or of several sizes by weight.').exactOptional(),
  compressibility: number('a number from 0 to 1', 0, 1)
    .describe('With bytes: the share that compresses away. 0 (default) is incompressible.')
    .exactOptional(),
  json: choice('a mapping, a list or text', [z.string(), anyJson()])
    .describe(
      'JSON value, written out or as text, with templates. Written out, a string that is exactly "${seq}" stays ' +
        'a JSON string ("7"); for a number use text: \'{"id": ${seq}}\'.',
    )
    .exactOptional(),
  schema: jsonSchema()
    .describe('With json: what every value must match; checked on sample messages before the run.')
    .exactOptional(),
  avro: mapping({
    schema: text('an .avsc file').describe('Avro schema file, relative to the scenario.'),
    record: anyJson().describe('The record, with templates.'),
    framing: word(['confluent', 'bare'])
      .describe('confluent (default): magic byte and schema id. bare: the reader needs writerSchema.')
      .exactOptional(),
    registry: text(registryForm)
      .check((context) => {
        if (/^https?:\/\/[^\s/]/.test(context.value) && URL.canParse(context.value)) return;
        // What was written is not repeated: it may hold a password.
        const message = `value.avro.registry: expected ${registryForm}`;
        context.issues.push({ code: 'custom', message, params: { sentence: true }, input: context.value });
      })
      .describe(
        'Schema registry with Confluent’s REST interface; user:password@ before the host is kept out of results. ' +
          'The schema is registered as <topic>-value. Absent: ids are derived from schemas.',
      )
      .exactOptional(),
  })
    .describe('Avro record.')
    .exactOptional(),
  file: text('a file').describe('Corpus: each record of the file in turn.').exactOptional(),
  delimiter: text().describe('With file: what separates its records; default a line break.').exactOptional(),
});

const kinds = ['bytes', 'json', 'avro', 'file'] as const;
const companions = { compressibility: 'bytes', schema: 'json', delimiter: 'file' } as const;

export const value = () =>
  valueMapping
    .check(exactlyOneOf(kinds))
    .check((context) => {
      for (const [key, kind] of Object.entries(companions)) {
        if (!(key in context.value) || kind in context.value) continue;
        const message = `value.${key} only goes with value.${kind}`;
        const params = { sentence: true, at: 'key' };
        context.issues.push({ code: 'custom', path: [key], message, params, input: context.value });
      }
    })
    .transform(readValue)
    .describe('Message value.');

function readValue(given: z.output<typeof valueMapping>) {
  if (given.bytes !== undefined) {
    return { kind: 'bytes' as const, sizes: given.bytes, compressibility: given.compressibility ?? 0 };
  }
  if (given.json !== undefined) {
    const template = typeof given.json === 'string' ? given.json : JSON.stringify(given.json);
    const schema = given.schema === undefined ? {} : { schema: given.schema };
    return { kind: 'json' as const, template, ...schema };
  }
  if (given.avro !== undefined) return { kind: 'avro' as const, ...given.avro };
  const delimiter = given.delimiter === undefined ? {} : { delimiter: given.delimiter };
  return { kind: 'file' as const, path: given.file ?? '', ...delimiter };
}

export const headers = () => textProperties().describe('Record headers: name to template.').prefault({});
