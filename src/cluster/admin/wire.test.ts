import { createServer, type AddressInfo } from 'node:net';
import { expect, test, vi } from 'vitest';
import { messageOf } from '../../base/errors.ts';
import { assertAdvertised } from './advertised.ts';
import { connectAdmin } from './connect.ts';
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

test('many questions at once that nobody answers look like no leak', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const wire = new Wire({ bootstrap: [], clientId: 'test', security: {}, timeoutMillis: 60_000 });
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  let attempts = 0;
  const asked = Array.from({ length: 20 }, () =>
    wire.retrying(() => {
      attempts++;
      return Promise.reject(refused);
    }),
  );
  const ended = Promise.allSettled(asked);
  await expect.poll(() => attempts).toBeGreaterThan(20);
  await wire.close();
  await ended;
  expect(warned).not.toHaveBeenCalled();
  warned.mockRestore();
});

test('an address that was not given says that a broker advertises it', async () => {
  const [given, advertised] = [1, 2].map((port) => ({ host: '127.0.0.1', port }));
  const wire = new Wire({ bootstrap: [given!], clientId: 'test', security: {}, timeoutMillis: 1000 });
  const ask = (at: typeof given) =>
    wire.at(at!, requests.metadata, [], false, false).catch((error: unknown) => messageOf(error));
  expect(await ask(given)).not.toContain('127.0.0.1:2');
  expect(await ask(advertised)).toBe('127.0.0.1:2 failed');
  await wire.close();
});

test('brokers of which no advertised address is reached are refused, with what to change', async () => {
  const brokers = [{ host: '127.0.0.1', port: 2 }];
  await expect(assertAdvertised({ bootstrap: '127.0.0.1:1' }, brokers)).rejects.toMatchObject({
    code: 'cluster',
    message:
      'clients cannot reach the brokers (bootstrap 127.0.0.1:1): a broker advertises 127.0.0.1:2 (advertised.listeners), which is not reached from here: connection refused',
    hint: 'set advertised.listeners of the brokers to addresses that this machine reaches',
  });
});

/** Answers ApiVersions (v3) with requests that are none of metadata, as a KRaft controller does. */
function controller(): Promise<{ port: number; close: () => void }> {
  const server = createServer((socket) => {
    socket.on('data', (request) => {
      const only = { key: 18, min: 0, max: 3 };
      const answer = Buffer.alloc(22);
      answer.writeInt32BE(18, 0);
      answer.writeInt32BE(request.readInt32BE(8), 4); // correlation id
      answer.writeUInt8(2, 10); // one entry, after an error code of 0
      answer.writeInt16BE(only.key, 11);
      answer.writeInt16BE(only.min, 13);
      answer.writeInt16BE(only.max, 15);
      socket.write(answer);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({ port: (server.address() as AddressInfo).port, close: () => server.close() });
    });
  });
}

test('the port of a controller is named as such', async () => {
  const { port, close } = await controller();
  await expect(connectAdmin({ bootstrap: `127.0.0.1:${String(port)}` })).rejects.toMatchObject({
    message: `cannot reach a Kafka broker (bootstrap 127.0.0.1:${String(port)}): 127.0.0.1:${String(port)} has no metadata to give, as the listener of a controller`,
    hint: 'that is the port of a controller, which serves no clients: give that of a broker',
  });
  close();
});
