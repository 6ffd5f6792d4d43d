import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { environmentWith } from './executables.case.ts';
import { openCluster, probeProviders } from './open.ts';
import type { ClusterRequest, OpenContext } from './request.ts';

const removals: (() => void)[] = [];
afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

/** A machine with these commands; its mock reports how many brokers were asked. */
function machine(scripts: Record<string, string>, variables: NodeJS.ProcessEnv = {}) {
  const { env, remove } = environmentWith(scripts);
  removals.push(remove);
  const mocks: number[] = [];
  const context: OpenContext = {
    env: { ...env, ...variables },
    startMock: (brokers) => {
      mocks.push(brokers);
      return Promise.resolve({
        brokers: [{ id: 1, name: 'kafka1', host: '127.0.0.1', port: 1 }],
        stop: () => Promise.resolve(),
      });
    },
  };
  return { context, mocks };
}

const auto = (more: Partial<ClusterRequest> = {}): ClusterRequest => ({
  kind: 'auto',
  controllers: 'combined',
  config: {},
  ...more,
});

const java17 = `echo 'openjdk version "17.0.15"' >&2`;
const deadDocker = 'echo "Cannot connect to the Docker daemon" >&2; exit 1';

describe('auto', () => {
  test('with nothing there takes the mock and says why not the others', async () => {
    const { context, mocks } = machine({});
    const cluster = await openCluster(auto(), { ...context, neededReplication: 3 });
    expect(cluster.kind).toBe('mock');
    expect(cluster.why).toBe(
      'mock: no bootstrap given, no compose project running, Docker not installed, no Java on the PATH',
    );
    expect(mocks).toEqual([3]);
    expect(cluster.admin).toBeNull();
  });

  test('an engine that does not answer, an old Java and a failing Maven are told apart', async () => {
    const old = machine({ docker: deadDocker, java: `echo 'java version "1.8.0_392"' >&2` });
    expect((await openCluster(auto(), old.context)).why).toMatch(
      /Docker engine not reachable, Java 8 is older than 17$/,
    );
    const offline = machine({
      java: java17,
      mvn: `echo '[ERROR] Could not transfer artifact org.apache.kafka:kafka_2.13'; echo '[ERROR] -> [Help 1]'; exit 1`,
    });
    expect((await openCluster(auto(), offline.context)).why).toMatch(
      /cannot get Apache Kafka 4\.3\.0: \[ERROR\] Could not transfer artifact org\.apache\.kafka:kafka_2\.13$/,
    );
  });

  test('a bootstrap decides, and an unreachable one is an error, not a reason to go on', async () => {
    const { context, mocks } = machine({}, { KAFKA_BENCH_BOOTSTRAP: `127.0.0.1:${await closedPort()}` });
    await expect(openCluster(auto(), context)).rejects.toThrow(
      /cannot reach a Kafka broker .*127\.0\.0\.1:\d+.*refused/,
    );
    await expect(openCluster(auto({ bootstrap: '127.0.0.1:1' }), context)).rejects.toThrow(
      /127\.0\.0\.1:1\b/,
    );
    expect(mocks).toEqual([]);
  });

  test('does not ask Docker for what docker-compose.yml is not', async () => {
    const { context } = machine({ docker: 'echo asked >> "$HOME/asked"; exit 1' });
    expect((await openCluster(auto({ brokers: 5 }), context)).why).toContain(
      'docker-compose.yml has 3 brokers, not 5',
    );
    expect((await openCluster(auto({ controllers: 'dedicated' }), context)).why).toContain(
      'no dedicated controllers',
    );
  });
});

describe('a kind that is named and cannot serve', () => {
  const cases: [ClusterRequest['kind'], RegExp][] = [
    ['external', /needs a bootstrap/],
    ['compose', /compose cannot serve: Docker engine not reachable/],
    ['local', /no Java on the PATH/],
  ];
  test.each(cases)('%s says what is missing and what to do', async (kind, message) => {
    const { context } = machine({ docker: deadDocker });
    await expect(openCluster(auto({ kind }), context)).rejects.toMatchObject({
      message: expect.stringMatching(message) as unknown,
      hint: expect.stringMatching(/\w/) as unknown,
    });
  });

  test('compose with another number of brokers', async () => {
    const { context } = machine({});
    await expect(openCluster(auto({ kind: 'compose', brokers: 1 }), context)).rejects.toThrow(
      /has 3 brokers, not 1/,
    );
  });

  test('security on a cluster that we start is refused, not ignored', async () => {
    const { context } = machine({});
    const security = { protocol: 'SASL_SSL', username: 'u', password: 'p' };
    await expect(openCluster(auto({ security }), context)).rejects.toThrow(/not yet supported/);
    await expect(openCluster(auto({ kind: 'mock', security }), context)).rejects.toThrow(/not yet supported/);
  });
});

test('a silent server fails in seconds', { timeout: 20_000 }, async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { context } = machine({});
  const began = performance.now();
  const bootstrap = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(openCluster(auto({ bootstrap }), context)).rejects.toThrow(/timed out/);
  expect(performance.now() - began).toBeLessThan(8_000);
  server.close();
});

test('probeProviders names every kind and starts nothing', async () => {
  const { context } = machine({ docker: deadDocker, java: java17 });
  expect(await probeProviders(context.env)).toEqual([
    { kind: 'external', available: false, reason: 'KAFKA_BENCH_BOOTSTRAP not set' },
    { kind: 'compose', available: false, reason: 'Docker engine not reachable' },
    { kind: 'local', available: false, reason: 'Java 17, but no KAFKA_HOME, no cached jars and no Maven' },
    { kind: 'mock', available: true, reason: expect.stringContaining('mock') as unknown },
  ]);
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
