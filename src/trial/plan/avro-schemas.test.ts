import { afterEach, expect, test } from 'vitest';
import { startStubRegistry, type StubRegistry } from '../../workload/avro/registry.case.ts';
import { parseScenario } from '../../scenario/load.ts';
import { avroReading, prepareAvro } from './avro-schemas.ts';

const schema = { type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] };

let stub: StubRegistry | undefined;
afterEach(async () => {
  await stub?.close();
  stub = undefined;
});

/** `more` of value.avro: `, framing: bare`. */
const scenarioWith = (more: string, validate = '{ readerSchema: a.avsc }') =>
  parseScenario(
    `producers: [{ name: p, topic: t, value: { avro: { schema: a.avsc, record: { a: 1 }${more} } } }]
consumers: [{ name: c, topic: t, validate: { avro: ${validate} } }]`,
    { file: 'x.yaml', env: {}, readFile: () => JSON.stringify(schema) },
  );

const prepared = async (loaded: ReturnType<typeof scenarioWith>) => {
  const told: string[] = [];
  const avro = await prepareAvro(loaded, (line) => told.push(line));
  const { scenario } = loaded;
  return { told, avro, reading: avroReading(scenario.consumers[0]!, scenario.producers, avro) };
};

test('without a registry ids come from fingerprints, the same each time', async () => {
  const loaded = scenarioWith('');
  const { told, avro, reading } = await prepared(loaded);
  const id = avro.written.get('p')!.schemaId!;
  expect(id).toBe(Number.parseInt(loaded.avro.get('a.avsc')!.fingerprint.slice(0, 8), 16) & 0x7fffffff);
  expect(reading).toEqual({ framing: 'confluent', readerSchema: schema, writers: [{ id, schema }] });
  expect(told).toEqual([]);
});

test('with one they are the registry’s, and readers get what it has', async () => {
  stub = await startStubRegistry();
  const { told, avro, reading } = await prepared(scenarioWith(`, registry: "${stub.url}"`));
  expect(avro.written.get('p')!.schemaId).toBe(1001);
  expect(reading).toMatchObject({ writers: [{ id: 1001, schema }] });
  expect(stub.requests).toEqual(['POST /subjects/t-value/versions', 'GET /schemas/ids/1001']);
  expect(told).toEqual(['registry: a.avsc is schema 1001 of subject t-value']);
});

test('a registry that has another schema under the id is not believed', async () => {
  const other = JSON.stringify({ schema: '"int"' });
  stub = await startStubRegistry((request) =>
    request.startsWith('GET') ? { status: 200, body: other } : undefined,
  );
  await expect(prepared(scenarioWith(`, registry: "${stub.url}"`))).rejects.toThrow(
    "the registry's schema 1001 of subject t-value is another schema than the one that was registered",
  );
});

test('bare records have no id, and are read with writerSchema', async () => {
  const loaded = scenarioWith(', framing: bare', '{ readerSchema: a.avsc, writerSchema: a.avsc }');
  const { avro, reading } = await prepared(loaded);
  expect(avro.written.get('p')!.schemaId).toBeNull();
  expect(reading).toEqual({ framing: 'bare', readerSchema: schema, writers: [{ id: null, schema }] });
});
