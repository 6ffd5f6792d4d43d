import { expect, test } from 'vitest';
import { requests } from './requests.ts';
import { Wire } from './wire.ts';

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
