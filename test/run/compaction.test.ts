import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import {
  contextIn,
  isolatedEnvironment,
  localRequest,
  noRealKafka,
} from '../../src/cluster/local/real-kafka.case.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { judgeEvidence } from '../../src/judge/delivery/files/judge-evidence.ts';
import { recordKinds } from '../../src/protocol/evidence/record.ts';
import { withoutRecord } from './evidence-without.ts';
import { runText } from './scenario-run.ts';

const shipped = readFileSync(resolve(import.meta.dirname, '../../scenarios/compaction.yaml'), 'utf8');
const cleaner = `cleanup.policy: compact, segment.ms: 1000, min.cleanable.dirty.ratio: 0.01, max.compaction.lag.ms: 1000`;

describe.skipIf(await noRealKafka())('log compaction by a broker', { timeout: 180_000 }, () => {
  let cluster: Cluster;
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  const results = mkdtempSync(join(tmpdir(), 'kafka-bench-compaction-'));
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    const request = localRequest({ brokers: 1, config: { 'log.cleaner.backoff.ms': '500' } });
    cluster = await openCluster(request, contextIn(env));
  }, 180_000);
  afterAll(async () => {
    await cluster.close();
    remove();
    rmSync(results, { recursive: true, force: true });
  });

  const run = async (text: string) => {
    const { bootstrap } = cluster;
    const { result } = await runText(text, { env, bootstrap, resultsDirectory: results });
    expect(result.outcome).toEqual({ state: 'completed' });
    const { delivery } = result.trials[0]!;
    return { delivery, evidence: join(results, delivery.evidence ?? '') };
  };

  test('the shipped scenario loses nothing, and its evidence says so too', async () => {
    const { delivery, evidence } = await run(
      shipped.replace(/^cluster: .*$/m, '').replace('measure: 15s', 'measure: 9s'),
    );
    expect(delivery).toMatchObject({ verdict: 'PASS', acked: 1800, lost: 0, unaudited: 0, anomalies: {} });
    expect(delivery.compacted).toBeGreaterThan(100);
    expect(delivery.present! + delivery.compacted!).toBe(1800);
    expect(delivery.groups[0]).toMatchObject({ expected: delivery.present, undelivered: 0 });
    expect(await judgeEvidence(evidence)).toEqual(delivery);

    // The newest of the first key in the log: its time is the key's hash + 1.
    const newest = new Map<string, number>();
    const { partition, offset } = withoutRecord(evidence, 'audit.kbev', (records) => {
      const found = records.filter(({ kind }) => kind === recordKinds.log);
      for (const { partition, time, offset } of found) newest.set(`${partition} ${time}`, offset);
      return found.find(
        ({ partition, time, offset, count, client }) =>
          count === 1 && client === 0 && newest.get(`${partition} ${time}`) === offset,
      )!;
    });
    const judged = await judgeEvidence(evidence);
    expect(judged).toMatchObject({ verdict: 'FAIL' });
    expect(judged.lost).toBeGreaterThanOrEqual(1);
    const named = judged.witnesses.filter(({ kind }) => kind === 'lost').map(({ acked }) => acked);
    expect(named).toContainEqual(expect.objectContaining({ partition, offset }));
  });

  test('compacted and deleted: what has a later record of its key is compacted, whatever retention took', async () => {
    const { delivery } = await run(`
topics:
  - { name: t, partitions: 1, replicationFactor: 1, config: { ${cleaner.replace('compact,', "'compact,delete',")} } }
producers:
  - { name: w, topic: t, for: 7s, rate: 200/s, key: { sequence: 20 }, client: { enable.idempotence: true } }
verify: { audit: tail }
`);
    expect(delivery).toMatchObject({ verdict: 'PASS', audit: 'tail', acked: 1400, lost: 0, unaudited: 0 });
    expect(delivery.compacted).toBeGreaterThan(100);
  });

  test('dead letters in a compacted topic: the last of each key stands for those before it', async () => {
    const { delivery } = await run(`
topics:
  - { name: t, partitions: 1, replicationFactor: 1 }
  - { name: dead, partitions: 1, replicationFactor: 1, config: { ${cleaner} } }
producers:
  - { name: w, topic: t, for: 8s, rate: 100/s, key: { uniform: 5 }, client: { enable.idempotence: true } }
consumers:
  - { name: r, topic: t, group: g, commit: { every: 20 }, processing: { failures: 50% }, deadLetter: { topic: dead, afterAttempts: 1 } }
`);
    expect(delivery).toMatchObject({ verdict: 'PASS', acked: 800, compacted: 0, lost: 0, anomalies: {} });
    const [group] = delivery.groups;
    expect(group).toMatchObject({ expected: 800, undelivered: 0 });
    expect(group!.deadLettered).toBeGreaterThan(200);
  });

  test('messages without a value delete their keys, and are gone when their time is up', async () => {
    // Each key is sent once: nothing but the age of a tombstone explains that it is gone.
    const { delivery } = await run(`
topics:
  - { name: t, partitions: 1, replicationFactor: 1, config: { ${cleaner}, delete.retention.ms: 1000 } }
producers:
  - { name: w, topic: t, for: 12s, rate: 100/s, key: { template: '\${seq}' }, envelope: header, tombstones: 100%, client: { enable.idempotence: true } }
consumers: [{ name: r, topic: t, group: g }]
`);
    expect(delivery).toMatchObject({ verdict: 'PASS', acked: 1200, lost: 0, unaudited: 0 });
    expect(delivery.compacted).toBeGreaterThan(0);
  });

  test('keys with a time in them cannot be told again: unknown, and not lost', async () => {
    // Several messages a millisecond have one key.
    const { delivery } = await run(`
topics:
  - { name: t, partitions: 1, replicationFactor: 1, config: { ${cleaner} } }
producers:
  - { name: w, topic: t, for: 5s, rate: 3000/s, key: { template: '\${now}' }, client: { enable.idempotence: true } }
`);
    expect(delivery).toMatchObject({ verdict: 'UNKNOWN', acked: 15_000, lost: 0, compacted: 0 });
    expect(delivery.unaudited).toBeGreaterThan(100);
    expect(delivery.reasons).toEqual([`unaudited: ${delivery.unaudited}`]);
  });
});
