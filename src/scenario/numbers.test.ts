import { describe, expect, it } from 'vitest';
import { type LoadedScenario, parseScenario } from './load.ts';
import { ScenarioError } from './problem.ts';

const avsc = JSON.stringify({
  type: 'record',
  name: 'r',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'part', type: 'double', default: 0 },
    { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 25, scale: 2 }, default: '0' },
  ],
});

const load = (text: string): LoadedScenario =>
  parseScenario(text, { file: 'x.yaml', env: { ID: '12345678901234567890' }, readFile: () => avsc });

function refusal(text: string): string {
  try {
    load(text);
    return '';
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`).join('\n');
  }
}

const sending = (json: string): string => `producers: [{ name: w, topic: t, value: { json: ${json} } }]\n`;
const templateOf = (json: string): unknown => {
  const { value } = load(sending(json)).scenario.producers[0]!;
  return value.kind === 'json' ? value.template : undefined;
};

describe('numbers of a JSON value', () => {
  it.each([
    ['{ id: 9007199254740991 }', '{"id":9007199254740991}'],
    ['{ id: 1e20 }', '{"id":100000000000000000000}'],
    ['{ id: -1.50 }', '{"id":-1.5}'],
    ['{ id: "12345678901234567890" }', '{"id":"12345678901234567890"}'],
    ['{ 12345678901234567890: id }', '{"12345678901234567890":"id"}'],
    [`'{"id": 12345678901234567890}'`, '{"id": 12345678901234567890}'],
    [`'{"id": \${env:ID}}'`, '{"id": 12345678901234567890}'],
  ])('%s is sent as it stands', (json, template) => {
    expect(templateOf(json)).toBe(template);
  });

  it.each([
    ['{ id: 12345678901234567890 }', '1:55 12345678901234567890 would become 12345678901234567000'],
    ['{ id: 9007199254740993 }', '9007199254740993 would become 9007199254740992'],
    ['{ id: [1152921504606846976] }', '1152921504606846976 would become 1152921504606847000'],
    ['{ id: 0xFFFFFFFFFFFFFFFF }', '0xFFFFFFFFFFFFFFFF would become 18446744073709552000'],
    ['{ id: 0.1234567890123456789 }', '0.1234567890123456789 would become 0.12345678901234568'],
    ['{ id: 1e400 }', '1e400 has no place in JSON'],
    ['{ id: .inf }', '.inf has no place in JSON'],
    ['{ id: .nan }', '.nan has no place in JSON'],
  ])('%s is refused', (json, says) => {
    expect(refusal(sending(json))).toContain(says);
    expect(refusal(sending(json))).toContain('write value.json as text, which is sent as it stands');
  });
});

describe('numbers of a schema', () => {
  const reading = (validate: string): string =>
    `${sending(`'{"id": 12345678901234567890}'`)}consumers: [{ name: r, topic: t, validate: { json: ${validate} } }]\n`;

  it.each([['{ properties: { id: { const: 9007199254740993 } } }'], ['{ enum: [12345678901234567890] }']])(
    '%s is refused where it changes',
    (schema) => {
      expect(refusal(reading(schema))).toMatch(/^2:\d+ \d+ would become \d+: JSON Schema is checked/);
      const own = `producers: [{ name: w, topic: t, value: { json: { id: 1 }, schema: ${schema} } }]`;
      expect(refusal(own)).toMatch(/^1:\d+ \d+ would become \d+: JSON Schema is checked/m);
    },
  );

  it('a check that would have to know the digits is refused; others come out right', () => {
    const message = 'cannot be checked of 12345678901234567890, which w sends';
    expect(refusal(reading('{ properties: { id: { multipleOf: 10 } } }'))).toContain(
      `r: multipleOf ${message}`,
    );
    expect(refusal(reading('{ properties: { id: { uniqueItems: true } } }'))).toContain(
      `r: uniqueItems ${message}`,
    );
    expect(refusal(reading('{ id: integer }'))).toBe('');
    expect(refusal(reading('{ properties: { id: { type: integer, minimum: 9007199254740991 } } }'))).toBe('');
  });
});

describe('numbers of an Avro record', () => {
  const record = (fields: string): string =>
    refusal(`producers: [{ name: w, topic: t, value: { avro: { schema: r.avsc, record: { ${fields} } } } }]`);

  it.each([
    ['id: 9007199254740993', '9007199254740993 would become 9007199254740992: put it in quotes'],
    ['id: "9007199254740993"', 'id: 9007199254740993 does not fit: long goes to 9007199254740990'],
    ['id: "12345678901234567890"', 'id: 12345678901234567890 does not fit: long goes to 9007199254740990'],
    [
      'id: 1, price: 12345678901234567.89',
      '12345678901234567.89 would become 12345678901234568: put it in quotes',
    ],
  ])('%s is refused', (fields, says) => {
    expect(record(fields)).toContain(says);
  });

  it.each([['id: 9007199254740990'], ['id: 1, price: "12345678901234567.89"'], ['id: 1, part: .inf']])(
    '%s is kept',
    (fields) => {
      expect(record(fields)).toBe('');
    },
  );
});

describe('numbers elsewhere', () => {
  it('keys, headers and properties keep their digits', () => {
    const { producers } = load(
      'producers: [{ name: w, topic: t, key: { fixed: 12345678901234567890 }, headers: { a: 9007199254740993 }, client: { client.id: 12345678901234567890 } }]',
    ).scenario;
    expect(producers[0]).toMatchObject({
      key: { text: '12345678901234567890' },
      headers: { a: '9007199254740993' },
      client: { 'client.id': '12345678901234567890' },
    });
  });

  it.each([
    ['seed: 12345678901234567890'],
    ['seed: 9007199254740992'],
    ['producers: [{ name: w, topic: t, messages: 9007199254740993 }]'],
    ['producers: [{ name: w, topic: t, key: { uniform: 12345678901234567890 } }]'],
    ['producers: [{ name: w, topic: t, value: { bytes: 12345678901234567890 } }]'],
  ])('%s is refused', (text) => {
    expect(refusal(`${text}\n`)).toMatch(/expected a (whole number|size)/);
  });
});
