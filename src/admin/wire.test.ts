import { expect, test } from 'vitest';
import { requests } from './requests.ts';
import { Wire, parseBootstrap } from './wire.ts';

test('bootstrap lists take spaces, schemes, IPv6 and a default port', () => {
  expect(parseBootstrap(' a:1, b:2 ,PLAINTEXT://c:3,[::1]:4,d,')).toEqual([
    { host: 'a', port: 1 },
    { host: 'b', port: 2 },
    { host: 'c', port: 3 },
    { host: '::1', port: 4 },
    { host: 'd', port: 9092 },
  ]);
});

test('closing ends what is being retried, and nothing is asked after it', async () => {
  const nobody = { host: '127.0.0.1', port: 1 };
  const wire = new Wire({ bootstrap: [nobody], clientId: 'test', security: {}, timeoutMillis: 60_000 });
  let attempts = 0;
  const ask = () =>
    wire.retrying(() => {
      attempts++;
      return wire.at(nobody, requests.metadata, [], false, false);
    });
  const asked = ask();
  asked.catch(() => undefined);
  await expect.poll(() => attempts).toBeGreaterThan(1);
  await wire.close();
  await expect(asked).rejects.toThrow();
  attempts = 0;
  await expect(ask()).rejects.toThrow('closed');
  expect(attempts).toBe(1);
});
