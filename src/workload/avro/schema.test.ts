import { describe, expect, it, test } from 'vitest';
import { derivedId } from './framing.ts';
import { misplacedToken } from './json-place.ts';
import { compileSchema, parseSchema } from './schema.ts';

describe('a schema file', () => {
  test.each([
    ['{\n  "type": "record",\n  "name": }', /^is not JSON from line 3, column 11 on$/],
    ['', /^is not JSON from line 1, column 1 on$/],
    ['7', /^is no Avro schema: expected a mapping/],
    ['{"type":"recrd","name":"R","fields":[]}', /^is no Avro schema: unknown type: "recrd"$/],
    ['{"type":"record","name":"R"}', /^is no Avro schema: non-array record fields/],
    ['{"type":"record","name":"R","fields":[{"name":"a","type":"Other"}]}', /undefined type name: Other/],
    [
      '{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}',
      /incompatible field default/,
    ],
  ])('%j', (text, message) => {
    expect(() => parseSchema(text)).toThrow(message);
  });
});

test.each([
  ['{"a": [1, 2,]}', 13],
  ['{"a": 1,}', 9],
  ['{"a" 1}', 6],
  ['{"a": tru}', 7],
  ['{"a": 1', 8],
  ['[1}', 3],
  ['[] []', 4],
  ['{"a": "x\ty"}', 7],
  ["{'a': 1}", 2],
])('%s stops being JSON at %i', (text, column) => {
  expect(() => JSON.parse(text) as unknown).toThrow();
  expect(misplacedToken(text)).toEqual({ line: 1, column });
});

describe('the fingerprint', () => {
  const schema = { type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] };

  it('is that of the Parsing Canonical Form', () => {
    const { fingerprint } = compileSchema(schema);
    const field = { doc: 'more', type: { type: 'int', logicalType: 'date' }, name: 'a', default: 1 };
    expect(compileSchema({ doc: 'R', ...schema, aliases: ['S'], fields: [field] }).fingerprint).toBe(
      fingerprint,
    );
    expect(compileSchema({ ...schema, name: 'S' }).fingerprint).not.toBe(fingerprint);
    // printf '"int"' | sha256sum
    expect(compileSchema('int').fingerprint).toBe(
      '3f2b87a9fe7cc9b13835598c3981cd45e3e355309e5090aa0933d7becb6fba45',
    );
  });

  it('gives ids that Java’s int holds', () => {
    expect(derivedId('3f2b87a9fe7cc9b1')).toBe(0x3f2b87a9);
    expect(derivedId('ff00000100000000')).toBe(0x7f000001);
  });
});
