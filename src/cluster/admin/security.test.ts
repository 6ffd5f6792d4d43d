import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectionSecurity } from './security.ts';

test('no security is a plain connection', async () => {
  expect(await connectionSecurity(undefined)).toEqual({});
  expect(await connectionSecurity({ protocol: 'plaintext' })).toEqual({});
});

test('SASL over TLS carries the credentials and the PEM files', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-pem-'));
  const ca = join(directory, 'ca.pem');
  writeFileSync(ca, 'certificate');
  const login = { mechanism: 'scram-sha-512', username: 'u', password: 'p' };
  expect(await connectionSecurity({ protocol: 'sasl_ssl', ...login, ca, keyPassword: 'k' })).toEqual({
    tls: { ca: Buffer.from('certificate'), passphrase: 'k' },
    sasl: { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'p' },
  });
  rmSync(directory, { recursive: true });
});

test.each([
  [{ protocol: 'TLS' }, /security\.protocol "TLS"/],
  [
    { protocol: 'SASL_SSL', mechanism: 'GSSAPI', username: 'u', password: 'p' },
    /security\.mechanism "GSSAPI"/,
  ],
  [{ protocol: 'SASL_PLAINTEXT', username: 'u' }, /needs security\.username and security\.password/],
  [{ protocol: 'SSL', ca: '/nonexistent/ca.pem' }, /cannot read security\.ca: .*ca\.pem/],
])('refuses %o', async (security, message) => {
  await expect(connectionSecurity(security)).rejects.toThrow(message);
});
