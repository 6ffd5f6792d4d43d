import { expect, test } from 'vitest';
import { holdsSecret, isSensitive, redactConfig, scrub } from './redact.ts';

test('librdkafka’s sensitive properties and brokers’ secrets are redacted by name, the rest is kept', () => {
  const config = {
    'bootstrap.servers': 'a:9092',
    'sasl.username': 'u',
    'sasl.password': 'p',
    'ssl.key.pem': '-----BEGIN',
    'ssl.keystore.password': 's',
    'sasl.oauthbearer.client.secret': 'c',
    'listener.name.x.plain.sasl.jaas.config': 'password="x"',
    'linger.ms': 5,
  };
  expect(redactConfig(config)).toEqual({
    'bootstrap.servers': 'a:9092',
    'sasl.username': '[redacted]',
    'sasl.password': '[redacted]',
    'ssl.key.pem': '[redacted]',
    'ssl.keystore.password': '[redacted]',
    'sasl.oauthbearer.client.secret': '[redacted]',
    'listener.name.x.plain.sasl.jaas.config': '[redacted]',
    'linger.ms': 5,
  });
});

test('user names and paths are hidden by name, but are no secrets to scrub', () => {
  for (const property of ['sasl.username', 'ssl.key.location']) {
    expect([isSensitive(property), holdsSecret(property)]).toEqual([true, false]);
  }
  expect(holdsSecret('sasl.password')).toBe(true);
  expect(isSensitive('max.in.flight')).toBe(false);
});

test('a secret is scrubbed in every spelling it may take in a text', () => {
  const secret = 'pa"ss wörd\\1';
  const text = [
    secret,
    JSON.stringify({ secret }),
    encodeURIComponent(secret),
    `https://u:${encodeURI(secret)}@x`,
  ].join('\n');
  const clean = scrub(text, [secret]);
  expect(clean).not.toMatch(/pa|ss|1/);
  expect(clean.match(/\[redacted\]/g)).toHaveLength(4);
});

test('each line of a PEM block is a secret, its first and last line are not', () => {
  const pem =
    '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASCBKcwggSjAgEAAoIBAQC7\n-----END PRIVATE KEY-----\n';
  const clean = scrub('bad base64 in AASCBKcwggSjAgEAAoIBAQC7; -----BEGIN PRIVATE KEY----- is fine', [pem]);
  expect(clean).toBe('bad base64 in [redacted]; -----BEGIN PRIVATE KEY----- is fine');
});

test('a secret inside a longer one leaves nothing of either; very short ones are left alone', () => {
  expect(scrub('hunter22 hunter', ['hunter', 'hunter22'])).toBe('[redacted] [redacted]');
  expect(scrub('a banana', ['a', ''])).toBe('a banana');
});
