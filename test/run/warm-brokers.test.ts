import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectAdmin } from '../../src/cluster/admin/connect.ts';
import { actLocal, downLocal, upLocal, type LocalStatus } from '../../src/cluster/local/manage.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import { missing } from '../requirements.ts';
import { runText } from './scenario-run.ts';

const scenario = `
topics: [{ name: t, partitions: 2 }]
producers: [{ name: writer, topic: t, messages: 100, rate: 500/s, client: { acks: all, compression.type: gzip } }]
consumers: [{ name: reader, topic: t, group: g }]`;

describe.skipIf(missing('java', 'maven'))('brokers that we start', () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let kept: LocalStatus;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    ({ cluster: kept } = await upLocal(localRequest({ brokers: 1 }), contextIn(env)));
  }, 120_000);
  afterAll(async () => {
    await downLocal(env);
    remove();
  }, 60_000);

  async function warmupOf(text: string, bootstrap?: string) {
    const { result } = await runText(text, { env, ...(bootstrap ? { bootstrap } : { cluster: 'local' }) });
    expect(result.outcome).toEqual({ state: 'completed' });
    expect(result.trials[0]).toMatchObject({
      producers: [{ attempted: 100, acked: 100 }],
      consumers: [{ messages: 100 }],
      delivery: { verdict: 'PASS', attempted: 100 },
    });
    return result.trials[0]!.brokerWarmup!;
  }

  test('are warmed once for a shape, as long as they stay up', { timeout: 180_000 }, async () => {
    // On a busy machine brokers may not have settled at once, and only those that have are known to be warm.
    let first = await warmupOf(scenario);
    for (let i = 0; i < 3 && first.settled === false; i++) first = await warmupOf(scenario);
    expect(first).toMatchObject({ state: 'warmed', settled: true });
    expect(first.windows.length).toBeGreaterThanOrEqual(2);
    expect(first.windows.length).toBeLessThanOrEqual(5);
    const admin = await connectAdmin({ bootstrap: kept.bootstrap });
    expect(await admin.listTopics()).toEqual([]);
    await admin.close();

    const nothing = { took: 0, settled: null, windows: [] };
    expect(await warmupOf(scenario)).toEqual({ state: 'remembered', ...nothing });
    expect(await warmupOf(scenario, kept.bootstrap)).toEqual({ state: 'not-ours', ...nothing });
    expect((await warmupOf(`${scenario.replace('gzip', 'lz4')}\nwarmBrokers: false`)).state).toBe('off');

    await actLocal(env, 'kill', 'kafka1', kept.id);
    await actLocal(env, 'start', 'kafka1', kept.id);
    expect((await warmupOf(scenario)).state).toBe('warmed');
  });
});
