import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brokerActions } from '../base/choices.ts';
import { sleep } from '../base/clock.ts';
import type { Cluster } from './cluster.ts';

export interface ContractOptions {
  /** Opens a cluster, the same way each time. */
  readonly open: () => Promise<Cluster>;
  readonly brokers: number;
  /** What the provider claims; the contract checks the claim and then what is claimed. */
  readonly admin: boolean;
  readonly actions: boolean;
  /** Names that the brokers must have; external ones are called by their address. */
  readonly names: 'services' | 'addresses';
  /** Whether `close` must stop what `open` gave, or leave it as it was. */
  readonly closeStops: boolean;
}

/** What every provider promises of its Cluster. Each provider's test file runs it once. */
export function clusterContract(kind: string, options: ContractOptions): void {
  describe(`${kind}: the contract of every cluster`, () => {
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await options.open();
    }, 180_000);
    afterAll(() => cluster.close(), 60_000);

    test('says what it is and why it was taken', () => {
      expect(cluster.kind).toBe(kind);
      expect(cluster.why).not.toBe('');
      expect(cluster.why).not.toContain('\n');
      expect(cluster.admin !== null).toBe(options.admin);
      expect([...cluster.actions]).toEqual(options.actions ? brokerActions : []);
    });

    test('its brokers accept connections and make up the bootstrap', async () => {
      expect(cluster.brokers).toHaveLength(options.brokers);
      for (const { host, port } of cluster.brokers) expect(await accepts(host, port)).toBe(true);
      expect(cluster.clientConfig['bootstrap.servers']).toBe(cluster.bootstrap);
    });

    test('its brokers carry distinct ids and the expected names', () => {
      const wanted = cluster.brokers.map(({ id, host, port }) =>
        options.names === 'services' ? `kafka${id}` : `${host}:${port}`,
      );
      expect(cluster.brokers.map((broker) => broker.name)).toEqual(wanted);
      expect(new Set(wanted).size).toBe(options.brokers);
    });

    if (options.admin) adminTests(() => cluster);

    test('refuses what it cannot do, and brokers that are not there', async () => {
      if (!cluster.actions.has('stop'))
        await expect(cluster.act('stop', cluster.brokers[0]!.name)).rejects.toThrow(/stop/);
      await expect(cluster.act('stop', 'kafka99')).rejects.toMatchObject({ name: 'BenchError' });
    });

    if (options.actions) actionTests(() => cluster);

    test('close stops only what open started, and may be called twice', { timeout: 60_000 }, async () => {
      await Promise.all([cluster.close(), cluster.close()]);
      await cluster.close();
      for (const { host, port } of cluster.brokers)
        expect(await accepts(host, port)).toBe(!options.closeStops);
    });
  });
}

function adminTests(cluster: () => Cluster): void {
  test('its admin creates, describes and deletes a topic', async () => {
    const { admin, brokers } = { ...cluster(), admin: cluster().admin! };
    const name = `contract-${Date.now()}`;
    await admin.createTopic({
      name,
      partitions: 4,
      replicationFactor: 1,
      config: { 'retention.ms': '3600000' },
    });
    const { partitions } = await admin.describeTopic(name);
    expect(partitions.map((p) => p.partition)).toEqual([0, 1, 2, 3]);
    const ids = brokers.map((broker) => broker.id);
    for (const partition of partitions) expect(ids).toContain(partition.leader);
    expect(await admin.offsets(name)).toEqual(
      [0, 1, 2, 3].map((partition) => ({ partition, start: 0, end: 0, stable: 0 })),
    );
    expect([...(await admin.logEnds(name))].sort()).toEqual([0, 1, 2, 3].map((partition) => [partition, 0]));
    expect((await admin.topicConfig(name))['retention.ms']).toBe('3600000');
    expect(await admin.topicConfigs([`${name}-never-made`, name], ['retention.ms'])).toEqual(
      new Map([[name, { 'retention.ms': '3600000' }]]),
    );
    expect(await admin.listTopics()).toContain(name);
    await admin.deleteTopics([name, `${name}-never-made`]);
    expect(await admin.listTopics()).not.toContain(name);
  });

  test('its admin knows of the group protocol of KIP-848', async () => {
    expect(await cluster().admin!.hasConsumerProtocol()).toBe(true);
  });

  test('its admin knows the controller', async () => {
    expect(await cluster().admin!.controller()).toBeTypeOf('number');
  });
}

function actionTests(cluster: () => Cluster): void {
  const second = (): [string, number] => [cluster().brokers[1]!.host, cluster().brokers[1]!.port];

  test('a stopped broker disappears and comes back', { timeout: 120_000 }, async () => {
    await cluster().act('stop', 'kafka2');
    await until(async () => !(await registered(cluster())).includes(2));
    expect(await accepts(...second())).toBe(false);
    await expect(cluster().act('stop', 'kafka2')).rejects.toMatchObject({ name: 'BenchError' });
    await cluster().act('start', 'kafka2');
    expect(await registered(cluster())).toContain(2);
  });

  test('a killed broker comes back', { timeout: 120_000 }, async () => {
    await cluster().act('kill', 'kafka2');
    expect(await accepts(...second())).toBe(false);
    await cluster().act('start', 'kafka2');
    expect(await registered(cluster())).toContain(2);
  });

  test('a paused broker loses its session and regains it', { timeout: 120_000 }, async () => {
    await cluster().act('pause', 'kafka2');
    await until(async () => !(await registered(cluster())).includes(2));
    await cluster().act('unpause', 'kafka2');
    await until(async () => (await registered(cluster())).includes(2));
  });
}

async function registered(cluster: Cluster): Promise<number[]> {
  return (await cluster.admin!.brokers()).map((broker) => broker.id);
}

/** Polls until `condition` holds; fails the test after a minute. */
export async function until(condition: () => Promise<boolean>, millis = 60_000): Promise<void> {
  const deadline = performance.now() + millis;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${millis / 1000} s`);
    await sleep(200);
  }
}

/** Whether something listens there. */
export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
