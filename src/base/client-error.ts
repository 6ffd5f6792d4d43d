/**
 * What a client met, by librdkafka's name of it (`_TRANSPORT`, `GROUP_AUTHORIZATION_FAILED`) and in librdkafka's or
 * the broker's words; whether waiting may mend it, and what to change.
 */
export interface ClientError {
  readonly code: string;
  readonly message: string;
}

/** Errors that no waiting mends, with what to change; null: the words say it. */
const lasting: Readonly<Record<string, string | null>> = {
  _FATAL: null,
  _AUTHENTICATION: 'check security.mechanism, username and password, and sasl.* of the client',
  SASL_AUTHENTICATION_FAILED: 'check username and password, and sasl.* of the client',
  UNSUPPORTED_SASL_MECHANISM: 'set security.mechanism to one that the brokers offer',
  ILLEGAL_SASL_STATE: 'check security.protocol: the listener may not be one for SASL',
  _UNSUPPORTED_FEATURE: 'the brokers do not have what the client asks for; see group.protocol',
  UNSUPPORTED_VERSION: 'the brokers do not have what the client asks for; see group.protocol',
  TOPIC_AUTHORIZATION_FAILED: 'the user needs READ, or to produce WRITE, on the topic',
  GROUP_AUTHORIZATION_FAILED: 'the user needs READ on the group',
  CLUSTER_AUTHORIZATION_FAILED: 'the user lacks a right on the cluster, as IDEMPOTENT_WRITE',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'the user needs WRITE on the transactional id',
  INVALID_SESSION_TIMEOUT:
    'session.timeout.ms must lie between group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers',
  INVALID_GROUP_ID: 'name another group',
  INCONSISTENT_GROUP_PROTOCOL:
    'the members of a group need one group.protocol and a partition.assignment.strategy in common',
  UNSUPPORTED_ASSIGNOR: 'set group.remote.assignor to one of the brokers’ group.consumer.assignors',
  GROUP_MAX_SIZE_REACHED: 'the brokers allow no more members: group.max.size, group.consumer.max.size',
  FENCED_INSTANCE_ID: 'another member has the same group.instance.id',
  UNRELEASED_INSTANCE_ID: 'another member has the same group.instance.id',
  TOPIC_EXCEPTION: 'name another topic',
};

export const lastingCodes: readonly string[] = Object.keys(lasting);

const passing: Readonly<Record<string, string>> = {
  _SSL: 'check security.protocol, ca, cert and key, and ssl.* of the client',
  UNKNOWN_TOPIC_OR_PART: 'check that the topic exists, and that the user may describe it',
};

/** A handshake that was cut off may succeed the next time; one whose certificate was refused does not. */
const refusedHandshake = /certificate|wrong version|packet length too long|unknown ca|alert/i;
/** librdkafka guesses that the listener speaks another protocol. */
const otherListener = /listener\?|security\.protocol/;
const noMoreFiles = /Too many open files/i;
const advertised = / advertises? \S+ \(advertised\.listeners\)/;

/** Says that an error was fatal, and not which. */
export const isBareFatal = (message: string): boolean => /^(local: )?fatal error$/i.test(message);

/** Whether waiting is in vain. */
export function isLasting({ code, message }: ClientError): boolean {
  return Object.hasOwn(lasting, code) || (code === '_SSL' && refusedHandshake.test(message));
}

/** What to change; undefined where only the words of the error say something. */
export function adviceOf({ code, message }: ClientError): string | undefined {
  if (noMoreFiles.test(message)) return 'raise the limit of open files (ulimit -n), or use fewer clients';
  if (advertised.test(message))
    return 'set advertised.listeners of the brokers to addresses that this machine reaches';
  if (otherListener.test(message)) return 'check security.protocol: the listener may speak another one';
  // A fatal error names its cause first.
  const cause = code === '_FATAL' ? causes.find(([words]) => message.includes(words))?.[1] : code;
  return cause === undefined ? undefined : (lasting[cause] ?? passing[cause]);
}

/** Broker errors that librdkafka makes fatal, by its words. */
const causes: readonly (readonly [string, string])[] = [
  ['Group authorization failed', 'GROUP_AUTHORIZATION_FAILED'],
  ['assignor or its version range is not supported', 'UNSUPPORTED_ASSIGNOR'],
  ['reached maximum size', 'GROUP_MAX_SIZE_REACHED'],
  ['same group.instance.id', 'FENCED_INSTANCE_ID'],
  ['instance ID is still used', 'UNRELEASED_INSTANCE_ID'],
  ['API version not supported', 'UNSUPPORTED_VERSION'],
  ['feature not supported by broker', '_UNSUPPORTED_FEATURE'],
];

/** Says that nobody is connected, and not why. */
const withoutCause = ['_ALL_BROKERS_DOWN'];

/**
 * Of two errors of one client, the one to tell: what lasts before what passes, a cause before none, what has a remedy
 * before what has none, the later one.
 */
export function toTell(known: ClientError | null, met: ClientError): ClientError {
  if (known === null) return met;
  if (isLasting(known) !== isLasting(met)) return isLasting(known) ? known : met;
  if (withoutCause.includes(met.code) || isBareFatal(met.message)) return known;
  return adviceOf(known) !== undefined && adviceOf(met) === undefined ? known : met;
}

/** `_TRANSPORT: Connection refused` */
export function errorText(met: ClientError): string {
  return `${met.code}: ${met.message}`;
}

/** `; its last error: _TRANSPORT: Connection refused`, behind what a client did not get done; empty for none. */
export function lastErrorText(met: ClientError | null | undefined): string {
  return met == null ? '' : `; its last error: ${errorText(met)}`;
}
