import { expect, test } from 'vitest';
import { ownName } from '../scenario/librdkafka-properties.ts';
import { clientConfig } from './client-config.ts';

test('security becomes librdkafka properties, and only those given', () => {
  expect(clientConfig('a:1')).toEqual({ 'bootstrap.servers': 'a:1' });
  const files = { ca: 'ca.pem', cert: 'c.pem', key: 'k.pem', keyPassword: 's' };
  expect(clientConfig('a:1', { protocol: 'SASL_SSL', username: 'u', password: 'p', ...files })).toEqual({
    'bootstrap.servers': 'a:1',
    'security.protocol': 'sasl_ssl',
    'sasl.mechanisms': 'PLAIN',
    'sasl.username': 'u',
    'sasl.password': 'p',
    'ssl.ca.location': 'ca.pem',
    'ssl.certificate.location': 'c.pem',
    'ssl.key.location': 'k.pem',
    'ssl.key.password': 's',
  });
  expect(clientConfig('a:1', { protocol: 'ssl', username: 'unused' })).toEqual({
    'bootstrap.servers': 'a:1',
    'security.protocol': 'ssl',
  });
});

test('under their own names, so that a client which sets one replaces it', () => {
  const files = { ca: 'ca.pem', cert: 'c.pem', key: 'k.pem', keyPassword: 's' };
  const config = clientConfig('a:1', { protocol: 'SASL_SSL', username: 'u', password: 'p', ...files });
  // No client may set the addresses.
  const others = Object.keys(config).filter((name) => name !== 'bootstrap.servers');
  for (const name of others) expect(ownName(name)).toBe(name);
});
