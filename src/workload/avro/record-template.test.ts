import { describe, expect, test } from 'vitest';
import { compileRecord, RecordMismatch, typicalText } from './record-template.ts';
import { compileSchema } from './schema.ts';

/** `${seq}` alone is filled in. */
const texts = (template: string) => (index: number) =>
  typicalText(template.replaceAll('${seq}', String(index)));

const made = (schema: unknown, template: unknown, index = 7): unknown =>
  compileRecord(compileSchema(schema).shape, template, texts).at(index);

function refusal(schema: unknown, template: unknown): string {
  try {
    made(schema, template);
  } catch (error) {
    if (error instanceof RecordMismatch) return `${error.path.join('.')}: ${error.message}`;
    throw error;
  }
  return 'nothing';
}

const logical = (type: unknown, logicalType: string, more = {}) => ({ type, logicalType, ...more });
const fixed = (size: number, more = {}) => ({ type: 'fixed', name: 'F', size, ...more });

describe('texts become what the schema says', () => {
  test.each([
    ['int', '${seq}', 7],
    ['long', '1${seq}', 17],
    ['long', 7, 7],
    ['double', '${seq}.25', 7.25],
    ['float', '-1e3', -1000],
    ['double', 'NaN', NaN],
    ['boolean', 'true', true],
    ['boolean', false, false],
    ['null', null, null],
    ['string', '${seq}', '7'],
    ['bytes', 'ü', Buffer.from([0xc3, 0xbc])],
    [fixed(3), 'ab${seq}', Buffer.from('ab7')],
    [{ type: 'enum', name: 'E', symbols: ['S7', 'S1'] }, 'S${seq}', 'S7'],
    [{ type: 'array', items: 'int' }, ['1', '${seq}'], [1, 7]],
    [{ type: 'map', values: 'int' }, { a: '${seq}' }, { a: 7 }],
    [logical('int', 'date'), '2026-01-02', 20_455],
    [logical('int', 'date'), '${now}', 20_455],
    [logical('int', 'date'), '${seq}', 7],
    [logical('int', 'time-millis'), '00:00:01.5', 1500],
    [logical('long', 'time-micros'), '00:00:01.000007', 1_000_007],
    [logical('long', 'timestamp-millis'), '${now}', 1_767_323_045_678],
    [logical('long', 'timestamp-micros'), '1970-01-01T00:00:00.0000019Z', 1],
    [logical('long', 'timestamp-millis'), '1970-01-01T01:00:01+01:00', 1000],
    [logical('long', 'timestamp-millis'), '1969-12-31T23:59:59.9999Z', -1],
    [logical('long', 'local-timestamp-millis'), '1970-01-01T01:00:00+05:00', 3_600_000],
    [logical('string', 'uuid'), '${uuid}', '9f1c2b3a-4d5e-4f60-8a7b-0c1d2e3f4a5b'],
    [fixed(16, { logicalType: 'uuid' }), '${uuid}', Buffer.from('9f1c2b3a4d5e4f608a7b0c1d2e3f4a5b', 'hex')],
    [logical('bytes', 'decimal', { precision: 4, scale: 2 }), '1.${seq}', Buffer.from([0, 170])],
    [logical('bytes', 'decimal', { precision: 4 }), -128, Buffer.from([0x80])],
    [fixed(3, { logicalType: 'decimal', precision: 6 }), '-2', Buffer.from([0xff, 0xff, 0xfe])],
    // What nobody knows is the type beneath.
    [logical('string', 'colour'), 'red', 'red'],
  ])('%j of %j', (schema, template, value) => {
    expect(made(schema, template)).toEqual(value);
  });

  test('one object for all messages, in which only what changes changes', () => {
    const schema = { type: 'record', name: 'R', fields: [field('a', 'int'), field('b', 'string')] };
    const record = compileRecord(compileSchema(schema).shape, { a: '${seq}', b: 'x' }, texts);
    expect(record.at(1)).toEqual({ a: 1, b: 'x' });
    expect(record.at(2)).toBe(record.at(3));
    expect(record.at(3)).toEqual({ a: 3, b: 'x' });
  });

  test('what a record leaves out has its default', () => {
    const schema = { type: 'record', name: 'R', fields: [field('a', 'int'), field('b', 'string', 'none')] };
    expect(made(schema, { a: 1 })).toEqual({ a: 1, b: 'none' });
  });
});

describe('a union takes the first branch that fits, or the one that is named', () => {
  test.each([
    [['null', 'string'], null, null],
    [['null', 'string'], 'a', { string: 'a' }],
    [['null', 'int', 'string'], '${seq}', { int: 7 }],
    [['null', 'int', 'string'], 'a${seq}', { string: 'a7' }],
    [['null', 'string', 'int'], '${seq}', { string: '7' }],
    [['null', 'string', 'int'], { int: '${seq}' }, { int: 7 }],
    [['null', { type: 'map', values: 'int' }], { int: '1' }, { map: { int: 1 } }],
  ])('%j of %j', (schema, template, value) => expect(made(schema, template)).toEqual(value));
});

describe('what does not fit is told with its place', () => {
  const record = {
    type: 'record',
    name: 'R',
    fields: [field('number', 'int'), field('list', { type: 'array', items: ['null', 'long'] }, [])],
  };
  test.each([
    ['int', '2147483648', ': 2147483648 does not fit: int goes to 32 bits'],
    ['long', '9007199254740991', ': 9007199254740991 does not fit: long goes to 9007199254740990'],
    ['long', '12345678901234567890', ': 12345678901234567890 does not fit: long goes to 9007199254740990'],
    ['long', '-9007199254740993', ': -9007199254740993 does not fit: long goes to 9007199254740990'],
    ['long', '9007199254740989.4', ': 9007199254740989.4 is no long'],
    ['double', '1e400', ': 1e400 is beyond what a double holds'],
    ['int', '1.5', ': 1.5 is no int'],
    ['int', 'message ${seq}', ': "message 1" is no int'],
    ['string', 7, ': 7 is no string; put it in quotes'],
    ['boolean', 'yes', ': "yes" is no boolean'],
    [fixed(4), 'abc', ': "abc" has 3 bytes, not 4'],
    [{ type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'C', ': "C" is none of A, B'],
    [logical('int', 'date'), '2026-13-01', ': "2026-13-01" is no int'],
    [logical('string', 'uuid'), '${seq}', ': "1" is no UUID'],
    [logical('bytes', 'decimal', { precision: 4, scale: 2 }), '1.234', ': "1.234" has more than 2'],
    [logical('bytes', 'decimal', { precision: 4, scale: 2 }), '123', ': "123" has more than 4 digits'],
    [record, { number: 'x' }, 'number: "x" is no int'],
    [record, {}, ': field number of record R is missing and has no default'],
    [record, { number: 1, lists: [] }, 'lists: record R has no field lists; did you mean list?'],
    [record, { number: 1, list: ['1', 'x'] }, 'list.1: "x" is no long'],
    [record, [], ': a list is no record R'],
    [['int', 'boolean'], 'x', ': "x" fits none of the union\'s int, boolean'],
    [['null', { type: 'map', values: 'int' }], { map: { a: 'x' } }, 'map.a: "x" is no int'],
  ])('%j of %j', (schema, template, message) => expect(refusal(schema, template)).toContain(message));

  test('also where a later message is the first that does not', () => {
    expect(() => made('int', '2147483${seq}', 99999)).toThrow('does not fit');
  });
});

function field(name: string, type: unknown, value?: unknown) {
  return { name, type, ...(value === undefined ? {} : { default: value }) };
}
