import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { silent, type Progress } from '../../src/trial/observer.ts';
import { missing } from '../requirements.ts';
import { runText } from './scenario-run.ts';

describe.skipIf(missing('java', 'maven'))('a topic of a thousand partitions', () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let cluster: Cluster;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    cluster = await openCluster(localRequest({ brokers: 1 }), contextIn(env));
  }, 120_000);
  afterAll(async () => {
    await cluster.close();
    remove();
  }, 90_000);

  const wide = `
topics: [{ name: wide, partitions: 1000 }]
producers: [{ name: writer, topic: wide, messages: 2000, partition: roundRobin, value: { bytes: 100 } }]
`;

  test('is audited in seconds', async () => {
    let auditing = 0;
    const progress = ({ phase }: Progress) => {
      if (phase === 'audit') auditing++;
    };
    const observer = { ...silent, progress };
    const { result } = await runText(wide, { env, bootstrap: cluster.bootstrap, observer });
    expect(result.outcome).toEqual({ state: 'completed' });
    expect(result.trials[0]!.delivery).toMatchObject({
      verdict: 'PASS',
      present: 2000,
      lost: 0,
      coverage: { partitions: 1000, partitionsRead: 1000, records: 2000 },
    });
    // Told twice a second. Asked for one after the other, offsets alone would take ten minutes.
    expect(auditing).toBeLessThan(40);
  }, 120_000);
});
