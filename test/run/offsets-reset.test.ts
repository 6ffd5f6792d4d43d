import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Admin } from '../../src/cluster/admin/admin.ts';
import { sleep } from '../../src/base/clock.ts';
import { runOffsetsReset } from '../../src/cli/offsets.ts';
import type { ResetArguments } from '../../src/cli/offsets.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { missing } from '../requirements.ts';
import { cellsOf, consoleConsumer, groupCommand, kafkaTool, produceRecords } from './kafka-tools.ts';

const topic = 'orders';
const group = 'readers';

/** For ended consumers of the consumer protocol to be missed soon; that session is the broker's to set. */
const shortSessions = {
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.session.timeout.ms': '3000',
  'group.consumer.min.heartbeat.interval.ms': '500',
  'group.consumer.heartbeat.interval.ms': '1000',
};

describe.skipIf(missing('java', 'maven'))(
  'offsets reset beside Kafka’s own tool',
  { timeout: 120_000 },
  () => {
    let env: NodeJS.ProcessEnv;
    let remove: () => void;
    let cluster: Cluster;
    let admin: Admin;
    /** Between the first and the second half of the records. */
    let middle: number;
    beforeAll(async () => {
      ({ env, remove } = await isolatedEnvironment());
      cluster = await openCluster(localRequest({ brokers: 2, config: shortSessions }), contextIn(env));
      admin = cluster.admin!;
      await admin.createTopic({ name: topic, partitions: 3, replicationFactor: 1, config: {} });
      await produceRecords(env, cluster.bootstrap, topic, 1500);
      await sleep(20);
      middle = Date.now();
      await sleep(20);
      await produceRecords(env, cluster.bootstrap, topic, 1500);
      await deleteBefore(20);
      await admin.commitOffsets(
        group,
        [0, 1, 2].map((partition) => ({ topic, partition, offset: 100 + partition })),
      );
    }, 180_000);
    afterAll(async () => {
      await cluster.close();
      remove();
    }, 60_000);

    /** So that the logs do not begin at 0. */
    const deleteBefore = async (offset: number): Promise<void> => {
      const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-test-'));
      const file = join(directory, 'delete.json');
      const partitions = [0, 1, 2].map((partition) => ({ topic, partition, offset }));
      writeFileSync(file, JSON.stringify({ version: 1, partitions }));
      await kafkaTool(
        env,
        'org.apache.kafka.tools.DeleteRecordsCommand',
        ...['--bootstrap-server', cluster.bootstrap, '--offset-json-file', file],
      );
      rmSync(directory, { recursive: true });
    };

    const reset = async (of: string, args: ResetArguments): Promise<{ rows: string[][]; err: string[] }> => {
      const out: string[] = [];
      const err: string[] = [];
      const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) };
      expect(await runOffsetsReset(of, { bootstrap: cluster.bootstrap, ...args }, io)).toBe(0);
      return { rows: cellsOf(out.join('\n')), err };
    };
    /** Topic, partition and new offset that Kafka's tool would set; it prints partitions in any order. */
    const theirs = async (...args: string[]): Promise<string[][]> => {
      const text = await groupCommand(env, cluster.bootstrap, group, '--reset-offsets', '--dry-run', ...args);
      return cellsOf(text)
        .filter(([name]) => name === group)
        .map((row) => row.slice(1))
        .sort(([, a], [, b]) => Number(a) - Number(b));
    };
    const committed = async (of: string) =>
      (await admin.committedOffsets(of)).map(({ partition, offset }) => [partition, offset]);
    const iso = (millis: number) => new Date(millis).toISOString();

    test.each<[to: string, theirs: string[]] | [to: () => string, theirs: () => string[]]>([
      ['earliest', ['--to-earliest']],
      ['latest', ['--to-latest']],
      ['offset:50', ['--to-offset', '50']],
      ['offset:3', ['--to-offset', '3']],
      ['offset:99999', ['--to-offset', '99999']],
      ['shift-by:7', ['--shift-by', '7']],
      ['shift-by:-40', ['--shift-by', '-40']],
      ['shift-by:-99999', ['--shift-by', '-99999']],
      ['shift-by:99999', ['--shift-by', '99999']],
      [() => `datetime:${iso(middle)}`, () => ['--to-datetime', iso(middle)]],
      [
        () => `datetime:${iso(middle).replace('Z', '+01:00')}`,
        () => ['--to-datetime', iso(middle).replace('Z', '+01:00')],
      ],
      [
        () => `datetime:${iso(middle).replace('Z', '')}`,
        () => ['--to-datetime', iso(middle).replace('Z', '')],
      ],
      ['datetime:2099-01-01T00:00:00.000', ['--to-datetime', '2099-01-01T00:00:00.000']],
    ])('--to %s', async (to, option) => {
      const before = await committed(group);
      const target = typeof to === 'function' ? to() : to;
      const { rows, err } = await reset(group, { topic: [topic], to: target, dryRun: true });
      const others = await theirs('--topic', topic, ...(typeof option === 'function' ? option() : option));
      expect(others).toHaveLength(3);
      expect(rows[0]).toEqual(['GROUP', 'TOPIC', 'PARTITION', 'CURRENT-OFFSET', 'NEW-OFFSET']);
      expect(rows.slice(1).map(([, name, partition, , offset]) => [name, partition, offset])).toEqual(others);
      expect(rows.slice(1).map((row) => Number(row[3]))).toEqual([100, 101, 102]);
      expect(err.at(-1)).toBe('dry run: nothing was changed');
      expect(await committed(group)).toEqual(before);
    });

    test('the time between the halves is neither end of the log', async () => {
      const { rows } = await reset(group, { topic: [topic], to: `datetime:${iso(middle)}`, dryRun: true });
      const ranges = await admin.offsets(topic);
      for (const [i, { start, end }] of ranges.entries()) {
        expect(Number(rows[i + 1]![4])).toBeGreaterThan(start);
        expect(Number(rows[i + 1]![4])).toBeLessThan(end);
      }
      expect(rows.slice(1).reduce((sum, row) => sum + Number(row[4]), 0)).toBe(1500);
    });

    test('only the partitions that are named, in a group that was not there', async () => {
      const { rows, err } = await reset('fresh', { topic: [`${topic}:2,0`], to: 'offset:5' });
      expect(rows.slice(1)).toEqual([
        ['fresh', topic, '0', '-', '20'],
        ['fresh', topic, '2', '-', '20'],
      ]);
      expect(err).toEqual([0, 2].map((p) => `${topic}:${p}: 5 is before the log begins: set to 20`));
      const described = cellsOf(await groupCommand(env, cluster.bootstrap, 'fresh', '--describe'));
      expect(described.slice(1).map((row) => row.slice(2, 4))).toEqual([
        ['0', '20'],
        ['2', '20'],
      ]);
      await expect(reset('fresh', { topic: [topic], to: 'shift-by:1' })).rejects.toThrow(
        `group fresh has committed nothing in ${topic}:1 to shift`,
      );
      await expect(reset('fresh', { topic: [`${topic}:3`], to: 'latest' })).rejects.toThrow(
        `topic ${topic} has no partition 3`,
      );
      expect(await committed('fresh')).toEqual([
        [0, 20],
        [2, 20],
      ]);
    });

    test.each(['classic', 'consumer'])(
      'an active %s group is refused, and let in when it is not',
      async (protocol) => {
        const active = `active-${protocol}`;
        const session = protocol === 'classic' ? ['session.timeout.ms=6000'] : [];
        const properties = [`group.protocol=${protocol}`, 'auto.commit.interval.ms=100', ...session];
        const consumer = consoleConsumer(env, cluster.bootstrap, { topic, group: active, properties });
        onTestFinished(() => consumer.end());
        const until = async (state: string): Promise<void> => {
          for (let i = 0; (await admin.describeGroup(active))?.state !== state; i++) {
            expect(i, `never ${state}`).toBeLessThan(200);
            await sleep(200);
          }
        };
        await until('Stable');
        for (const dryRun of [true, false]) {
          await expect(reset(active, { topic: [topic], to: 'earliest', dryRun })).rejects.toThrow(
            `offsets can only be reset while group ${active} is inactive, but its state is Stable`,
          );
        }
        const args = ['--reset-offsets', '--to-earliest', '--topic', topic, '--dry-run'];
        expect(await groupCommand(env, cluster.bootstrap, active, ...args)).toMatch(
          /can only be reset if the group '.*' is inactive, but the current state is Stable/,
        );

        await consumer.end();
        await until('Empty');
        await reset(active, { topic: [topic], to: 'offset:60' });
        const described = cellsOf(await groupCommand(env, cluster.bootstrap, active, '--describe'));
        expect(described.slice(1).map((row) => row[3])).toEqual(['60', '60', '60']);
      },
    );
  },
);
