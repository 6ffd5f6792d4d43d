import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connectAdmin } from '../admin/connect.ts';
import { runText } from '../../../test/run/scenario-run.ts';
import { clusterContract } from '../contract.case.ts';
import type { Cluster, ProxyControl } from '../cluster.ts';
import { downLocal, upLocal } from '../local/manage.ts';
import {
  contextIn,
  isolatedEnvironment,
  localRequest,
  noRealKafka,
  shortSessions,
} from '../local/real-kafka.case.ts';
import { ClusterStates } from '../local/state.ts';
import { openCluster } from '../open.ts';
import { Client } from './echo.case.ts';

const skipped = await noRealKafka();

describe.skipIf(skipped)('real Kafka behind the proxy', { timeout: 180_000 }, () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let cluster: Cluster;
  let proxy: ProxyControl;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    cluster = await openCluster(localRequest({ brokers: 2, proxy: true }), contextIn(env));
    proxy = cluster.proxy!;
  }, 180_000);
  afterAll(async () => {
    await cluster.close();
    remove();
  }, 60_000);

  afterEach(() => everyBroker((broker) => proxy.clear(broker)));

  /** Runs on the cluster of this file, through the proxy. */
  const run = (text: string) => runText(text, { env, bootstrap: cluster.bootstrap });
  const everyBroker = (act: (broker: string) => Promise<unknown>) =>
    Promise.all(cluster.brokers.map(({ name }) => act(name)));

  test('metadata advertises the ports of the proxy, and our own admin goes past it', async () => {
    const [state] = new ClusterStates(env).list();
    const advertised = state!.nodes.map(({ id, ports }) => ({
      id,
      host: '127.0.0.1',
      port: ports.advertised,
    }));
    expect(cluster.brokers.map(({ id, host, port }) => ({ id, host, port }))).toEqual(advertised);
    expect(cluster.why).toContain('behind the proxy');
    const client = await connectAdmin({ bootstrap: cluster.bootstrap });
    expect(await client.brokers()).toMatchObject(advertised);
    await client.close();
    await everyBroker((broker) => proxy.set(broker, { kind: 'cut' }));
    expect(await cluster.admin!.brokers()).toHaveLength(2);
    expect(state!.proxy!.pid).toBeGreaterThan(0);
    expect(await cluster.processIds!()).toContain(state!.proxy!.pid);
  });

  test('what is produced is consumed, all of it through the proxy', async () => {
    const before = await proxy.stats();
    const { result } = await run(`
topics: [{ name: through, partitions: 4, replicationFactor: 2 }]
producers: [{ name: writer, topic: through, messages: 2000, value: { bytes: 1000 } }]
consumers: [{ name: reader, topic: through, group: through }]
`);
    expect(result.trials[0]!.producers[0]).toMatchObject({ acked: 2000 });
    expect(result.trials[0]!.consumers[0]).toMatchObject({ messages: 2000 });
    const after = await proxy.stats();
    const passed = (direction: 'in' | 'out'): number =>
      after.reduce((sum, one, i) => sum + one[direction].forwarded - before[i]![direction].forwarded, 0);
    expect(passed('in')).toBeGreaterThan(2_000_000);
    expect(passed('out')).toBeGreaterThan(2_000_000);
  });

  test('added latency shows in acknowledgements, as much as was added', async () => {
    const ack = async () => {
      const { result } = await run(`
topics: [{ name: paced, partitions: 2, replicationFactor: 1 }]
producers: [{ name: writer, topic: paced, rate: 200/s, value: { bytes: 100 }, client: { acks: 1, linger.ms: 0 } }]
phases: { warmup: 1s, measure: 2s }
`);
      return result.trials[0]!.producers[0]!.latency.ack!;
    };
    // What else a machine does only ever adds: the least of many is what the way itself takes.
    let [plain, late] = [Infinity, Infinity];
    for (let round = 0; round < 6 && !(Math.abs(late - plain - 20_000) < 500); round++) {
      plain = Math.min(plain, (await ack()).min!);
      await everyBroker((broker) => proxy.set(broker, { kind: 'degrade', latency: 10_000 }));
      late = Math.min(late, (await ack()).min!);
      await everyBroker((broker) => proxy.clear(broker));
      expect(late).toBeGreaterThan(20_000);
    }
    expect(Math.abs(late - plain - 20_000), `${plain} ${late}`).toBeLessThan(500);
  });

  test('with responses to produce swallowed the producer times out, though the log has its messages', async () => {
    const before = await proxy.stats();
    await everyBroker((broker) => proxy.set(broker, { kind: 'drop', responses: 'produce' }));
    const { result } = await run(`
topics: [{ name: unheard, partitions: 1 }]
producers:
  - name: writer
    topic: unheard
    messages: 50
    value: { bytes: 100 }
    client: { acks: all, message.timeout.ms: 3000 }
consumers: [{ name: reader, topic: unheard, idleTimeout: 5s }]
`);
    expect(result.trials[0]!.producers[0]).toMatchObject({ acked: 0, indeterminate: 50 });
    expect(result.trials[0]!.errors).toMatchObject([{ scope: 'writer', code: '_MSG_TIMED_OUT', count: 50 }]);
    expect(result.trials[0]!.consumers[0]!.messages).toBeGreaterThanOrEqual(50);
    const swallowed = (await proxy.stats()).map(
      (one, i) => one.dropped.responses - before[i]!.dropped.responses,
    );
    expect(Math.max(...swallowed)).toBeGreaterThan(0);
  });

  test('with a response swallowed and the connection reset a producer without idempotence sends twice', async () => {
    await everyBroker((broker) =>
      proxy.set(broker, { kind: 'drop', responses: 'produce', share: 0.3, reset: true, seed: 7 }),
    );
    // The audit reads the log through the proxy too: it asks for no produce.
    const delivery = async (idempotent: boolean) => {
      const { result } = await run(`
topics: [{ name: twice, partitions: 1, replicationFactor: 2 }]
producers:
  - name: writer
    topic: twice
    messages: 100
    rate: 50/s
    value: { bytes: 100 }
    client: { acks: all, enable.idempotence: ${idempotent}, retry.backoff.ms: 10, reconnect.backoff.max.ms: 100 }
`);
      return result.trials[0]!.delivery;
    };
    const [twice, once] = [await delivery(false), await delivery(true)];
    expect(twice).toMatchObject({ acked: 100, present: 100, lost: 0 });
    expect(twice.anomalies['duplicate']).toBeGreaterThan(0);
    expect(once).toMatchObject({ acked: 100, present: 100, lost: 0, anomalies: {} });
    expect((await proxy.stats()).reduce((sum, one) => sum + one.dropped.responses, 0)).toBeGreaterThan(2);
  });
});

describe.skipIf(skipped)('clusters and their proxy', { timeout: 180_000 }, () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
  });
  afterAll(() => remove());

  clusterContract('local', {
    open: () => openCluster(localRequest({ brokers: 3, proxy: true, config: shortSessions }), contextIn(env)),
    brokers: 3,
    names: 'services',
    admin: true,
    actions: true,
    closeStops: true,
  });

  test('a kept cluster takes a proxy for a run, one at a time, and stays without it', async () => {
    const context = contextIn(env);
    const { cluster: up } = await upLocal(localRequest({ brokers: 1 }), context);
    try {
      const request = localRequest({ proxy: true });
      const first = await openCluster(request, context);
      expect(first.why).toContain(up.id);
      expect(first.bootstrap).not.toBe(up.bootstrap);
      const beside = await openCluster(localRequest(), context);
      expect(beside).toMatchObject({ bootstrap: up.bootstrap });
      expect(beside.proxy).toBeUndefined();
      const other = await openCluster(request, context);
      expect(other.why).not.toContain(up.id);
      await Promise.all([first, beside, other].map((cluster) => cluster.close()));

      const port = first.brokers[0]!.port;
      await expect(Client.open(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      const again = await openCluster(request, context);
      expect(again.bootstrap).toBe(first.bootstrap);
      await Client.open(port);
      await again.close();
      expect(new ClusterStates(env).read(up.id)).toMatchObject({ proxy: null, keep: true });
    } finally {
      expect(await downLocal(env)).toEqual([up.id]);
    }
  });
});

test.each([
  [{ kind: 'external', bootstrap: '127.0.0.1:1' }, /external: brokers that we do not start/],
  [{ kind: 'auto', bootstrap: '127.0.0.1:1' }, /external/],
  [{ kind: 'mock' }, /mock: the mock advertises/],
  [{ kind: 'compose' }, /compose/],
] as const)('a proxy is refused with %j', async (where, reason) => {
  const opening = openCluster(localRequest({ ...where, proxy: true }), contextIn({}));
  await expect(opening).rejects.toThrow(reason);
});
