import { describe, expect, test } from 'vitest';
import { BenchError } from '../../base/errors.ts';
import {
  AdvertisedAddressFailed,
  causeOf,
  clusterFailure,
  ControllerAsked,
  errorCodes,
  isRetriable,
} from './failure.ts';

/** The client's nesting: an aggregate of answers, each naming Kafka's error. */
const answer = (apiId: string, apiCode: number, canRetry: boolean, serverErrorMessage?: string) =>
  Object.assign(
    new AggregateError([
      Object.assign(new Error('generic text'), { apiId, apiCode, canRetry, serverErrorMessage }),
    ]),
    {
      code: 'PLT_KFK_RESPONSE',
    },
  );

const network = (code: string) =>
  Object.assign(new Error('Connection failed'), {
    code: 'PLT_KFK_NETWORK',
    cause: Object.assign(new AggregateError([Object.assign(new Error(`connect ${code}`), { code })]), {
      code,
    }),
  });

describe('causeOf', () => {
  test("takes Kafka's own words where a broker answered", () => {
    expect(causeOf(answer('INVALID_CONFIG', 40, false, 'Unknown topic config name: x'))).toBe(
      'INVALID_CONFIG: Unknown topic config name: x',
    );
    expect(causeOf(answer('NOT_CONTROLLER', 41, true))).toBe('NOT_CONTROLLER: generic text');
  });

  test("names the system's reason, however deep, in one line", () => {
    expect(causeOf(network('ECONNREFUSED'))).toBe('connection refused');
    expect(causeOf(new Error('two\n  lines'))).toBe('two lines');
    expect(causeOf('text')).toBe('text');
  });
});

test.each([
  [answer('SASL_AUTHENTICATION_FAILED', 58, false), /username and password/],
  [answer('UNSUPPORTED_SASL_MECHANISM', 33, false), /security\.mechanism/],
  [answer('ILLEGAL_SASL_STATE', 34, false), /security\.protocol.* not be one for SASL/],
  [new ControllerAsked('a:1'), /port of a controller.* give that of a broker/],
  [new Error('Request timed out'), /nothing answers as a Kafka broker: check the port/],
  [answer('TOPIC_AUTHORIZATION_FAILED', 29, false), /lacks the right.* ACL/],
  [network('ECONNREFUSED'), /nothing listens .* check the port/],
  [network('ENOTFOUND'), /host name/],
  [network('ECONNRESET'), /security\.protocol/],
  [new Error('Connection closed'), /security\.protocol/],
  [network('EMFILE'), /ulimit/],
  [new AdvertisedAddressFailed('kafka1:9092', network('ENOTFOUND')), /advertised\.listeners/],
])('%o: says what to change', (error, hint) => {
  expect(clusterFailure('x', 'a:1', error).hint).toMatch(hint);
});

test('a listener that cuts plain clients off leads to where security is said, and to who cannot say it', () => {
  const hint = (secured?: boolean) =>
    clusterFailure('x', 'a:1', new Error('Connection closed'), { secured }).hint;
  expect(hint(false)).toMatch(/security: \{ protocol: … \} in the scenario; topics, groups, lag and offsets/);
  expect(hint(true)).toMatch(/^check security\.protocol/);
});

test('what another attempt can mend is retried', () => {
  expect(isRetriable(network('ECONNREFUSED'))).toBe(true);
  expect(isRetriable(network('ENOTFOUND'))).toBe(false);
  expect(isRetriable(answer('LEADER_NOT_AVAILABLE', 5, true))).toBe(true);
  expect(isRetriable(answer('TOPIC_ALREADY_EXISTS', 36, false))).toBe(false);
  expect(isRetriable(new BenchError('cluster', 'decided'))).toBe(false);
  expect(isRetriable(Object.assign(new Error('no'), { code: 'PLT_KFK_AUTHENTICATION' }))).toBe(false);
  expect(isRetriable(network('SELF_SIGNED_CERT_IN_CHAIN'))).toBe(false);
});

test('clusterFailure names the bootstrap and keeps a BenchError as it is', () => {
  const failure = clusterFailure('cannot list the topics', 'a:1,b:2', network('ECONNREFUSED'));
  expect(failure).toMatchObject({
    code: 'cluster',
    message: 'cannot list the topics (bootstrap a:1,b:2): connection refused',
    hint: expect.stringContaining('address') as unknown,
  });
  expect(clusterFailure('x', 'a:1', answer('INVALID_CONFIG', 40, false)).hint).toBeUndefined();
  expect(clusterFailure('x', 'y', failure)).toBe(failure);
  expect(errorCodes(answer('X', 40, false))).toEqual([40]);
});
