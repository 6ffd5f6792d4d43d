import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { lastingCodes } from '../../base/client-error.ts';
import { binding } from './binding.ts';
import { Connecting, hearErrors } from './client-errors.ts';
import { errorName } from './error-name.ts';

/** The binding's error events: a description in small letters, and no code. */
const event = (message: string) => Object.assign(new Error(message), { code: -1, origin: 'local' });

function scene(config: Record<string, unknown> = { 'bootstrap.servers': 'b:9092' }) {
  const client = new EventEmitter();
  const heard: string[] = [];
  hearErrors(client, config, (name, message) => heard.push(`${name}: ${message}`));
  const log = (message: string, fac = 'FAIL', severity = 3) =>
    client.emit('event.log', { severity, fac, message: `[thrd:some/1]: ${message}` });
  return { client, heard, log };
}

describe('hearErrors', () => {
  it('finds the code that the binding dropped from an event', () => {
    const { client, heard } = scene();
    client.emit('event.error', event('broker transport failure'));
    client.emit('event.error', event('all broker connections are down'));
    client.emit('event.error', event('topic authorization failed'));
    client.emit('event.error', event('what no list has'));
    expect(heard).toEqual([
      '_TRANSPORT: broker transport failure',
      '_ALL_BROKERS_DOWN: all broker connections are down',
      'TOPIC_AUTHORIZATION_FAILED: topic authorization failed',
      'UNKNOWN: what no list has',
    ]);
  });

  it.each([
    [
      'b:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT, 1 identical error(s) suppressed)',
      '_TRANSPORT: b:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused',
    ],
    [
      'sasl_plaintext://b:9092/bootstrap: SASL authentication error: Authentication failed: Invalid username or password (after 2ms in state AUTH_REQ)',
      '_AUTHENTICATION: sasl_plaintext://b:9092/bootstrap: SASL authentication error: Authentication failed: Invalid username or password',
    ],
    ...['Local: Broker transport failure', 'Local: Timed out', 'Local: Broker handle destroyed'].map(
      (why) => [
        `sasl_plaintext://b:9092/1: SASL authentication error: SaslAuthenticateRequest failed: ${why} (after 3ms in state AUTH_REQ)`,
        `_TRANSPORT: sasl_plaintext://b:9092/1: SASL authentication error: SaslAuthenticateRequest failed: ${why}`,
      ],
    ),
    [
      'ssl://b:9092/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could not be verified (after 9ms in state SSL_HANDSHAKE)',
      '_SSL: ssl://b:9092/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could not be verified',
    ],
    [
      'b:9092/bootstrap: Disconnected: verify that security.protocol is correctly configured, broker might require SASL authentication (after 1ms in state UP)',
      '_TRANSPORT: b:9092/bootstrap: Disconnected: verify that security.protocol is correctly configured, broker might require SASL authentication',
    ],
    [
      "nosuch:9092/bootstrap: Failed to resolve 'nosuch:9092': Name or service not known (after 5ms in state CONNECT)",
      "_RESOLVE: nosuch:9092/bootstrap: Failed to resolve 'nosuch:9092': Name or service not known",
    ],
  ])('takes the words from the log: %s', (line, told) => {
    const { heard, log } = scene();
    log(line);
    expect(heard).toEqual([told]);
  });

  it('says of an address that came from metadata that a broker advertises it', () => {
    const { heard, log } = scene();
    log(
      "kafka1:29092/1: Failed to resolve 'kafka1:29092': Name or service not known (after 5ms in state CONNECT)",
    );
    log('GroupCoordinator: 10.0.0.9:9092: Connect to ipv4#10.0.0.9:9092 failed: Connection refused');
    log('b:9092/1: Connect to ipv4#127.0.0.1:9092 failed: Connection refused');
    expect(heard).toEqual([
      "_RESOLVE: broker 1 advertises kafka1:29092 (advertised.listeners), which is not reached from here: Failed to resolve 'kafka1:29092': Name or service not known",
      '_TRANSPORT: the group coordinator advertises 10.0.0.9:9092 (advertised.listeners), which is not reached from here: Connect to ipv4#10.0.0.9:9092 failed: Connection refused',
      '_TRANSPORT: b:9092/1: Connect to ipv4#127.0.0.1:9092 failed: Connection refused',
    ]);
  });

  it('gives an event the words that the log had for its code', () => {
    const { client, heard, log } = scene();
    log('b:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused');
    client.emit('event.error', event('broker transport failure'));
    expect(heard[1]).toBe(heard[0]);
  });

  it('takes no notice for an error', () => {
    const { heard, log } = scene();
    log('b:9092/1: Disconnected (after 600000ms in state UP)', 'FAIL', 6);
    log('a warning', 'CONFWARN', 4);
    expect(heard).toEqual([]);
  });

  it('tells the cause of a fatal error', () => {
    const { client, heard, log } = scene();
    log('Fatal error: Broker: API version not supported: ConsumerGroupHeartbeat fatal error', 'FATAL', 0);
    client.emit('event.error', event('fatal error'));
    expect(heard).toEqual([
      '_FATAL: Broker: API version not supported: ConsumerGroupHeartbeat fatal error',
      '_FATAL: fatal error',
    ]);
  });
});

describe('Connecting', () => {
  it('fails at once where waiting is in vain, with what to change', async () => {
    const connecting = new Connecting('writer');
    connecting.met('_TRANSPORT', 'Connection refused');
    connecting.met('_AUTHENTICATION', 'SASL authentication error: Invalid username or password');
    await expect(connecting.inVain).rejects.toMatchObject({
      message:
        'writer could not connect: _AUTHENTICATION: SASL authentication error: Invalid username or password',
      hint: expect.stringContaining('username and password') as string,
    });
  });

  it('tells settings that librdkafka refuses from a cluster that is not reached', () => {
    const error = Object.assign(new Error('`acks` must be set to `all` when `enable.idempotence` is true'), {
      code: -172,
    });
    expect(new Connecting('w').failure(error)).toMatchObject({
      code: 'scenario',
      message:
        'librdkafka refuses the settings of w: `acks` must be set to `all` when `enable.idempotence` is true',
    });
  });

  it('names the last error when the time is over', () => {
    const connecting = new Connecting('writer');
    connecting.met('_TRANSPORT', 'b:1/bootstrap: Connection refused');
    connecting.met('_ALL_BROKERS_DOWN', 'all broker connections are down');
    expect(connecting.failure(new Error('Local: Timed out')).message).toBe(
      'writer could not connect: _TRANSPORT: b:1/bootstrap: Connection refused',
    );
    expect(new Connecting('w').failure(new Error('Local: Timed out')).message).toBe(
      'w could not connect: Local: Timed out',
    );
  });
});

it('knows errors that last by librdkafka’s names', () => {
  const names = new Set(Object.values(binding.CODES.ERRORS).map(errorName));
  expect(lastingCodes.filter((code) => !names.has(code))).toEqual([]);
});
