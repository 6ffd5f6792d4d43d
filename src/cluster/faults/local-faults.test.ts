import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectAdmin } from '../admin/connect.ts';
import { monotonic, sleep } from '../../base/clock.ts';
import type { Cluster } from '../cluster.ts';
import { until } from '../contract.case.ts';
import { actLocal } from '../local/manage.ts';
import {
  contextIn,
  isolatedEnvironment,
  localRequest,
  noRealKafka,
  shortSessions,
} from '../local/real-kafka.case.ts';
import { ClusterStates } from '../local/state.ts';
import { openCluster } from '../open.ts';
import { openDriver } from './drivers/open.ts';
import type { FaultDriver } from './driver.ts';
import type { FaultSpec } from './fault.ts';
import { Journal, journalDirectory } from './journal.ts';
import { adminMetadata, hasPreferredLeaders } from './metadata.ts';
import type { FaultMetadata } from './metadata.ts';
import { ClusterWatcher } from './observe.ts';
import { planFaults } from './plan.ts';
import type { FaultRecord } from '../../protocol/fault-record.ts';
import { Timeline } from './timeline.ts';

const skipped = await noRealKafka();
const second = 1e6;

describe.skipIf(skipped)('faults to local Kafka', { timeout: 240_000 }, () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let cluster: Cluster;
  let driver: FaultDriver;
  let metadata: FaultMetadata;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    const config = { ...shortSessions, 'leader.imbalance.check.interval.seconds': '2' };
    cluster = await openCluster(localRequest({ brokers: 3, config, proxy: true }), contextIn(env));
    const topic = `orders-${randomBytes(3).toString('hex')}`;
    await cluster.admin!.createTopic({ name: topic, partitions: 3, replicationFactor: 3, config: {} });
    driver = await openDriver(cluster, { env, cwd: '/', seed: 1 });
    metadata = adminMetadata(cluster.admin!, { topics: new Map([['orders', topic]]), groups: new Map() });
  }, 180_000);
  afterAll(async () => {
    await cluster.close();
    remove();
  }, 60_000);

  async function play(specs: readonly FaultSpec[]): Promise<{
    records: readonly FaultRecord[];
    watcher: ClusterWatcher;
    took: number;
  }> {
    const plan = planFaults(specs, {
      provider: 'cluster: local',
      actions: driver.actions,
      wipe: driver.wipe !== undefined,
      network: driver.network,
      coordinators: false,
      brokers: driver.brokers,
    });
    const journal = new Journal('test', env);
    const timeline = new Timeline({ plan, driver, metadata, journal, seed: 1, acked: () => 0 });
    const { brokers, states } = driver;
    const watcher = new ClusterWatcher({ brokers, metadata, states, planned: timeline });
    watcher.start();
    const start = monotonic.now();
    timeline.start(start);
    await timeline.done();
    const took = monotonic.now() - start;
    expect(await timeline.end()).toEqual([]);
    await watcher.stop();
    journal.close();
    return { records: timeline.records, watcher, took };
  }

  test('stop of a leader: in place, seen, undone, explained', async () => {
    const { records, watcher } = await play([
      { at: second, stop: { leaderOf: { topic: 'orders', partition: 0 } }, for: 3 * second },
    ]);
    const [record] = records;
    expect(record).toMatchObject({ effective: true, notes: [] });
    expect(record!.observed).toMatch(/kafka\d stopped after/);
    expect(record!.observed).toMatch(/kafka\d gone from metadata after/);
    expect(record!.healing! - record!.injected!).toBeGreaterThanOrEqual(3 * second);
    expect(record!.ended!).toBeGreaterThan(record!.healing!);
    expect(watcher.observed).toEqual([]);
    const leaders = watcher.changes.filter(({ kind }) => kind === 'leader');
    expect(leaders.length).toBeGreaterThan(0);
    expect(new Set(watcher.changes.map(({ fault }) => fault))).toEqual(new Set([record!.id]));
    expect(readdirSync(journalDirectory(env))).toEqual([]);
  });

  test('pause and kill of the same broker, with leaders home in between', async () => {
    const { records } = await play([
      // Its session ends after some three seconds, on a busy machine later.
      { id: 'frozen', at: 0, pause: 'kafka2', for: 12 * second },
      { id: 'killed', after: { healed: 'frozen' }, kill: 'kafka2', for: second },
    ]);
    expect(records).toMatchObject([
      { effective: true, observed: expect.stringContaining('kafka2 paused') as unknown },
      { effective: true, observed: expect.stringContaining('kafka2 stopped') as unknown },
    ]);
    expect(records[0]!.observed).toContain('gone from metadata');
    expect(records[1]!.notes.join()).not.toContain('without preferred leaders');
  });

  test('wipe: the disk is empty, and the broker fills it again', async () => {
    await until(async () => hasPreferredLeaders(await metadata.look()));
    const { records } = await play([{ at: 0, wipe: 'kafka3' }]);
    expect(records[0]).toMatchObject({ effective: true });
    expect(records[0]!.observed).toMatch(/log directory emptied: [1-9]\d* partitions/);
    await until(async () => {
      const { partitions } = await metadata.look();
      return partitions.every(({ inSync }) => inSync.includes(3));
    });
    const { directory } = new ClusterStates(env).list()[0]!;
    const logs = readdirSync(join(directory, 'kafka3', 'data')).filter((name) => name.startsWith('orders-'));
    expect(logs).toHaveLength(3);
  });

  test('rolling: one after another, each back in sync before the next', async () => {
    const { records, watcher } = await play([{ at: 0, rolling: 'all' }]);
    expect(records[0]).toMatchObject({ effective: true, resolved: ['kafka1', 'kafka2', 'kafka3'] });
    const counts = watcher.changes.flatMap((change) => (change.kind === 'in-sync' ? [change.to.length] : []));
    expect(Math.min(...counts)).toBe(2);
  });

  test('drop swallows requests at the proxy, and only while it lasts', async () => {
    const through = await connectAdmin({ bootstrap: cluster.bootstrap, timeoutMillis: 1_000 });
    const asking = new AbortController();
    const asks = (async () => {
      while (!asking.signal.aborted) await Promise.all([through.brokers().catch(() => []), sleep(50)]);
    })();
    try {
      const faults = ['kafka1', 'kafka2', 'kafka3'].map((target) => ({
        at: second / 2,
        drop: { target, requests: 'all' as const },
        for: 3 * second,
      }));
      const { records } = await play(faults);
      const seen = records.filter(({ effective }) => effective);
      expect(seen.length).toBeGreaterThan(0);
      expect(seen[0]!.observed).toMatch(/drop seen by connections after .*: \d+ requests? swallowed/);
      expect(records.every(({ ended }) => ended !== null)).toBe(true);
      await until(() => through.brokers().then((list) => list.length === 3));
    } finally {
      asking.abort();
      await asks;
      await through.close();
    }
  });

  test('a broker that is stopped by hand is observed, with from and to', async () => {
    const { brokers, states } = driver;
    const watcher = new ClusterWatcher({ brokers, metadata, states });
    watcher.start();
    const id = new ClusterStates(env).list()[0]!.id;
    await until(async () => hasPreferredLeaders(await metadata.look()));
    const before = monotonic.now();
    await actLocal(env, 'pause', 'kafka1', id);
    await until(() => Promise.resolve(watcher.observed.length > 0));
    expect(monotonic.now() - before).toBeLessThan(2 * second);
    await actLocal(env, 'unpause', 'kafka1', id);
    await until(() => Promise.resolve(watcher.observed[0]!.ended !== null));
    await watcher.stop();
    expect(watcher.observed).toMatchObject([{ source: 'observed', action: 'pause', target: 'kafka1' }]);
  });
});
