/**
 * What librdkafka says of itself while it works: its error events, and its log, which alone holds the words. Both become
 * one stream of codes and messages.
 */
import type { EventEmitter } from 'node:events';
import { adviceOf, isBareFatal, isLasting, toTell, type ClientError } from '../../base/client-error.ts';
import { parseBootstrap } from '../../base/bootstrap.ts';
import { BenchError } from '../../base/errors.ts';
import { errorCodes, type KafkaError } from './binding.ts';
import { codeOfText, fatalError } from './error-name.ts';

type Config = Readonly<Record<string, unknown>>;
type Told = (name: string, message: string) => void;

interface LogLine {
  readonly severity: number;
  readonly fac: string;
  readonly message: string;
}

/** syslog's LOG_ERR: what is logged with less is no error. */
const errorSeverity = 3;

/** Calls back with each error of the client, its words where librdkafka logged them. */
export function hearErrors(client: EventEmitter, config: Config, told: Told): void {
  /** Last words by code: an event has the code's own description alone. */
  const words = new Map<string, string>();
  client.on('event.log', ({ severity, fac, message }: LogLine) => {
    const text = message.replace(/^\[thrd:.*?\]: /, '');
    if (fac === 'FATAL') told(fatalError, text.replace(/^Fatal error: /, ''));
    if (fac !== 'FAIL' || severity > errorSeverity) return;
    const met = failureOf(text, config);
    words.set(met.code, met.message);
    told(met.code, met.message);
  });
  client.on('event.error', (error: KafkaError) => {
    const code = isBareFatal(error.message) ? fatalError : codeOfText(error);
    told(code, words.get(code) ?? error.message);
  });
}

/** Of a connection, from librdkafka's line on it: the line has no code. */
function failureOf(text: string, config: Config): ClientError {
  const message = text.replace(/ \(after \d+ms in state [^()]*(\([^()]*\)[^()]*)*\)$/, '');
  return { code: failureCode(message), message: namingAdvertised(message, config) };
}

/** Why an attempt to authenticate was cut short: it may be made again. */
const cutShort = /Local: (Broker transport failure|Timed out|Broker handle destroyed)/;

function failureCode(message: string): string {
  if (/SASL|OAUTHBEARER/.test(message) && !/^.*verify that security\.protocol/.test(message))
    return cutShort.test(message) ? '_TRANSPORT' : '_AUTHENTICATION';
  if (/\bSSL (handshake|transport error)|Failed to create new SSL/.test(message)) return '_SSL';
  if (/Failed to resolve/.test(message)) return '_RESOLVE';
  return '_TRANSPORT';
}

const unreachable = /(Failed to resolve .*|Connect(ion setup)? .*(failed|timed out).*)$/;

/** An address that the scenario does not give came from a broker's metadata. */
function namingAdvertised(message: string, config: Config): string {
  const why = unreachable.exec(message)?.[1];
  const place = /^(?:\w+:\/\/)?(GroupCoordinator: )?(\S+:\d+)(?:\/(\d+|bootstrap))?: /.exec(message);
  const [, coordinator, address, id] = place ?? [];
  if (why === undefined || address === undefined || id === 'bootstrap') return message;
  if (coordinator === undefined && id === undefined) return message;
  if (given(config).includes(address)) return message;
  const who = coordinator === undefined ? `broker ${id!}` : 'the group coordinator';
  return `${who} advertises ${address} (advertised.listeners), which is not reached from here: ${why}`;
}

function given(config: Config): string[] {
  const servers = config['bootstrap.servers'] ?? config['metadata.broker.list'];
  if (typeof servers !== 'string') return [];
  try {
    return parseBootstrap(servers).map(
      ({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`,
    );
  } catch {
    return [];
  }
}

/** What connecting ends with where librdkafka makes no client of its settings; the last is what a consumer has. */
const refusedCodes: readonly number[] = [errorCodes.invalidArgument, errorCodes.wrongState, -1];

/** @throws BenchError `scenario` where librdkafka takes one of the settings not at all */
export function made<Client>(who: string, make: () => Client): Client {
  try {
    return make();
  } catch (error) {
    throw refusedSettings(who, error as Error);
  }
}

/** Nothing has been tried yet: neither an address nor a password is to blame. */
function refusedSettings(who: string, error: Error): BenchError {
  return new BenchError('scenario', `librdkafka refuses the settings of ${who}: ${error.message}`, {
    hint: 'change what the scenario says under client or security',
    cause: error,
  });
}

/** The last error of a client that connects; rejects at once where waiting is in vain. */
export class Connecting {
  #last: ClientError | null = null;
  #fail: (error: BenchError) => void = () => undefined;
  readonly #who: string;
  /** Never resolves. */
  readonly inVain: Promise<never>;

  constructor(who: string) {
    this.#who = who;
    this.inVain = new Promise<never>((_, reject) => (this.#fail = reject));
    this.inVain.catch(() => undefined);
  }

  met(code: string, message: string): void {
    this.#last = toTell(this.#last, { code, message });
    if (isLasting(this.#last)) this.#fail(this.failure(undefined));
  }

  /** @param error what connecting ended with */
  failure(error: (Error & { readonly code?: unknown }) | undefined): BenchError {
    const cause = this.#last;
    if (cause === null && error !== undefined && refusedCodes.includes(Number(error.code)))
      return refusedSettings(this.#who, error);
    const words = cause === null ? (error?.message ?? '') : `${cause.code}: ${cause.message}`;
    const advice = cause === null ? undefined : adviceOf(cause);
    return new BenchError('cluster', `${this.#who} could not connect: ${words}`, {
      hint: advice ?? 'check the bootstrap address and the security settings',
      cause: error,
    });
  }
}
