import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { judgeEvidence } from '../../src/judge/delivery/files/judge-evidence.ts';
import { missing } from '../requirements.ts';
import { endOffsets } from './kafka-tools.ts';
import { runText } from './scenario-run.ts';

describe.skipIf(missing('java', 'maven'))('delivery on real Kafka', () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let cluster: Cluster;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    cluster = await openCluster(localRequest({ brokers: 3 }), contextIn(env));
  }, 120_000);
  afterAll(async () => {
    await cluster.close();
    remove();
  }, 90_000);

  const runHere = (text: string, options: Parameters<typeof runText>[1] = {}) =>
    runText(text, { env, bootstrap: cluster.bootstrap, ...options });

  describe('a healthy run', () => {
    /** Both places of an envelope, with keys and without; a group of two and a reader of its own. */
    const healthy = (client: string, rest: string): string => `
topics: [{ name: orders, partitions: 3, replicationFactor: 3 }]
producers:
  - { name: bare, topic: orders, count: 2, messages: 2000, rate: 2000/s, value: { bytes: 100 }, client: { ${client} } }
  - name: keyed
    topic: orders
    messages: 1000
    rate: 1000/s
    key: { zipf: { n: 50, s: 1.1 } }
    value: { json: { id: '\${uuid}', content: 'message \${seq}' } }
    client: { ${client} }
consumers:
  - { name: pair, topic: orders, group: pair, count: 2, commit: { every: 100 } }
  - { name: alone, topic: orders }
${rest}
`;
    const group = (name: string) => ({
      name,
      expected: 3000,
      processed: 3000,
      undelivered: 0,
      deadLettered: 0,
      excused: 0,
    });
    const clean = {
      audit: 'full',
      verdict: 'PASS',
      reasons: [],
      attempted: 3000,
      rejected: 0,
      indeterminate: 0,
      present: 3000,
      unaudited: 0,
      foreign: 0,
      groups: [group('pair'), group('alone')],
      witnesses: [],
    };
    const coverage = { partitions: 3, partitionsRead: 3, records: 3000, tail: false };

    test('at most once, with acks=0', async () => {
      const { result, files } = await runHere(healthy('acks: 0', 'expect: { delivery: at-most-once }'));
      const { delivery } = result.trials[0]!;
      expect(delivery).toMatchObject({
        ...clean,
        guarantee: 'at-most-once',
        acked: 0,
        sent: 3000,
        lost: 0,
        absent: 0,
        coverage: { ...coverage, acked: 0 },
      });
      expect(delivery.anomalies).toEqual({});
      expect(await judgeEvidence(files.evidence)).toEqual(delivery);
    }, 90_000);

    test('at least once, with acks=all, in the order of keys', async () => {
      const { result, files } = await runHere(
        healthy('acks: all', 'verify: { order: key }\nexpect: { delivery: at-least-once, lost: 0 }'),
      );
      const { delivery } = result.trials[0]!;
      expect(delivery).toMatchObject({
        ...clean,
        guarantee: 'at-least-once',
        order: 'key',
        acked: 3000,
        sent: 0,
        lost: 0,
        coverage: { ...coverage, acked: 3000 },
      });
      expect(delivery.anomalies).toEqual({});
      expect(result.expectations).toMatchObject([{ metric: 'lost', value: 0, ok: true }]);
      expect(await judgeEvidence(files.evidence)).toEqual(delivery);
    }, 90_000);

    test('exactly once and in order, by idempotent producers; Kafka’s tool finds as many records', async () => {
      const { result, files } = await runHere(
        healthy('acks: all, enable.idempotence: true', 'expect: { delivery: exactly-once }'),
        { keep: true },
      );
      const { delivery } = result.trials[0]!;
      expect(delivery).toMatchObject({
        ...clean,
        guarantee: 'exactly-once',
        order: 'partition',
        acked: 3000,
        coverage: { ...coverage, acked: 3000 },
      });
      expect(delivery.anomalies).toEqual({});
      expect(await judgeEvidence(files.evidence)).toEqual(delivery);
      const topic = `orders-${result.runId}`;
      expect(await endOffsets(env, cluster.bootstrap, topic)).toBe(3000);
      await cluster.admin!.deleteTopics([topic]);
    }, 90_000);
  });

  describe('as much of a check as was asked for', () => {
    const small = (rest: string): string => `
topics: [{ name: small, partitions: 2 }]
producers: [{ name: writer, topic: small, messages: 500, value: { bytes: 100 } }]
consumers: [{ name: reader, topic: small }]
${rest}
`;

    test('none: no verdict and no evidence', async () => {
      const { result, files } = await runHere(small('verify: { audit: off }'));
      expect(result.trials[0]!.delivery).toMatchObject({
        audit: 'off',
        verdict: 'NONE',
        reasons: ['audit off'],
        acked: 500,
        present: null,
        lost: null,
        coverage: null,
        evidence: null,
      });
      expect(existsSync(files.evidence)).toBe(false);
    }, 90_000);

    test('a verdict whose evidence is not kept', async () => {
      const { result, files } = await runHere(small('verify: { evidence: false }'));
      expect(result.trials[0]!.delivery).toMatchObject({ verdict: 'PASS', present: 500, evidence: null });
      expect(existsSync(files.evidence)).toBe(false);
    }, 90_000);

    test('the tail: what lies before is neither lost nor audited', async () => {
      const { result } = await runHere(`
topics: [{ name: long, partitions: 1 }]
producers: [{ name: writer, topic: long, messages: 120k, value: { bytes: 40 } }]
verify: { audit: tail }
`);
      expect(result.trials[0]!.delivery).toMatchObject({
        audit: 'tail',
        verdict: 'PASS',
        acked: 120_000,
        present: 100_000,
        lost: 0,
        unaudited: 20_000,
        coverage: { partitionsRead: 1, records: 100_000, acked: 100_000, tail: true },
      });
    }, 90_000);
  });
});
