import { BenchError, messageOf } from '../base/errors.ts';
import { oneLine } from './schema.ts';

const mediaType = 'application/vnd.schemaregistry.v1+json';
const timeoutMillis = 10_000;

/**
 * What kafka-bench asks of a schema registry that speaks Confluent's REST interface. A user and password in the URL
 * become an Authorization header and appear in no message.
 */
export class SchemaRegistry {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param url `http://host:8081`, a path and `user:password@` allowed */
  constructor(url: string) {
    const { origin, pathname, username, password } = new URL(url);
    this.#base = origin + pathname.replace(/\/+$/, '');
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.#headers = {
      accept: mediaType,
      'content-type': mediaType,
      ...(username === '' && password === ''
        ? {}
        : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
    };
  }

  /**
   * The id of a schema, registered under a subject if it is not there yet.
   * @throws BenchError `scenario` where the registry refuses the schema, else `setup`
   */
  async register(subject: string, schema: unknown, stop?: AbortSignal): Promise<number> {
    const answer = await this.#ask('POST', `/subjects/${encodeURIComponent(subject)}/versions`, stop, {
      schema: JSON.stringify(schema),
    });
    const id = field(answer, 'id');
    if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < 2 ** 32) return id;
    throw this.#odd('registering gave no schema id');
  }

  /** The Avro schema with this id, as JSON. @throws BenchError `setup` */
  async schema(id: number, stop?: AbortSignal): Promise<unknown> {
    const answer = await this.#ask('GET', `/schemas/ids/${id}`, stop);
    const type = field(answer, 'schemaType') ?? 'AVRO';
    const text = field(answer, 'schema');
    if (type !== 'AVRO') throw this.#odd(`schema ${id} is no Avro schema but ${show(type)}`);
    if (typeof text !== 'string') throw this.#odd(`schema ${id} came without its text`);
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw this.#odd(`schema ${id} is not JSON`);
    }
  }

  async #ask(method: 'GET' | 'POST', path: string, stop?: AbortSignal, body?: unknown): Promise<unknown> {
    const limit = AbortSignal.timeout(timeoutMillis);
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.#base + path, {
        method,
        headers: this.#headers,
        redirect: 'manual',
        signal: stop === undefined ? limit : AbortSignal.any([stop, limit]),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (error) {
      if (stop?.aborted === true)
        throw new BenchError('interrupted', 'interrupted while the schema registry was asked');
      throw this.#unreachable(error, limit.aborted);
    }
    if (!response.ok) throw this.#refusal(response.status, text, method, path);
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw this.#odd('the answer is not JSON', error);
    }
  }

  #unreachable(error: unknown, late: boolean): BenchError {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = field(cause, 'code');
    const why = late
      ? `no answer within ${timeoutMillis / 1000} s`
      : typeof code === 'string'
        ? code
        : messageOf(cause);
    return new BenchError(
      'setup',
      `the schema registry at ${this.#base} cannot be reached: ${oneLine(why)}`,
      {
        hint: 'check value.avro.registry and that it runs; without the key, schema ids are derived and no registry is needed',
      },
    );
  }

  #refusal(status: number, text: string, method: string, path: string): BenchError {
    const said = messageIn(text);
    const what = `the schema registry at ${this.#base} refused ${method} ${path}: ${status}${said === '' ? '' : `, ${said}`}`;
    const [code, hint] = refusals[status] ?? (['setup', 'its log may say more'] as const);
    return new BenchError(code, what, { hint });
  }

  #odd(message: string, cause?: unknown): BenchError {
    return new BenchError('setup', `the schema registry at ${this.#base}: ${message}`, {
      hint: 'value.avro.registry must be the root of a registry that speaks Confluent’s REST interface',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

const credentials = [
  'setup',
  'write its user and password into the URL: http://${env:REGISTRY_USER}:${env:REGISTRY_PASSWORD}@host:8081',
] as const;
const refusals: Readonly<Record<number, readonly ['setup' | 'scenario', string]>> = {
  401: credentials,
  403: credentials,
  404: [
    'setup',
    'value.avro.registry must be the root of the registry, and the schema must not have been deleted',
  ],
  409: [
    'scenario',
    'the subject holds an earlier schema that this one is not compatible with: change the schema, or the compatibility level of the subject',
  ],
  422: ['scenario', 'the registry does not take it for an Avro schema'],
};

/** The `message` of a registry's answer, on one line. */
function messageIn(text: string): string {
  try {
    const message = field(JSON.parse(text), 'message');
    return typeof message === 'string' ? oneLine(message) : '';
  } catch {
    return '';
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

const show = (value: unknown): string => oneLine(String(value)).slice(0, 40);
