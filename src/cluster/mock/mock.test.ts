import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { clusterContract } from '../contract.case.ts';
import { openCluster } from '../open.ts';
import type { MockHost } from '../request.ts';

/** Listeners in place of librdkafka's brokers, which only a worker process may host. */
async function startMock(count: number): Promise<MockHost> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  return {
    brokers: servers.map((server, i) => ({
      id: i + 1,
      name: `kafka${i + 1}`,
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
    })),
    stop: async () => {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

clusterContract('mock', {
  open: () =>
    openCluster({ kind: 'mock', brokers: 2, controllers: 'combined', config: {} }, { env: {}, startMock }),
  brokers: 2,
  names: 'services',
  admin: false,
  actions: false,
  closeStops: true,
});
