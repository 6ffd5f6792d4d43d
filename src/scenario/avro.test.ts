import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { loadScenario, parseScenario } from './load.ts';
import { ScenarioError } from './problem.ts';
import { parseSetting } from './settings.ts';

const order = (...fields: readonly object[]) => ({
  type: 'record',
  name: 'Order',
  fields: [{ name: 'id', type: 'int' }, ...fields],
});
const files: Record<string, unknown> = {
  'order.avsc': order(),
  'later.avsc': order({ name: 'note', type: 'string', default: '' }),
  'stricter.avsc': order({ name: 'note', type: 'string' }),
  'broken.avsc': '{ "type": "record", }',
  'odd.avsc': { type: 'recrd' },
};

const scenario = (avro: string, validate = '{ readerSchema: order.avsc }', more = '') =>
  `producers:
  - { name: p, topic: t, value: { avro: ${avro} } }
consumers:
  - { name: c, topic: t, validate: { avro: ${validate} } }
${more}`;
const good = '{ schema: order.avsc, record: { id: "${seq}" } }';

function load(text: string, of = files) {
  return parseScenario(text, {
    file: 'x.yaml',
    env: {},
    readFile: (path) => {
      const file = of[path];
      if (file === undefined) throw new Error('no such file (paths are relative to the scenario)');
      return typeof file === 'string' ? file : JSON.stringify(file);
    },
  });
}

function problems(text: string): string[] {
  try {
    load(text);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ line, column, message, source = '' }) => {
      // The word that the caret points at tells more than a column.
      return `${line} at ${source.slice(column - 1).split(/[ ,}]/)[0]}: ${message}`;
    });
  }
  return [];
}

describe('what cannot work is told before the run, with its place', () => {
  test.each([
    [good, undefined],
    [
      '{ schema: none.avsc, record: {} }',
      '2 at none.avsc: p: none.avsc: no such file (paths are relative to the scenario)',
    ],
    [
      '{ schema: broken.avsc, record: {} }',
      '2 at broken.avsc: p: broken.avsc is not JSON from line 1, column 21 on',
    ],
    [
      '{ schema: odd.avsc, record: {} }',
      '2 at odd.avsc: p: odd.avsc is no Avro schema: unknown type: "recrd"',
    ],
    ['{ schema: order.avsc, record: { id: x } }', '2 at x: p: id: "x" is no int'],
    ['{ schema: order.avsc, record: { id: "${uuid}" } }', /^2 at "\$\{uuid: p: id: "9f1c.*" is no int$/],
    [
      '{ schema: order.avsc, record: {} }',
      '2 at {: p: the record: field id of record Order is missing and has no default',
    ],
    [
      '{ schema: order.avsc, record: { ids: 1 } }',
      '2 at ids:: p: ids: record Order has no field ids; did you mean id?',
    ],
    [
      '{ schema: order.avsc, record: { id: "${random:int:0:4000000000}" } }',
      '2 at "${random:int:0:4000000000: p: id: 4000000000 does not fit: int goes to 32 bits',
    ],
    [
      '{ schema: order.avsc, record: { id: 1 }, framing: bare, registry: "http://a" }',
      /^2 at registry:: p: a registry gives the id that framing: bare leaves out/,
    ],
    [
      '{ schema: order.avsc, record: { id: 1 }, registry: "ftp://me:secret@a" }',
      '2 at "ftp://me:[redacted]@a": value.avro.registry: expected a URL such as http://localhost:8081',
    ],
  ])('%s', (avro, problem) => {
    const found = problems(scenario(avro)).filter((each) => each.startsWith('2 '));
    expect(found).toEqual(problem === undefined ? [] : [expect.stringMatching(toPattern(problem))]);
  });

  test.each([
    [good, '{ readerSchema: later.avsc }', undefined],
    [
      good,
      '{ readerSchema: stricter.avsc }',
      '4 at stricter.avsc: c: stricter.avsc cannot read what is written with order.avsc: no matching field for default-less Order.note',
    ],
    [
      good,
      '{ readerSchema: none.avsc }',
      '4 at none.avsc: c: none.avsc: no such file (paths are relative to the scenario)',
    ],
    [
      good,
      '{ readerSchema: order.avsc, writerSchema: order.avsc }',
      /^4 at writerSchema:: c: p writes framed records, which say their schema/,
    ],
    [
      '{ schema: order.avsc, record: { id: 1 }, framing: bare }',
      '{ readerSchema: order.avsc }',
      /^4 at avro:: c: p writes bare records, which do not say their schema/,
    ],
    [
      '{ schema: order.avsc, record: { id: 1 }, framing: bare }',
      '{ readerSchema: stricter.avsc, writerSchema: order.avsc }',
      /^4 at stricter.avsc: c: stricter.avsc cannot read what is written with order.avsc/,
    ],
  ])('%s read with %s', (avro, validate, problem) => {
    const found = problems(scenario(avro, validate)).filter((each) => each.startsWith('4 '));
    expect(found).toEqual(problem === undefined ? [] : [expect.stringMatching(toPattern(problem))]);
  });

  it('does not mix the ids of registries', () => {
    const other = `  - { name: q, topic: t, value: { avro: ${good.replace(' }', ' }, registry: "http://a"')} } }`;
    expect(problems(scenario(good).replace('consumers:', `${other}\nconsumers:`))).toEqual([
      expect.stringMatching(/^5 at avro:: c: p, q take their schema ids from different places/),
    ]);
  });

  it('knows that values are validated', () => {
    expect(problems(scenario(good, undefined, 'expect: { c.invalid: 0 }'))).toEqual([]);
    expect(problems(scenario(good).replace('value:', 'envelope: none, value:'))).toEqual([
      expect.stringContaining('c: validate.avro would check nothing'),
    ]);
  });

  it('warns of messages that are not Avro', () => {
    const json = '  - { name: q, topic: t, value: { json: { id: 1 } } }\nconsumers:';
    const { warnings } = load(scenario(good).replace('consumers:', json));
    expect(warnings).toContainEqual({
      code: 'not-avro',
      message: 'c: messages of q are not Avro and will be counted as invalid',
    });
  });
});

describe('a changed schema is a changed scenario', () => {
  const shaOf = (schema: unknown) => load(scenario(good), { 'order.avsc': schema }).sha256;

  it('whether a field, its default or its logical type has changed; not for what people read', () => {
    const note = { name: 'note', type: 'string', default: '' };
    const shas = [
      order(),
      order(note),
      order({ ...note, default: 'x' }),
      order({ ...note, type: { type: 'string', logicalType: 'uuid' } }),
    ].map(shaOf);
    expect(new Set(shas).size).toBe(4);
    expect(shaOf({ ...order(), doc: 'An order.' })).toBe(shas[0]);
  });

  it('and the result keeps schema and fingerprint', () => {
    const { resolved, avro } = load(scenario(good));
    const { fingerprint } = avro.get('order.avsc')!;
    expect(resolved).toMatchObject({ avroFiles: { 'order.avsc': { fingerprint, schema: order() } } });
  });
});

test('a registry’s credentials are in the scenario, and nowhere else', () => {
  const text = scenario('{ schema: order.avsc, record: { id: 1 }, registry: "http://me:s%65cret@a:1/b" }');
  const { resolved, secrets, scenario: loaded } = load(text);
  expect(loaded.producers[0]!.value).toMatchObject({ registry: 'http://me:s%65cret@a:1/b' });
  expect(JSON.stringify(resolved)).toContain('"http://[redacted]@a:1/b"');
  expect(secrets).toEqual(expect.arrayContaining(['s%65cret', 'secret']));
  try {
    load(text.replace('order.avsc', 'none.avsc'));
  } catch (error) {
    expect((error as Error).message).toContain('none.avsc');
    expect((error as Error).message).not.toMatch(/cret/);
  }
});

describe('scenarios/avro-evolution.yaml', () => {
  const file = join(import.meta.dirname, '../../scenarios/avro-evolution.yaml');
  const withReader = (schema: string) =>
    loadScenario(file, {
      env: {},
      settings: [parseSetting(`consumers.billing.validate.avro.readerSchema=${schema}`)],
    });

  it('is refused when the new field has no default', async () => {
    await expect(withReader('schemas/order-v2-without-default.avsc')).rejects.toThrow(
      'cannot read what is written with schemas/order-v1.avsc: no matching field for default-less bench.kafka.Order.currency',
    );
  });

  it('is refused when the old version should read the new one', async () => {
    await expect(withReader('schemas/order-v1.avsc')).rejects.toThrow(
      'cannot read what is written with schemas/order-v2.avsc',
    );
  });
});

function toPattern(problem: string | RegExp): RegExp {
  return typeof problem === 'string'
    ? new RegExp(`^${problem.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`)
    : problem;
}
