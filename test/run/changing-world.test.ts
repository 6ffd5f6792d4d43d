import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import type { Admin } from '../../src/admin/admin.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { judgeEvidence } from '../../src/results/evidence/judge-evidence.ts';
import { missing } from '../requirements.ts';
import { deleteRecords, eventually } from './other-program.ts';
import { runText } from './scenario-run.ts';

describe.skipIf(missing('java', 'maven'))('a run whose topics change meanwhile', () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let cluster: Cluster;
  let admin: Admin;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    cluster = await openCluster(localRequest({ brokers: 1 }), contextIn(env));
    admin = cluster.admin!;
  }, 120_000);
  afterAll(async () => {
    await cluster.close();
    remove();
  }, 90_000);

  const runHere = (text: string) => runText(text, { env, bootstrap: cluster.bootstrap });

  /** The name of the run's topic, once so many records are in its first partition. */
  const topicWith = (prefix: string, records: number): Promise<string> =>
    eventually(async () => {
      const name = (await admin.listTopics()).find((each) => each.startsWith(prefix));
      if (name === undefined) return null;
      const [first] = await admin.offsets(name).catch(() => []);
      return (first?.end ?? 0) >= records ? name : null;
    });

  test('sent with acks=0 and deleted: nobody can tell whether it was there', async () => {
    const running = runHere(`
topics: [{ name: brief, partitions: 2 }]
producers: [{ name: writer, topic: brief, messages: 3000, rate: 1000/s, partition: roundRobin, client: { acks: 0 } }]
expect: { delivery: at-most-once, absent: 0 }
`);
    const topic = await topicWith('brief-', 400);
    await deleteRecords(cluster.bootstrap, [{ topic, partition: 0, offset: 300 }]);
    const { result, files } = await running;
    const { delivery } = result.trials[0]!;
    expect(delivery).toMatchObject({
      ...{ verdict: 'UNKNOWN', reasons: ['sent-unaudited: 300'] },
      ...{ sent: 3000, present: 2700, absent: 0, sentUnaudited: 300, unaudited: 0 },
    });
    expect(result.expectations).toMatchObject([{ metric: 'absent', value: 0, ok: null }]);
    expect(await judgeEvidence(files.evidence)).toEqual(delivery);
  }, 90_000);
});
