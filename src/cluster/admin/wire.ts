import { setMaxListeners } from 'node:events';
import { isIP } from 'node:net';
import { ConnectionPool, apiVersionsV3 } from '@platformatic/kafka';
import type { API, Connection } from '@platformatic/kafka';
import type { Address } from '../../base/bootstrap.ts';
import { atMost, sleep } from '../../base/clock.ts';
import {
  AdvertisedAddressFailed,
  ControllerAsked,
  isRetriable,
  isUnreached,
  requestTimedOut,
} from './failure.ts';
import type { ConnectionSecurity } from './security.ts';

export type { Address };

/** Every version of one request that we can speak, newest first; all take the same arguments. */
export type Versions<Args extends unknown[], Response> = readonly API<Args, Response>[];

export interface WireOptions {
  readonly bootstrap: readonly Address[];
  readonly clientId: string;
  readonly security: ConnectionSecurity;
  /** Of one operation with all its retries. */
  readonly timeoutMillis: number;
}

/** Half of what a stopped broker may cost one operation; a paused one accepts connections and never answers. */
const attemptMillis = 2_500;
const retryMillis = 100;
/** A paused broker is not waited for longer than this when another has answered. */
const lateMillis = 250;
/** Asking a hundred brokers for the same would be load. */
export const mostAsked = 5;
/** Of the request that every broker answers. */
const metadataKey = 3;

/**
 * Requests of one version of our choice to one broker of our choice. The client's own Admin class caches metadata,
 * hides internal topics and cannot be told which broker to ask, and all three matter while brokers go down.
 */
export class Wire {
  readonly #options: WireOptions;
  readonly #pool: ConnectionPool;
  readonly #ranges = new Map<string, Map<number, { min: number; max: number }>>();
  /** Where to ask, the broker that failed last at the end. */
  #known: Address[];
  readonly #closed = new AbortController();

  constructor(options: WireOptions) {
    this.#options = options;
    this.#known = [...options.bootstrap];
    // As many waits as there are questions that nobody answers, each gone with its wait: no sign of a leak.
    setMaxListeners(0, this.#closed.signal);
    this.#pool = new ConnectionPool(options.clientId, {
      ...options.security,
      // Names go into the TLS handshake, where cloud proxies route by them; addresses may not (RFC 6066).
      tlsServerName: options.bootstrap.some(({ host }) => isIP(host) === 0),
      connectTimeout: Math.min(attemptMillis, options.timeoutMillis),
      requestTimeout: Math.min(attemptMillis, options.timeoutMillis),
    });
  }

  get timeoutMillis(): number {
    return this.#options.timeoutMillis;
  }

  /** Brokers seen in metadata join the bootstrap list, so that the client outlives the broker it came in by. */
  learn(brokers: readonly Address[]): void {
    for (const broker of brokers) {
      if (!this.#known.some((known) => sameAddress(known, broker))) this.#known.push(broker);
    }
  }

  /** One attempt at one broker. Rejects with the client's error, also when no version is shared. */
  async at<Args extends unknown[], Response>(
    broker: Address,
    versions: Versions<Args, Response>,
    ...args: Args
  ): Promise<Response> {
    if (this.#closed.signal.aborted) throw new Error('this client is closed');
    const connection = await this.#pool.get({ ...broker }).catch((error: unknown) => {
      if (this.#isGiven(broker) || !isUnreached(error)) throw error;
      throw new AdvertisedAddressFailed(keyOf(broker), error);
    });
    try {
      const ranges = await this.#versionsOf(broker, connection);
      const range = ranges.get(versions[0]!.key);
      if (!range && versions[0]!.key === metadataKey) throw new ControllerAsked(keyOf(broker));
      const api = range && versions.find((v) => v.version >= range.min && v.version <= range.max);
      if (!api)
        throw new UnsupportedRequest(
          `request ${versions[0]!.key} is not supported by ${broker.host}:${broker.port}`,
        );
      return await api.async(connection, ...args);
    } catch (error) {
      // After a time-out the answer may still come; a connection that owes one is not used again.
      if (isTimeout(error)) {
        this.#ranges.delete(keyOf(broker));
        void connection.close().catch(() => undefined);
      }
      throw error;
    }
  }

  #isGiven(broker: Address): boolean {
    return this.#options.bootstrap.some((given) => sameAddress(given, broker));
  }

  /** Asks brokers in turn until one answers or the operation's time is up. */
  any<Args extends unknown[], Response>(
    versions: Versions<Args, Response>,
    ...args: Args
  ): Promise<Response> {
    return this.retrying(() => this.anyOnce(versions, ...args));
  }

  async anyOnce<Args extends unknown[], Response>(
    versions: Versions<Args, Response>,
    ...args: Args
  ): Promise<Response> {
    return this.anyBroker((broker) => this.at(broker, versions, ...args));
  }

  /** Asks brokers in turn until one answers, once each. */
  anyBroker<T>(ask: (broker: Address) => Promise<T>): Promise<T> {
    return this.#firstOf([...this.#known], ask, undefined);
  }

  /**
   * What several brokers answer to the same question, at least one and at most `mostAsked`: all that answer, but once
   * one has, the others have a moment more. Rejects where nobody answers.
   */
  async answers<T>(ask: (broker: Address) => Promise<T>): Promise<T[]> {
    const found: T[] = [];
    const failures: unknown[] = [];
    let first: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (first = resolve));
    const asking = this.#known.slice(0, mostAsked).map(async (broker) => {
      try {
        found.push(await ask(broker));
        first();
      } catch (error) {
        failures.push(error);
      }
    });
    const all = Promise.all(asking);
    await Promise.race([all, answered]);
    await atMost(lateMillis, all);
    if (found.length > 0) return [...found];
    const refused = failures.find((error) => !isNetwork(error));
    if (refused !== undefined) throw refused as Error;
    // Those asked now may be the very ones that are gone.
    return [await this.#firstOf(this.#known.slice(mostAsked), ask, failures.at(-1))];
  }

  /** `failure` is what it rejects with where there is nobody to ask. */
  async #firstOf<T>(
    brokers: readonly Address[],
    ask: (broker: Address) => Promise<T>,
    failure: unknown,
  ): Promise<T> {
    let last = failure;
    for (const broker of brokers) {
      try {
        return await ask(broker);
      } catch (error) {
        if (!isNetwork(error)) throw error;
        last = error;
        this.#known = [...this.#known.filter((known) => !sameAddress(known, broker)), broker];
      }
    }
    throw last;
  }

  /** Versions of the request `key` that a broker knows; null: none. */
  versions(key: number): Promise<{ min: number; max: number } | null> {
    return this.retrying(() =>
      this.anyBroker(async (broker) => {
        const ranges = await this.#versionsOf(broker, await this.#pool.get({ ...broker }));
        return ranges.get(key) ?? null;
      }),
    );
  }

  /** Repeats while failures are retriable and time is left. */
  async retrying<T>(operation: () => Promise<T>, timeoutMillis = this.timeoutMillis): Promise<T> {
    const deadline = performance.now() + timeoutMillis;
    const closed = this.#closed.signal;
    for (let attempt = 0; ; attempt++) {
      try {
        return await operation();
      } catch (error) {
        if (closed.aborted || !isRetriable(error) || performance.now() + retryMillis >= deadline) throw error;
        const wait = Math.min(
          retryMillis * 2 ** Math.min(attempt, 3),
          Math.max(0, deadline - performance.now()),
        );
        await sleep(wait, closed);
      }
    }
  }

  /** What is still being asked fails now: retries would reconnect, and keep the process from ending. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#pool.close().catch(() => undefined);
  }

  async #versionsOf(
    broker: Address,
    connection: Connection,
  ): Promise<Map<number, { min: number; max: number }>> {
    const known = this.#ranges.get(keyOf(broker));
    if (known) return known;
    const answer = await apiVersionsV3.api.async(connection, 'kafka-bench', '0');
    const ranges = new Map(
      answer.apiKeys.map((key) => [key.apiKey, { min: key.minVersion, max: key.maxVersion }]),
    );
    this.#ranges.set(keyOf(broker), ranges);
    return ranges;
  }
}

export class UnsupportedRequest extends Error {
  readonly code = 'PLT_KFK_UNSUPPORTED_API';
}

function keyOf(address: Address): string {
  return `${address.host}:${address.port}`;
}

function sameAddress(a: Address, b: Address): boolean {
  return a.host === b.host && a.port === b.port;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === requestTimedOut;
}

/** Failures of the connection, not answers of a broker. */
function isNetwork(error: unknown): boolean {
  return (
    error instanceof Error &&
    !(error instanceof UnsupportedRequest) &&
    (error as { code?: unknown }).code !== 'PLT_KFK_RESPONSE'
  );
}
