import { afterEach, describe, expect, it, test } from 'vitest';
import { BenchError } from '../../base/errors.ts';
import { startStubRegistry, type StubAnswer, type StubRegistry } from './registry.case.ts';
import { SchemaRegistry } from './registry.ts';

let stub: StubRegistry | undefined;
afterEach(async () => {
  await stub?.close();
  stub = undefined;
});

async function clientOf(instead?: (request: string) => StubAnswer | undefined): Promise<SchemaRegistry> {
  stub = await startStubRegistry(instead);
  return new SchemaRegistry(stub.url, { pauses: [0, 0] });
}

async function failure(attempt: Promise<unknown>): Promise<BenchError> {
  const error: unknown = await attempt.then(
    () => new Error('it worked'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof BenchError)) throw error;
  return error;
}

describe('SchemaRegistry', () => {
  it('registers, and reads back', async () => {
    const client = await clientOf();
    const schema = { type: 'array', items: 'int' };
    expect(await client.register('a/b-value', schema)).toBe(1001);
    expect(await client.register('c-value', 'int')).toBe(1002);
    expect(await client.register('a/b-value', schema)).toBe(1001);
    expect(await client.schema(1001)).toEqual(schema);
    expect(stub!.requests).toEqual([
      'POST /subjects/a%2Fb-value/versions',
      'POST /subjects/c-value/versions',
      'POST /subjects/a%2Fb-value/versions',
      'GET /schemas/ids/1001',
    ]);
    expect(stub!.authorizations).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('takes a path and credentials from the URL, and tells neither password nor user', async () => {
    stub = await startStubRegistry((request) =>
      request.startsWith('GET') ? { status: 401, body: '' } : { status: 200, body: '{"id":3}' },
    );
    const client = new SchemaRegistry(`${stub.url.replace('//', '//some%40one:s%3Acret@')}/registry/`);
    expect(await client.register('t-value', 'int')).toBe(3);
    expect(stub.requests).toEqual(['POST /registry/subjects/t-value/versions']);
    expect(stub.authorizations).toEqual([`Basic ${Buffer.from('some@one:s:cret').toString('base64')}`]);
    const { message, hint } = await failure(client.schema(3));
    expect(`${message} ${hint}`).not.toMatch(/cret|some/);
    expect(message).toBe(`the schema registry at ${stub.url}/registry refused GET /schemas/ids/3: 401`);
    expect(hint).toContain('${env:REGISTRY_PASSWORD}');
  });

  test.each([
    [401, 'setup', 'user and password'],
    [404, 'setup', 'root of the registry'],
    [409, 'scenario', 'not compatible'],
    [422, 'scenario', 'does not take it'],
    [500, 'setup', 'its log'],
  ])('a refusal with %d is a %s error', async (status, code, hint) => {
    const message = 'says\nwhy';
    const client = await clientOf(() => ({ status, body: JSON.stringify({ error_code: 1, message }) }));
    const error = await failure(client.register('t-value', 'int'));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(
      new RegExp(`refused POST /subjects/t-value/versions: ${status}, says why$`),
    );
    expect(error.hint).toContain(hint);
  });

  it('says what it has not got', async () => {
    const client = await clientOf();
    expect((await failure(client.schema(7))).message).toMatch(/404, Schema not found$/);
  });

  test.each([
    [{ status: 200, body: 'hello' }, 'the answer is not JSON'],
    [{ status: 200, body: '{}' }, 'registering gave no schema id'],
    [{ status: 200, body: '{"id":"7"}' }, 'registering gave no schema id'],
    [{ status: 303, body: '', headers: { location: '/elsewhere' } }, 'refused POST .*: 303$'],
    [{ status: 302, body: '' }, 'refused POST .*: 302$'],
  ])('takes %j for no answer to a registration', async (answer, message) => {
    const error = await failure((await clientOf(() => answer)).register('t-value', 'int'));
    expect(error.message).toMatch(new RegExp(message));
  });

  test.each([
    ['{"schema":"{}","schemaType":"PROTOBUF"}', 'is no Avro schema but PROTOBUF'],
    ['{"id":7}', 'came without its text'],
    ['{"schema":"{"}', 'is not JSON'],
  ])('takes %s for no schema', async (body, message) => {
    const error = await failure((await clientOf(() => ({ status: 200, body }))).schema(7));
    expect(error.message).toContain(`schema 7 ${message}`);
  });

  describe('redirections', () => {
    const moved = (status: number) => (request: string) =>
      request.includes('/new/')
        ? { status: 200, body: '{"id":3}' }
        : { status, body: '', headers: { location: `/new${request.split(' ')[1]}` } };

    test.each([301, 302, 307, 308])('%d is followed, a POST as a POST', async (status) => {
      const client = await clientOf(moved(status));
      expect(await client.register('t-value', 'int')).toBe(3);
      expect(stub!.requests).toEqual([
        'POST /subjects/t-value/versions',
        'POST /new/subjects/t-value/versions',
      ]);
    });

    test('that go round in a circle end', async () => {
      const client = await clientOf(() => ({ status: 301, body: '', headers: { location: '/round' } }));
      expect((await failure(client.schema(1))).message).toMatch(/refused GET \/schemas\/ids\/1: 301$/);
      expect(stub!.requests).toHaveLength(6);
    });

    test('take credentials along on their host, and nowhere else', async () => {
      stub = await startStubRegistry(moved(301));
      const url = stub.url.replace('//', '//one:secret@');
      expect(await new SchemaRegistry(url).register('t-value', 'int')).toBe(3);
      expect(new Set(stub.authorizations).size).toBe(1);
      await stub.close();

      stub = await startStubRegistry(() => ({
        ...{ status: 301, body: '' },
        headers: { location: 'https://other.example/subjects' },
      }));
      const error = await failure(
        new SchemaRegistry(stub.url.replace('//', '//one:secret@')).register('t-value', 'int'),
      );
      expect(error.message).toMatch(/sends its callers on to https:\/\/other.example\/subjects$/);
      expect(`${error.message} ${error.hint}`).not.toContain('secret');
    });
  });

  test.each([429, 502, 503, 504])('a single %d is asked again', async (status) => {
    let answers = 0;
    const client = await clientOf(() => (answers++ === 0 ? { status, body: '' } : undefined));
    expect(await client.register('t-value', 'int')).toBe(1001);
    expect(stub!.requests).toHaveLength(2);
  });

  test('a 503 that stays is told', async () => {
    const client = await clientOf(() => ({ status: 503, body: '' }));
    const error = await failure(client.register('t-value', 'int'));
    expect(error.message).toMatch(/refused POST .*: 503$/);
    expect(stub!.requests).toHaveLength(3);
  });

  it('says why nobody answers', async () => {
    await clientOf();
    const { url } = stub!;
    await stub!.close();
    const { code, message, hint } = await failure(new SchemaRegistry(url).register('t-value', 'int'));
    expect([code, message]).toEqual([
      'setup',
      `the schema registry at ${url} cannot be reached: ECONNREFUSED`,
    ]);
    expect(hint).toContain('value.avro.registry');
  });

  it('ends when the run is interrupted', async () => {
    const client = await clientOf();
    const { code } = await failure(client.register('t-value', 'int', AbortSignal.abort()));
    expect(code).toBe('interrupted');
  });
});
