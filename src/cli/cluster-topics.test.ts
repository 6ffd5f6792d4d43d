import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isolatedEnvironment, noRealKafka } from '../cluster/local/real-kafka.case.ts';
import { identityOf } from '../cluster/local/process-identity.ts';
import { runCluster } from './cluster.ts';
import type { ClusterArguments, ClusterCommand } from './cluster.ts';
import { runGroupsList } from './groups.ts';
import { runOffsetsReset } from './offsets.ts';
import { table } from './table.ts';
import { runTopics } from './topics.ts';
import type { TopicsArguments, TopicsCommand } from './topics.ts';

test('table aligns text to the left and numbers to the right', () => {
  expect(
    table(
      ['name', 'count'],
      [
        ['a', 5],
        ['longer', 1234],
      ],
    ),
  ).toEqual(['name    count', 'a           5', 'longer   1234']);
  expect(table(['name', 'x'], [])).toEqual(['name  x']);
});

const nowhere: NodeJS.ProcessEnv = { PATH: '', KAFKA_BENCH_CACHE: '/nonexistent/kafka-bench' };

describe('without a cluster', () => {
  const io = { out: () => undefined, err: () => undefined };

  test('status and down say so', async () => {
    const lines: string[] = [];
    const collecting = { out: (line: string) => lines.push(line), err: io.err };
    expect(await runCluster('status', { env: nowhere }, collecting)).toBe(0);
    expect(lines).toEqual(['no cluster is up']);
  });

  test.each([
    ['stop without a broker', () => runCluster('stop', { env: nowhere }, io), /needs the name of a broker/],
    ['stop', () => runCluster('stop', { broker: 'kafka2', env: nowhere }, io), /no cluster is up/],
    ['topics list', () => runTopics('list', { env: nowhere }, io), /no cluster to ask/],
    [
      'topics create without a name',
      () => runTopics('create', { env: nowhere }, io),
      /needs the name of a topic/,
    ],
    [
      'a bad --config',
      () => runTopics('create', { name: 't', config: ['x'], env: nowhere }, io),
      /"x" is not of the form/,
    ],
  ])('%s is an error that says what to do', async (_, command, message) => {
    await expect(command()).rejects.toThrow(message);
  });
});

const skipped = await noRealKafka();

describe.skipIf(skipped)('with a local cluster', { timeout: 180_000 }, () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    // No Docker here, whatever the machine has: compose has its own test.
    env['DOCKER_HOST'] = 'unix:///nonexistent/docker.sock';
  });
  afterAll(async () => {
    await runCluster('down', { env }, { out: () => undefined, err: () => undefined });
    remove();
  });

  const printed = async (
    run: (io: { out: (l: string) => void; err: (l: string) => void }) => Promise<number>,
  ) => {
    const lines: string[] = [];
    const code = await run({ out: (line) => lines.push(line), err: () => undefined });
    expect(code).toBe(0);
    return lines;
  };
  const cluster = (action: ClusterCommand, args: ClusterArguments = {}) =>
    printed((io) => runCluster(action, { env, ...args }, io));
  const topics = (action: TopicsCommand, args: TopicsArguments = {}) =>
    printed((io) => runTopics(action, { env, ...args }, io));

  test('up, act, topics and down', async () => {
    const up = await cluster('up', { brokers: 2 });
    expect(up[0]).toMatch(/^local Kafka \d+\.\d+\.\d+ is up \([0-9a-f]{8}\)$/);
    // By its address it would be somebody's cluster, in which faults are refused.
    expect(up.join('\n')).not.toContain('KAFKA_BENCH_BOOTSTRAP');
    expect(up[2]).toContain('find it by themselves');

    expect(
      await topics('create', { name: 'orders', partitions: 2, config: ['min.insync.replicas=1'] }),
    ).toEqual([
      'orders: 2 partitions, replication factor 2, min ISR 1',
      '  partition  leader  replicas  in sync  first offset  next offset',
      expect.stringMatching(/^ +0 {2}[12] +[12],[12] +[12],[12] +0 +0$/) as unknown,
      expect.stringMatching(/^ +1 {2}/) as unknown,
    ]);
    expect(await topics('list')).toEqual(['orders']);

    expect(await printed((io) => runGroupsList({ env }, io))).toEqual([]);
    await printed((io) =>
      runOffsetsReset('billing-1a2b3c4d', { topic: ['orders'], to: 'earliest', env }, io),
    );
    expect(await printed((io) => runGroupsList({ env }, io))).toEqual([
      'GROUP             STATE',
      'billing-1a2b3c4d  Empty',
    ]);

    expect(await cluster('stop', { broker: 'kafka2' })).toEqual([
      expect.stringMatching(/^kafka2 of local cluster [0-9a-f]{8}: stopped$/) as unknown,
    ]);
    const status = await cluster('status');
    expect(status[0]).toMatch(/^local [0-9a-f]{8}: Kafka .*, until cluster down, /);
    expect(status.slice(2).map((line) => line.trim().split(/ {2,}/).at(-1))).toEqual(['running', 'stopped']);
    await expect(cluster('stop', { broker: 'kafka2' })).rejects.toThrow(/kafka2 is not running/);
    await expect(cluster('stop', { broker: 'kafka7' })).rejects.toThrow(/there is no broker kafka7/);
    await cluster('start', { broker: 'kafka2' });

    expect(await topics('delete', { name: 'orders' })).toEqual(['deleted orders']);
    await expect(topics('delete', { name: 'orders' })).rejects.toThrow(/there is no topic orders/);
    // As another process that runs something there.
    const note = join(env['KAFKA_BENCH_CACHE']!, 'users', `${up[0]!.slice(-9, -1)}.1.json`);
    mkdirSync(dirname(note), { recursive: true });
    writeFileSync(note, JSON.stringify({ owner: identityOf(process.ppid), what: null }));
    await expect(cluster('down')).rejects.toThrow(`is used by a run (process ${process.ppid})`);
    expect((await cluster('status'))[0]).toMatch(/^local /);
    expect(await cluster('down', { force: true })).toEqual([
      expect.stringMatching(/^stopped [0-9a-f]{8}$/) as unknown,
    ]);
    expect(await cluster('down')).toEqual(['no local cluster was up']);
  });
});
