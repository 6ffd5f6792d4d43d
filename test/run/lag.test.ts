import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Admin } from '../../src/cluster/admin/admin.ts';
import { sleep } from '../../src/base/clock.ts';
import { runLag } from '../../src/cli/lag.ts';
import type { LagArguments } from '../../src/cli/lag.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { missing } from '../requirements.ts';
import { cellsOf, consoleConsumer, groupCommand, produceRecords } from './kafka-tools.ts';

describe.skipIf(missing('java', 'maven'))('lag as Kafka’s own tool tells it', { timeout: 120_000 }, () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let cluster: Cluster;
  let admin: Admin;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    cluster = await openCluster(localRequest({ brokers: 3 }), contextIn(env));
    admin = cluster.admin!;
    await topicWith('orders', 3000);
    await topicWith('parcels', 300);
  }, 180_000);
  afterAll(async () => {
    await cluster.close();
    remove();
  }, 60_000);

  const topicWith = async (name: string, records: number): Promise<void> => {
    await admin.createTopic({ name, partitions: 3, replicationFactor: 1, config: {} });
    await produceRecords(env, cluster.bootstrap, name, records);
  };

  /** A console consumer that runs to the end of the test; with `commits`, what it has read soon is committed. */
  const consumer = (group: string, topic: string, protocol: string, commits: boolean) => {
    const properties = [
      `group.protocol=${protocol}`,
      `enable.auto.commit=${commits}`,
      'auto.commit.interval.ms=200',
      // The shortest that brokers allow: ended consumers are missed soon.
      ...(protocol === 'classic' ? ['session.timeout.ms=6000'] : []),
      `client.id=${group}-client`,
    ];
    const tool = consoleConsumer(env, cluster.bootstrap, { topic, group, properties });
    onTestFinished(() => tool.end());
    return tool;
  };

  const printed = async (
    group: string,
    args: LagArguments = {},
  ): Promise<{ out: string[]; err: string[] }> => {
    const out: string[] = [];
    const err: string[] = [];
    const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) };
    expect(await runLag(group, { bootstrap: cluster.bootstrap, ...args }, io)).toBe(0);
    return { out, err };
  };
  const ours = async (group: string): Promise<string[][]> => cellsOf((await printed(group)).out.join('\n'));
  const theirs = async (group: string): Promise<string[][]> =>
    cellsOf(await groupCommand(env, cluster.bootstrap, group, '--describe'));
  const eventually = async (is: () => Promise<boolean>): Promise<void> => {
    for (let i = 0; !(await is()); i++) {
      expect(i, 'waited in vain').toBeLessThan(200);
      await sleep(200);
    }
  };

  test('an active classic group of two members, and inactive when they have gone', async () => {
    const consumers = [1, 2].map(() => consumer('classic', 'orders', 'classic', true));
    const members = async () => {
      const found = await admin.describeGroup('classic');
      return found?.state === 'Stable' && found.members.length === 2;
    };
    await eventually(members);
    await eventually(async () => (await ours('classic')).slice(1).every((row) => row[5] === '0'));
    const table = await ours('classic');
    expect(table).toEqual(await theirs('classic'));
    expect(table).toHaveLength(4);
    expect(table[1]!.slice(7)).toEqual(['/127.0.0.1', 'classic-client']);
    expect(new Set(table.slice(1).map((row) => row[6])).size).toBe(2);
    expect(await admin.describeGroup('classic')).toMatchObject({ protocol: 'classic' });
    expect(table.slice(1).reduce((sum, row) => sum + Number(row[3]), 0)).toBe(3000);
    await expect(
      admin.commitOffsets('classic', [{ topic: 'orders', partition: 0, offset: 0 }]),
    ).rejects.toThrow('offsets can only be reset while group classic is inactive, but it has members');

    await Promise.all(consumers.map((each) => each.end()));
    await eventually(async () => (await admin.describeGroup('classic'))?.state === 'Empty');
    const left = await ours('classic');
    expect(left).toEqual(await theirs('classic'));
    expect(left.slice(1).map((row) => row.slice(6))).toEqual(Array(3).fill(['-', '-', '-']));
  });

  test('a group of the consumer protocol', async () => {
    consumer('modern', 'orders', 'consumer', true);
    await eventually(async () => (await admin.describeGroup('modern')) !== null);
    await eventually(async () => {
      const rows = (await ours('modern')).slice(1);
      return rows.length === 3 && rows.every((row) => row[5] === '0');
    });
    expect(await admin.describeGroup('modern')).toMatchObject({ protocol: 'consumer', state: 'Stable' });
    const table = await ours('modern');
    expect(table).toEqual(await theirs('modern'));
    expect(table[1]!.slice(7)).toEqual(['/127.0.0.1', 'modern-client']);
  });

  test.each(['classic', 'consumer'])(
    'a %s group that has committed part of what it reads',
    async (protocol) => {
      const group = `partly-${protocol}`;
      await admin.commitOffsets(group, [
        { topic: 'orders', partition: 1, offset: 7 },
        { topic: 'parcels', partition: 2, offset: 3 },
      ]);
      const inactive = await ours(group);
      expect(inactive).toEqual(await theirs(group));
      expect(inactive.slice(1).map((row) => [...row.slice(1, 4), ...row.slice(6)])).toEqual([
        ['orders', '1', '7', '-', '-', '-'],
        ['parcels', '2', '3', '-', '-', '-'],
      ]);
      expect((await printed(group)).err).toEqual([`group ${group} has no active members`]);

      consumer(group, 'orders', protocol, false);
      await eventually(async () => (await ours(group)).length === 5);
      const table = await ours(group);
      expect(table).toEqual(await theirs(group));
      expect(table.slice(1).map((row) => row[3])).toEqual(['-', '7', '-', '3']);
      expect(table.slice(1).map((row) => row[8])).toEqual([...Array<string>(3).fill(`${group}-client`), '-']);
    },
  );

  test('--json, --watch, and a group that is not there', async () => {
    await admin.commitOffsets('readers', [{ topic: 'parcels', partition: 0, offset: 1 }]);
    const end = (await admin.endOffsets('parcels')).get(0)!;
    const line = {
      ...{ topic: 'parcels', partition: 0, currentOffset: 1, logEndOffset: end, lag: end - 1 },
      ...{ logStartOffset: 0, removed: 0, consumerId: null, host: null, clientId: null },
    };
    const reading = { group: 'readers', protocol: 'classic', state: 'Empty', partitions: [line] };
    expect(JSON.parse((await printed('readers', { json: true })).out.join(''))).toEqual(reading);

    const stop = new AbortController();
    const watching = printed('readers', { json: true, watch: true, interval: '100ms', stop: stop.signal });
    await sleep(1500);
    stop.abort();
    const { out } = await watching;
    expect(out.length).toBeGreaterThanOrEqual(3);
    expect(out.map((each) => JSON.parse(each) as unknown)).toEqual(out.map(() => reading));

    const missed = printed('nobody').catch((error: unknown) => error);
    expect(await missed).toMatchObject({
      message: 'there is no consumer group nobody',
      hint: expect.stringContaining('readers') as string,
    });
    expect(await admin.describeGroup('nobody')).toBeNull();
    expect(await admin.committedOffsets('nobody')).toEqual([]);
  });

  test('a partition without a leader has no end', async () => {
    const group = 'leaderless';
    await admin.commitOffsets(
      group,
      [0, 1, 2].map((partition) => ({ topic: 'orders', partition, offset: partition })),
    );
    const [coordinator, controller] = [await admin.coordinator(group), await admin.controller()];
    const stopped = cluster.brokers.find(({ id }) => id !== coordinator && id !== controller)!;
    await cluster.act('stop', stopped.name);
    onTestFinished(async () => {
      await cluster.act('start', stopped.name);
    });
    await eventually(async () =>
      (await admin.describeTopic('orders')).partitions.some(({ leader }) => leader < 0),
    );
    const table = await ours(group);
    expect(table).toEqual(await theirs(group));
    // One replica each, and a partition of three on every broker.
    expect(table.slice(1).filter((row) => row[4] === '-' && row[5] === '-')).toHaveLength(1);
  });
});
