import { describe, expect, test } from 'vitest';
import { compileJsonCheck } from '../workload/validation/json-check.ts';
import { fieldWords, isFieldMap, schemaOfFields } from './schema/field-list.ts';
import { compileSchema } from './value-schema.ts';

const good = [
  {},
  schemaOfFields(['id', 'content', 'timestamp']),
  schemaOfFields(Object.fromEntries(fieldWords.map((word) => [word, word]))),
  { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }] },
  { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'string' }] },
  { type: 'object', $defs: { id: { type: 'string' } }, properties: { id: { $ref: '#/$defs/id' } } },
  { type: ['string', 'null'], pattern: '^\\p{L}+$', minLength: 1 },
];
const bad = [
  { type: 'strin' },
  { requird: ['id'] },
  { properties: { id: { type: 'string', format: 'uid' } } },
  { items: [{ type: 'string' }] },
  { $ref: 'https://example.org/elsewhere.json' },
  { $schema: 'http://json-schema.org/draft-04/schema#' },
  { $async: true },
  { pattern: '(' },
  { required: ['a', 'a'] },
];

describe('what the loader takes for a JSON Schema is what a worker compiles', () => {
  test.each(good)('%j', (schema) => {
    expect(compileSchema(schema)).toBeTypeOf('function');
    expect(compileJsonCheck({ json: schema })).toBeDefined();
  });
  test.each(bad)('not %j', (schema) => {
    expect(compileSchema(schema)).toHaveProperty('message');
    expect(() => compileJsonCheck({ json: schema })).toThrow('not a JSON Schema');
  });
});

describe('the short form', () => {
  const value = {
    string: '',
    number: 1.5,
    integer: 2,
    boolean: false,
    object: {},
    array: [],
    uuid: '9F1C2B3A-4D5E-4F60-8A7B-0C1D2E3F4A5B',
    timestamp: '2026-01-02T03:04:05+01:00',
    any: null,
  };
  const wrong: Readonly<Record<string, unknown>> = {
    string: 1,
    number: '1.5',
    integer: 1.5,
    boolean: 0,
    object: [],
    array: {},
    uuid: 'x',
    timestamp: '2026-01-02 03:04:05',
  };
  const check = (schema: object, json: unknown) =>
    compileJsonCheck({ json: { ...schema } }).check(Buffer.from(JSON.stringify(json)), 0);

  test('each word takes its values and no others', () => {
    expect(Object.keys(value)).toEqual(fieldWords);
    for (const word of fieldWords) {
      const schema = schemaOfFields({ field: word });
      expect(check(schema, { field: value[word as 'any'], more: 1 })).toBeNull();
      expect(check(schema, {})).toContain("required property 'field'");
      if (word in wrong) expect(check(schema, { field: wrong[word] })).toMatch(/^\/field must /);
    }
  });

  test('a list asks for the fields alone', () => {
    const schema = schemaOfFields(['id', 'content', 'id']);
    expect(check(schema, { id: null, content: {} })).toBeNull();
    expect(check(schema, { id: 1 })).toContain('content');
    expect(check(schema, [])).toBe('the value must be object');
  });

  test.each([
    [{ id: 'uuid', content: 'string' }, true],
    [{ title: 'string', format: 'any' }, true],
    [{ id: 'uuid', type: 'string' }, false],
    [{ type: 'string' }, false],
    [{ $ref: '#/$defs/a', $defs: {} }, false],
    [{ $comment: 'string' }, false],
    [{ properties: {} }, false],
    [{}, false],
  ])('%j: is it the short form? %j', (given, is) => expect(isFieldMap(given)).toBe(is));
});
