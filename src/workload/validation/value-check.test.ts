import { expect, test } from 'vitest';
import { BenchError } from '../../base/errors.ts';
import { compileValueCheck } from './value-check.ts';

const old = { type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] };
const text = { type: 'string', default: 'none' };
const next = { ...old, fields: [...old.fields, { name: 'b', ...text }] };
const avro = { framing: 'confluent', readerSchema: next, writers: [{ id: 9, schema: old }] } as const;
const message = Buffer.from('00000000090e', 'hex');

test('what Avro reads is held against the JSON Schema, with the reader’s defaults', () => {
  const seen = (properties: object) => compileValueCheck({ avro, json: { properties } }).check(message, 0);
  expect(seen({ a: { const: 7 }, b: { const: 'none' } })).toBeNull();
  expect(seen({ a: { type: 'string' } })).toBe('/a must be string');
});

test('what cannot be read is said before', () => {
  const check = compileValueCheck({ avro, json: { required: ['z'] } });
  expect(check.check(Buffer.from('{"a":7}'), 0)).toBe('not framed: its first byte is 123, not 0');
  expect(compileValueCheck({ avro }).check(message.subarray(0, 5), 0)).toContain('it ends within the record');
});

test('JSON alone is read as JSON, and nothing asks for nothing', () => {
  const json = { required: ['a'] };
  expect(compileValueCheck({ json }).check(Buffer.from('{}'), 0)).toContain("required property 'a'");
  expect(compileValueCheck({}).check(null, 0)).toBeNull();
});

test('schemas that cannot be resolved are a scenario error', () => {
  const readerSchema = { ...old, fields: [{ name: 'new', type: 'int' }] };
  expect(() => compileValueCheck({ avro: { ...avro, readerSchema } })).toThrow(BenchError);
});
