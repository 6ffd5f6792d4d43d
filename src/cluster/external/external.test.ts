import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../cluster.ts';
import { accepts, clusterContract } from '../contract.case.ts';
import { contextIn, isolatedEnvironment, localRequest, noRealKafka } from '../local/real-kafka.case.ts';
import { listLocal } from '../local/manage.ts';
import { openCluster } from '../open.ts';
import type { ClusterRequest } from '../request.ts';

const skipped = await noRealKafka();

describe.skipIf(skipped)('an external cluster', { timeout: 120_000 }, () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let host: Cluster;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    host = await openCluster(localRequest({ brokers: 1 }), contextIn(env));
    env['KAFKA_BENCH_BOOTSTRAP'] = host.bootstrap;
  }, 120_000);
  afterAll(async () => {
    await host.close();
    remove();
  });

  const external = (more: Partial<ClusterRequest> = {}) =>
    openCluster({ kind: 'auto', controllers: 'combined', config: {}, ...more }, contextIn(env));

  clusterContract('external', {
    open: () => external(),
    brokers: 1,
    names: 'addresses',
    admin: true,
    actions: false,
    closeStops: false,
  });

  test('is left as it was', async () => {
    await (await external()).close();
    await (await external({ bootstrap: host.bootstrap })).close({ keep: false });
    expect(listLocal(env).flatMap((cluster) => cluster.nodes.map((node) => node.status))).toEqual([
      'running',
    ]);
    expect(await accepts('127.0.0.1', host.brokers[0]!.port)).toBe(true);
  });

  test('with fewer brokers than asked is refused', async () => {
    await expect(external({ brokers: 2 })).rejects.toThrow(/2 brokers are asked, .* has 1/);
  });

  test('that speaks no TLS says so instead of hanging', async () => {
    await expect(external({ security: { protocol: 'SSL' } })).rejects.toMatchObject({ code: 'cluster' });
  });
});
