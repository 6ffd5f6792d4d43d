import { adviceOf } from '../../base/client-error.ts';
import { BenchError } from '../../base/errors.ts';
import { systemAdvice } from '../../base/system-error.ts';

/** Kafka's error codes that this room decides on (org.apache.kafka.common.protocol.Errors). */
export const kafkaErrors = {
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  illegalGeneration: 22,
  unknownMember: 25,
  rebalanceInProgress: 27,
  topicAuthorizationFailed: 29,
  groupAuthorizationFailed: 30,
  clusterAuthorizationFailed: 31,
  unsupportedSaslMechanism: 33,
  illegalSaslState: 34,
  unsupportedVersion: 35,
  topicAlreadyExists: 36,
  saslAuthenticationFailed: 58,
  groupIdNotFound: 69,
  staleMemberEpoch: 113,
} as const;

const authentication: readonly number[] = [
  kafkaErrors.unsupportedSaslMechanism,
  kafkaErrors.illegalSaslState,
  kafkaErrors.saslAuthenticationFailed,
];

/** A broker that was asked at the address that it advertises, which is not one of the bootstrap servers. */
export class AdvertisedAddressFailed extends Error {
  readonly address: string;

  constructor(address: string, cause: unknown) {
    super(`${address} failed`, { cause });
    this.address = address;
  }
}

/** A listener that knows no request for metadata: that of a KRaft controller. */
export class ControllerAsked extends Error {
  readonly code = 'PLT_KFK_UNSUPPORTED_API';

  constructor(address: string) {
    super(`${address} has no metadata to give, as the listener of a controller`);
  }
}

/** In the client's words: connected, and no answer in time. */
export const requestTimedOut = 'Request timed out';

const authorization: readonly number[] = [
  kafkaErrors.topicAuthorizationFailed,
  kafkaErrors.groupAuthorizationFailed,
  kafkaErrors.clusterAuthorizationFailed,
];

interface Chain {
  readonly message?: string;
  readonly code?: unknown;
  readonly apiId?: unknown;
  readonly apiCode?: unknown;
  readonly canRetry?: unknown;
  readonly serverErrorMessage?: unknown;
  readonly errors?: unknown;
  readonly cause?: unknown;
}

/** The error, its parts and its causes, outermost first: the client nests what happened three levels deep. */
function chain(error: unknown): Chain[] {
  if (typeof error !== 'object' || error === null) return [];
  const link = error as Chain;
  const parts = Array.isArray(link.errors) ? (link.errors as unknown[]) : [];
  return [link, ...parts.flatMap(chain), ...chain(link.cause)];
}

/** Kafka's error codes in a response, by `findBy` order; empty for network failures. */
export function errorCodes(error: unknown): number[] {
  return chain(error).flatMap((link) => (typeof link.apiCode === 'number' ? [link.apiCode] : []));
}

/** Whether another attempt, perhaps at another broker, can succeed. */
export function isRetriable(error: unknown): boolean {
  if (error instanceof BenchError) return false;
  const links = chain(error);
  const answers = links.filter((link) => typeof link.apiCode === 'number');
  if (answers.length > 0) return answers.every((link) => link.canRetry === true);
  return !links.some(
    (link) =>
      link.code === 'PLT_KFK_AUTHENTICATION' ||
      link.code === 'PLT_KFK_USER' ||
      link.code === 'PLT_KFK_UNSUPPORTED_API' ||
      link.code === 'ENOTFOUND' ||
      (typeof link.code === 'string' && /^ERR_(TLS|SSL|OSSL)|CERT|SELF_SIGNED/.test(link.code)),
  );
}

const neverSent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

/**
 * Whether what was asked for may have been done although the attempt failed: the answer was lost, or it came from a
 * broker that did not learn in time what became of it. Only then does "it is there already" mean "it is ours".
 */
export function mayHaveHappened(error: unknown): boolean {
  const unreachable = chain(error).some(({ code }) => typeof code === 'string' && neverSent.includes(code));
  return isRetriable(error) && !unreachable;
}

/** No connection to where it was asked for. */
export function isUnreached(error: unknown): boolean {
  return chain(error).some(
    ({ code, message }) =>
      (typeof code === 'string' && (neverSent.includes(code) || code === 'ETIMEDOUT')) ||
      /timed out/i.test(message ?? ''),
  );
}

const systemErrors: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'host name not known',
  EAI_AGAIN: 'host name could not be looked up',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
};

/** What happened, in one clause: Kafka's own error name where a broker answered, else the system's reason. */
export function causeOf(error: unknown): string {
  const links = chain(error);
  const advertised = advertisedIn(error);
  if (advertised) {
    return `a broker advertises ${advertised.address} (advertised.listeners), which is not reached from here: ${causeOf(advertised.cause)}`;
  }
  const answer = links.find((link) => typeof link.apiId === 'string');
  if (answer) {
    const detail = typeof answer.serverErrorMessage === 'string' ? answer.serverErrorMessage : answer.message;
    return oneLine(`${String(answer.apiId)}: ${detail ?? ''}`);
  }
  const system = links.find((link) => typeof link.code === 'string' && link.code in systemErrors);
  if (system) return systemErrors[system.code as string]!;
  return oneLine(links.findLast((link) => (link.message ?? '') !== '')?.message ?? String(error));
}

const cutOff = /connection closed|ECONNRESET|socket disconnected/i;

function hintOf(error: unknown, secured: boolean): string {
  const links = chain(error);
  const answer = links.find((link) => typeof link.apiId === 'string');
  // Clients meet the same answers, and are told the same.
  const known = answer && adviceOf({ code: String(answer.apiId), message: '' });
  if (known !== undefined) return known;
  if (advertisedIn(error))
    return 'set advertised.listeners of the brokers to addresses that this machine reaches';
  if (links.some((link) => link instanceof ControllerAsked))
    return 'that is the port of a controller, which serves no clients: give that of a broker';
  const noMore = links.map((link) => systemAdvice(link)).find((advice) => advice !== undefined);
  if (noMore !== undefined) return noMore;
  if (links.some(({ code, message }) => cutOff.test(`${String(code)} ${message ?? ''}`)))
    return secured
      ? 'check security.protocol: the listener may speak another one (plaintext, ssl, sasl_plaintext, sasl_ssl)'
      : 'the listener may want TLS or SASL: say so under security: { protocol: … } in the scenario; topics, groups, lag and offsets connect without';
  if (links.some(({ code }) => code === 'ECONNREFUSED'))
    return 'nothing listens at that address: check the port, and that the broker runs';
  if (links.some(({ code }) => code === 'ENOTFOUND' || code === 'EAI_AGAIN'))
    return 'check the host name in the address';
  if (links.some(({ message }) => message === requestTimedOut))
    return 'the connection stands and nothing answers as a Kafka broker: check the port, and that the broker is not stopped';
  return 'check that the brokers run, the address and the security settings';
}

function advertisedIn(error: unknown): AdvertisedAddressFailed | undefined {
  return chain(error).find((link) => link instanceof AdvertisedAddressFailed);
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

/**
 * `what` says what was attempted; the result names the bootstrap and the cause in one line.
 * @param options `secured`: whether a security was given, so that it is what may be wrong
 */
export function clusterFailure(
  what: string,
  bootstrap: string,
  error: unknown,
  { secured = true }: { readonly secured?: boolean | undefined } = {},
): BenchError {
  if (error instanceof BenchError) return error;
  const codes = errorCodes(error);
  // A broker's own words say what to change, unless it only says that it does not know us.
  const answered = codes.length > 0 && !codes.some((code) => authentication.includes(code));
  return new BenchError('cluster', `${what} (bootstrap ${bootstrap}): ${causeOf(error)}`, {
    ...(codes.some((code) => authorization.includes(code)) && {
      hint: 'this user lacks the right: an ACL for it, or another user under `security`',
    }),
    ...(!answered && { hint: hintOf(error, secured) }),
    cause: error,
  });
}
