import { describe, expect, it } from 'vitest';
import { BenchError } from '../../base/errors.ts';
import { InvalidValues } from './invalid-values.ts';
import { compileJsonCheck } from './json-check.ts';

const message = {
  type: 'object',
  properties: {
    id: { type: 'string', format: 'uuid' },
    content: { type: 'string' },
    timestamp: { type: 'string', format: 'date-time' },
  },
  required: ['id', 'content', 'timestamp'],
};
const good = {
  id: 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
  content: 'message 7',
  timestamp: '2026-01-02T03:04:05.678Z',
};

function complaint(json: Record<string, unknown>, value: unknown, from = 0): string | null {
  return compileJsonCheck({ json }).check(Buffer.from(JSON.stringify(value)), from);
}

describe('compileJsonCheck', () => {
  it('finds nothing to say about a value that matches', () => {
    expect(complaint(message, good)).toBeNull();
    expect(complaint(message, { ...good, more: 1 })).toBeNull();
  });

  it.each([
    [{ ...good, timestamp: 'yesterday' }, '/timestamp must match format "date-time"'],
    [{ ...good, timestamp: '2026-02-30T03:04:05Z' }, '/timestamp must match format "date-time"'],
    [{ ...good, id: '7' }, '/id must match format "uuid"'],
    [{ ...good, content: 7 }, '/content must be string'],
    [{ id: good.id, content: '' }, "the value must have required property 'timestamp'"],
    [[good], 'the value must be object'],
    [null, 'the value must be object'],
  ])('says what is wrong with %j', (value, reason) => {
    expect(complaint(message, value)).toBe(reason);
  });

  it('takes a field for absent that every object inherits', () => {
    expect(complaint({ type: 'object', required: ['constructor'] }, {})).toBe(
      "the value must have required property 'constructor'",
    );
  });

  it('adds what the validator leaves out, on one short line', () => {
    expect(complaint({ properties: { a: true }, additionalProperties: false }, { 'b\u001b[2J\n': 1 })).toBe(
      'the value must NOT have additional properties: "b\\u001b[2J\\n"',
    );
    expect(complaint({ enum: ['x', 'y'] }, 'z')).toBe(
      'the value must be equal to one of the allowed values: ["x","y"]',
    );
    expect(complaint({ const: 1 }, 2)).toBe('the value must be equal to constant: 1');
    expect(complaint({ anyOf: [{ type: 'string' }, { type: 'null' }] }, 2)).toBe(
      'the value must match a schema in anyOf',
    );
    expect(complaint({ if: { type: 'object' }, then: { required: ['a'] } }, {})).toBe(
      "the value must have required property 'a'",
    );
    const long = complaint({ additionalProperties: false }, { ['x'.repeat(1000)]: 1 });
    expect(long!.length).toBeLessThan(200);
  });

  it('a whole number beyond 2^53 is compared as the number that it is', () => {
    const check = (schema: Record<string, unknown>, text: string): string | null =>
      compileJsonCheck({ json: { properties: { id: schema } } }).check(Buffer.from(text), 0);
    const message = '{"id": 12345678901234567890}';
    expect(check({ type: 'integer' }, message)).toBeNull();
    expect(check({ minimum: 9007199254740991 }, message)).toBeNull();
    expect(check({ maximum: 9007199254740991 }, message)).not.toBeNull();
    expect(check({ const: 9007199254740991 }, '{"id": 9007199254740993}')).not.toBeNull();
  });

  it('reads behind an envelope', () => {
    const check = compileJsonCheck({ json: message });
    const value = Buffer.concat([Buffer.alloc(32, 0xff), Buffer.from(JSON.stringify(good))]);
    expect(check.check(value, 32)).toBeNull();
    expect(check.check(value, 0)).toBe('not JSON: it is not UTF-8');
    expect(check.check(value.subarray(0, 32), 32)).toBe('not JSON: it is empty');
  });

  it.each([
    [null, /^not JSON: there is no value$/],
    [Buffer.alloc(0), /^not JSON: it is empty$/],
    [Buffer.from('{"id":'), /^not JSON: Unexpected end of JSON input$/],
    [Buffer.from('{\n"a": b\n}'), /^not JSON: Unexpected token [^\n]*$/],
    [Buffer.from('"\xff"', 'latin1'), /^not JSON: it is not UTF-8$/],
  ])('does not take %j for JSON', (value, reason) => {
    expect(compileJsonCheck({ json: {} }).check(value, 0)).toMatch(reason);
  });

  it('knows draft 7 by its name, else means 2020-12', () => {
    const $schema = 'http://json-schema.org/draft-07/schema#';
    const tuple = { items: [{ type: 'string' }] };
    expect(complaint({ $schema, ...tuple }, [1])).toBe('/0 must be string');
    expect(() => compileJsonCheck({ json: tuple })).toThrow('not a JSON Schema');
    expect(complaint({ prefixItems: [{ type: 'string' }] }, [1])).toBe('/0 must be string');
  });

  it('refuses what is not a JSON Schema', () => {
    expect(() => compileJsonCheck({ json: { requird: ['id'] } })).toThrow(BenchError);
    expect(() => compileJsonCheck({ json: { type: 'string', format: 'uuidd' } })).toThrow('uuidd');
    expect(() => compileJsonCheck({ json: { $async: true } })).toThrow('$async');
  });

  it('compiles a schema once, by what it says', () => {
    const again = structuredClone(message);
    expect(compileJsonCheck({ json: again })).toBe(compileJsonCheck({ json: message }));
    // Two that name themselves alike would collide in one validator.
    const named = { $id: 'https://example.org/one', type: 'string' };
    expect(complaint(named, 1)).toBe('the value must be string');
    expect(complaint({ ...named, type: 'number' }, 1)).toBeNull();
  });
});

describe('InvalidValues', () => {
  const received = (offset: number, value: unknown) => ({
    topic: 't',
    partition: 2,
    offset,
    value: Buffer.from(JSON.stringify(value)),
  });

  it('counts what was admitted, processed and does not match, and tells where', () => {
    const invalid = new InvalidValues({ json: message });
    const [valid, wrong, pending] = [received(1, good), received(2, {}), received(3, {})];
    for (const each of [valid, wrong, pending]) invalid.admit(each, 0);
    for (const each of [valid, wrong, received(4, {})]) invalid.processed(each);
    expect(invalid.count).toBe(1);
    expect(invalid.summary()).toBe(
      "1 invalid value: the value must have required property 'id' (1, first at t/2@2)",
    );
  });

  it('keeps the first few reasons, each where it was first met, and goes on counting', () => {
    const invalid = new InvalidValues({ json: { type: 'object', required: ['a', 'b', 'c', 'd'] } });
    const values = [1, {}, { a: 1 }, {}, { a: 1, b: 1 }, { a: 1, b: 1, c: 1 }, 2];
    for (const [offset, value] of values.entries()) {
      const each = received(offset, value);
      invalid.admit(each, 0);
      invalid.processed(each);
    }
    expect(invalid.count).toBe(7);
    expect(invalid.summary()).toBe(
      '7 invalid values: the value must be object (2, first at t/2@0); ' +
        "the value must have required property 'a' (2, first at t/2@1); " +
        "the value must have required property 'b' (1, first at t/2@2); other reasons (2)",
    );
  });

  it('has nothing to say when all is valid', () => {
    const invalid = new InvalidValues({ json: {} });
    const each = received(1, good);
    invalid.admit(each, 0);
    invalid.processed(each);
    expect([invalid.count, invalid.summary()]).toEqual([0, null]);
  });
});
