import { describe, expect, it } from 'vitest';
import { adviceOf, isLasting, lastErrorText, toTell } from './client-error.ts';

const transport = { code: '_TRANSPORT', message: 'Connection refused' };
const noRight = { code: 'GROUP_AUTHORIZATION_FAILED', message: 'Broker: Group authorization failed' };
const allDown = { code: '_ALL_BROKERS_DOWN', message: 'all broker connections are down' };

describe('isLasting', () => {
  it.each([
    [noRight, true],
    [{ code: 'INVALID_SESSION_TIMEOUT', message: '' }, true],
    [{ code: '_SSL', message: 'SSL handshake failed: certificate verify failed' }, true],
    [{ code: '_SSL', message: 'SSL handshake failed: Disconnected' }, false],
    [{ code: 'UNKNOWN_TOPIC_OR_PART', message: '' }, false],
    [transport, false],
  ])('%o: %o', (error, lasts) => {
    expect(isLasting(error)).toBe(lasts);
  });
});

describe('adviceOf', () => {
  it.each([
    [noRight, /READ on the group/],
    [{ code: 'INVALID_SESSION_TIMEOUT', message: '' }, /group\.max\.session\.timeout\.ms/],
    [{ code: '_TRANSPORT', message: 'Failed to create socket: Too many open files' }, /ulimit -n/],
    [
      {
        code: '_RESOLVE',
        message: 'broker 1 advertises kafka1:9092 (advertised.listeners), which is not reached from here: …',
      },
      /set advertised\.listeners/,
    ],
    [
      {
        code: '_FATAL',
        message:
          'Broker: The assignor or its version range is not supported by the consumer group: ConsumerGroupHeartbeat fatal error',
      },
      /group\.remote\.assignor/,
    ],
  ])('%o', (error, advice) => {
    expect(adviceOf(error)).toMatch(advice);
  });

  it('has none where the words are all there is', () => {
    expect(adviceOf(transport)).toBeUndefined();
    expect(adviceOf({ code: '_FATAL', message: 'Fatal error' })).toBeUndefined();
  });
});

describe('toTell', () => {
  it('is the later one, but what lasts before what passes and a cause before none', () => {
    const later = { code: '_RESOLVE', message: 'Failed to resolve' };
    expect(toTell(null, allDown)).toBe(allDown);
    expect(toTell(transport, later)).toBe(later);
    expect(toTell(transport, allDown)).toBe(transport);
    expect(toTell(noRight, transport)).toBe(noRight);
    expect(toTell(transport, noRight)).toBe(noRight);
    const guess = {
      code: '_SSL',
      message: 'SSL handshake failed: connecting to a PLAINTEXT broker listener?',
    };
    expect(toTell(guess, transport)).toBe(guess);
    const fatal = { code: '_FATAL', message: 'Broker: API version not supported' };
    expect(toTell(fatal, { code: '_FATAL', message: 'Local: Fatal error' })).toBe(fatal);
  });
});

it('lastErrorText follows what was not done', () => {
  expect(lastErrorText(transport)).toBe('; its last error: _TRANSPORT: Connection refused');
  expect([lastErrorText(null), lastErrorText(undefined)]).toEqual(['', '']);
});
