import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type AvroReadSpec, compileReader, incompatibility } from './reader.ts';
import { compileSchema } from './schema.ts';

const record = (...fields: readonly object[]) => ({ type: 'record', name: 'R', fields });
const id = { name: 'id', type: 'int' };
const text = { name: 'text', type: ['null', 'string'], default: null };

const reader = (readerSchema: unknown, writer: unknown, framing: AvroReadSpec['framing'] = 'bare') =>
  compileReader({
    framing,
    readerSchema,
    writers: [{ id: framing === 'bare' ? null : 9, schema: writer }],
  });
const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('a reader of another version', () => {
  test.each([
    ['sees the default of a field that was added', record(id, text), record(id), '0e', { id: 7, text: null }],
    ['does not see a field that was removed', record(id), record(id, text), '0e 02 02 61', { id: 7 }],
    ['sees a wider number', record({ ...id, type: 'double' }), record(id), '0e', { id: 7 }],
    [
      'sees a field by its old name',
      record({ ...id, name: 'no', aliases: ['id'] }),
      record(id),
      '0e',
      { no: 7 },
    ],
    ['takes no heed of the order', record(text, id), record(id, text), '0e 00', { text: null, id: 7 }],
    [
      'takes a namespace for nothing',
      { ...record(id), namespace: 'new' },
      { ...record(id), namespace: 'old' },
      '0e',
      { id: 7 },
    ],
    [
      'sees the default of a symbol that it does not know',
      { type: 'enum', name: 'E', symbols: ['A', 'U'], default: 'U' },
      { type: 'enum', name: 'E', symbols: ['A', 'B'] },
      '02',
      'U',
    ],
  ])('%s', (_, read, written, hex, value) => {
    expect(reader(read, written)(bytes(hex), 0)).toEqual({ value });
  });

  test.each([
    [record(id, { name: 'new', type: 'int' }), record(id), 'no matching field for default-less R.new'],
    [record({ ...id, type: 'string' }), record(id), 'cannot read "int" as "string"'],
    ['int', ['null', 'int'], 'cannot read "null" as "int"'],
  ])('%j cannot read %j', (read, written, message) => {
    expect(incompatibility(compileSchema(written), compileSchema(read))).toContain(message);
    expect(() => reader(read, written)).toThrow(message);
  });
});

describe('what is not as its schema says', () => {
  const everything = record(
    id,
    text,
    { name: 'yes', type: 'boolean' },
    { name: 'list', type: { type: 'array', items: 'long' } },
    { name: 'map', type: { type: 'map', values: 'bytes' } },
    { name: 'enum', type: { type: 'enum', name: 'E', symbols: ['A'] } },
    { name: 'real', type: 'float' },
  );
  const good = '0e 02 02 61 01 04 02 04 00 02 02 6b 02 ff 00 00 0000c03f';

  it('is read when it is', () => {
    expect(reader(everything, everything)(bytes(good), 0)).toEqual({
      value: { id: 7, text: 'a', yes: true, list: [1, 2], map: { k: 'ÿ' }, enum: 'A', real: 1.5 },
    });
    // The same list as a block with its length in bytes in front.
    const sized = good.replace('04 02 04 00', '03 04 02 04 00');
    expect(reader(everything, everything)(bytes(sized), 0)).toHaveProperty('value.list', [1, 2]);
  });

  it.each([
    ['a length beyond the end', 'string', '7e 61', 'it ends within the record'],
    ['a negative length', 'string', '01', 'a length of -1'],
    ['what is not UTF-8', 'string', '02 ff', 'a string is not UTF-8'],
    ['a branch that is none', ['null', 'int'], '04', 'a union has no branch 2'],
    ['a symbol that is none', { type: 'enum', name: 'E', symbols: ['A'] }, '02', 'enum E has no symbol 1'],
    ['a boolean of 2', 'boolean', '02', 'byte 2 is no boolean'],
    ['an int of 33 bits', 'int', '80 80 80 80 10', 'does not fit into an int'],
    ['a number of eleven bytes', 'long', 'ff ff ff ff ff ff ff ff ff ff 01', 'more than ten bytes'],
    ['more than there should be', 'int', '0e 00', '1 bytes are left behind the record'],
    // These would keep avsc busy for hours.
    ['2^52 numbers', { type: 'array', items: 'long' }, '80 80 80 80 80 80 80 10', 'it ends within'],
    ['2^52 nulls', { type: 'array', items: 'null' }, '80 80 80 80 80 80 80 10 00', 'empty items'],
  ])('%s', (_, schema, hex, message) => {
    expect(reader(schema, schema)(bytes(hex), 0)).toEqual({
      wrong: expect.stringMatching(new RegExp(`^not as its schema says: .*${message}`)) as string,
    });
  });

  it('is each beginning of a good one', () => {
    const whole = bytes(good);
    const read = reader(everything, everything);
    for (let end = 0; end < whole.length; end++) {
      expect(read(whole.subarray(0, end), 0), `${end} bytes`).toHaveProperty('wrong');
    }
  });

  it('never throws, whatever the bytes', () => {
    const read = reader(everything, everything);
    const near = fc.tuple(fc.nat(bytes(good).length - 1), fc.nat(255)).map(([at, byte]) => {
      const changed = bytes(good);
      changed[at] = byte;
      return changed;
    });
    const any = fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each));
    fc.assert(
      fc.property(fc.oneof(near, any), (value) => {
        const found = read(value, 0);
        return 'value' in found || found.wrong.length > 0;
      }),
      { numRuns: 2000 },
    );
  });

  it('nests no deeper than the stack', () => {
    const schema = record({ name: 'next', type: ['null', 'R'] });
    expect(reader(schema, schema)(Buffer.alloc(200_000, 2), 0)).toEqual({
      wrong: 'not as its schema says: it is nested too deeply',
    });
  });
});

describe('Confluent’s frame', () => {
  const read = reader('string', 'string', 'confluent');
  test.each([
    ['00 00000009 02 61', { value: 'a' }],
    ['7b 00000009 02 61', { wrong: 'not framed: its first byte is 123, not 0' }],
    ['00 00000a09 02 61', { wrong: 'schema id 2569 is not known; known: 9' }],
    ['00 0000', { wrong: 'not framed: 3 bytes, and a magic byte and a schema id take five' }],
    ['00 00000009', { wrong: 'not as its schema says: it ends within the record' }],
  ])('%s', (hex, expected) => expect(read(bytes(hex), 0)).toEqual(expected));

  it('is read behind an envelope; nothing is not', () => {
    expect(read(bytes('ffff 00 00000009 02 61'), 2)).toEqual({ value: 'a' });
    expect(read(null, 0)).toEqual({ wrong: 'not Avro: there is no value' });
  });
});
