import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { freePorts } from './ports.ts';

test('ports are distinct, free and none of those taken', async () => {
  const first = await freePorts(40, new Set());
  expect(new Set(first).size).toBe(40);
  const second = await freePorts(40, new Set(first));
  expect(second.filter((port) => first.includes(port))).toEqual([]);
  const servers = await Promise.all(
    second.map(
      (port) =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(port, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  for (const server of servers) server.close();
});

test('the system hands none of them to an outgoing connection', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const ofSystem = (server.address() as AddressInfo).port;
  server.close();
  // A port of the system's choice lies in the range that outgoing connections use.
  for (const port of await freePorts(20, new Set())) expect(port).toBeLessThan(ofSystem);
});
