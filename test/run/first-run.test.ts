import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { absent } from '../requirements.ts';
import { endOffsets } from './kafka-tools.ts';
import { KafkaBench, onlyResult } from './process.ts';

const scenario = resolve(import.meta.dirname, '../../scenarios/acks0.yaml');

// The one test of the first tier that starts Kafka: the whole way once, from the command to Kafka's own tools.
test.skipIf(absent('java', 'maven'))(
  'the first scenario on real Kafka: a thousand messages sent, stored, received and proven',
  { timeout: 180_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-first-'));
    const { env, remove } = await isolatedEnvironment();
    const cluster = await openCluster(localRequest({ brokers: 1 }), contextIn(env));
    onTestFinished(async () => {
      await cluster.close();
      remove();
      rmSync(directory, { recursive: true, force: true });
    });
    const args = ['run', scenario, '--bootstrap', cluster.bootstrap, '--keep', '--results', directory];
    const { code, err } = await new KafkaBench(args, env).ended;
    expect(code, err).toBe(0);
    const { runId, trials } = onlyResult(directory);
    expect(trials[0]!.delivery).toMatchObject({ verdict: 'PASS', sent: 1000, present: 1000 });
    expect(trials[0]!.totals.consumers.messages).toBe(1000);
    expect(await endOffsets(env, cluster.bootstrap, `sample-topic-${runId}`)).toBe(1000);
  },
);
