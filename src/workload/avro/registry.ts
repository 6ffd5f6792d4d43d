import { sleep } from '../../base/clock.ts';
import { BenchError, messageOf } from '../../base/errors.ts';
import { oneLine } from './schema.ts';

const mediaType = 'application/vnd.schemaregistry.v1+json';
const timeoutMillis = 10_000;
/** Of a registry that is starting, or behind a proxy that has lost it for a moment: asked again after these. */
const pausesMillis = [250, 1000, 3000] as const;
const passing: readonly number[] = [429, 502, 503, 504];
const redirects: readonly number[] = [301, 302, 307, 308];
const mostRedirects = 5;

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string | undefined;
}

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly text: string;
}

/**
 * What kafka-bench asks of a schema registry that speaks Confluent's REST interface. A user and password in the URL
 * become an Authorization header and appear in no message.
 */
export class SchemaRegistry {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #pauses: readonly number[];

  /** @param url `http://host:8081`, a path and `user:password@` allowed */
  constructor(url: string, { pauses = pausesMillis }: { readonly pauses?: readonly number[] } = {}) {
    this.#pauses = pauses;
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
    const request = { method, path, body: body === undefined ? undefined : JSON.stringify(body) };
    let answer = await this.#send(request, stop);
    // Registering twice gives the same id, so that every request may be repeated.
    for (const pause of this.#pauses) {
      if (!passing.includes(answer.status)) break;
      await sleep(pause, stop);
      answer = await this.#send(request, stop);
    }
    const { ok, status, text } = answer;
    if (!ok) throw this.#refusal(status, text, method, path);
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw this.#odd('the answer is not JSON', error);
    }
  }

  /**
   * Follows redirections with the same method and body: `fetch` would make a GET of a POST. Credentials go to the host
   * that they were given for, and never from TLS to plain text.
   */
  async #send(request: Request, stop: AbortSignal | undefined): Promise<Answer> {
    let url = new URL(this.#base + request.path);
    for (let hops = 0; ; hops++) {
      const { headers, ...answer } = await this.#fetch(url, request, stop);
      const location = redirects.includes(answer.status) ? headers.get('location') : null;
      if (location === null || hops === mostRedirects) return answer;
      const next = new URL(location, url);
      const isSame =
        next.hostname === url.hostname && !(url.protocol === 'https:' && next.protocol === 'http:');
      if ('authorization' in this.#headers && !isSame) throw this.#elsewhere(next);
      url = next;
    }
  }

  async #fetch(
    url: URL,
    { method, body }: Request,
    stop: AbortSignal | undefined,
  ): Promise<Answer & { readonly headers: Headers }> {
    const limit = AbortSignal.timeout(timeoutMillis);
    try {
      const response = await fetch(url, {
        method,
        headers: this.#headers,
        redirect: 'manual',
        signal: stop === undefined ? limit : AbortSignal.any([stop, limit]),
        ...(body === undefined ? {} : { body }),
      });
      const { ok, status, headers } = response;
      return { ok, status, headers, text: await response.text() };
    } catch (error) {
      if (stop?.aborted === true)
        throw new BenchError('interrupted', 'interrupted while the schema registry was asked');
      throw this.#unreachable(error, limit.aborted);
    }
  }

  #elsewhere({ protocol, host, pathname }: URL): BenchError {
    const to = `${protocol}//${host}${pathname}`;
    return new BenchError('setup', `the schema registry at ${this.#base} sends its callers on to ${to}`, {
      hint: 'user and password are not sent on to another host: write that address into value.avro.registry',
    });
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
