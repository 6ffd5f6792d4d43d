import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A registry of our own for tests: as Confluent's REST interface has it, as far as we use it. */
export interface StubRegistry {
  readonly url: string;
  /** Each request: `POST /subjects/a-value/versions`. */
  readonly requests: readonly string[];
  readonly authorizations: readonly (string | undefined)[];
  close(): Promise<void>;
}

export interface StubAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @param instead what is answered to a request instead of what a registry would */
export async function startStubRegistry(
  instead: (request: string) => StubAnswer | undefined = () => undefined,
): Promise<StubRegistry> {
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const schemas: string[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const line = `${request.method} ${request.url}`;
      requests.push(line);
      authorizations.push(request.headers.authorization);
      const { status, body: answer, headers } = instead(line) ?? answered(line, body, schemas);
      response.writeHead(status, headers).end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    authorizations,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Ids from 1001 on, the same for the same text. */
function answered(line: string, body: string, schemas: string[]): StubAnswer {
  if (/^POST \/subjects\/[^/]+\/versions$/.test(line)) {
    const { schema } = JSON.parse(body) as { schema: string };
    if (!schemas.includes(schema)) schemas.push(schema);
    return { status: 200, body: JSON.stringify({ id: 1001 + schemas.indexOf(schema) }) };
  }
  const id = /^GET \/schemas\/ids\/(\d+)$/.exec(line)?.[1];
  const schema = schemas[Number(id) - 1001];
  if (schema !== undefined) return { status: 200, body: JSON.stringify({ schema }) };
  return { status: 404, body: JSON.stringify({ error_code: 40403, message: 'Schema not found' }) };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
