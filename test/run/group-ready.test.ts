import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import { missing } from '../requirements.ts';
import { runText } from './scenario-run.ts';

/** Two members for four partitions, and three for two: one of those is idle. */
const text = `
topics: [{ name: four, partitions: 4 }, { name: two, partitions: 2 }]
phases: { measure: 3s, drain: 15s }
producers:
  - { name: to-four, topic: four, rate: 100/s, value: { bytes: 100 } }
  - { name: to-two, topic: two, rate: 100/s, value: { bytes: 100 } }
consumers:
  - { name: sticky, topic: four, group: sticky, count: 2, client: { partition.assignment.strategy: cooperative-sticky } }
  - { name: sticky-idle, topic: two, group: sticky-idle, count: 3, client: { partition.assignment.strategy: cooperative-sticky } }
  - { name: range-idle, topic: two, group: range-idle, count: 3, client: { partition.assignment.strategy: range } }
  - { name: robin-idle, topic: two, group: robin-idle, count: 3, client: { partition.assignment.strategy: roundrobin } }
  - { name: consumer-idle, topic: two, group: consumer-idle, count: 3, client: { group.protocol: consumer } }
  - { name: later, topic: two, group: later, count: 2, client: { group.protocol: consumer } }
  - { name: latest, topic: two, group: later, count: 1, start: 1s, client: { group.protocol: consumer } }
`;

describe.skipIf(missing('java', 'maven'))('a group is ready when it has been dealt out', () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let cluster: Cluster;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    // A group waits this long for members, as brokers do by default: the second one joins in time, or a round later.
    const config = { 'group.initial.rebalance.delay.ms': '500' };
    cluster = await openCluster(localRequest({ brokers: 1, config }), contextIn(env));
  }, 120_000);
  afterAll(async () => {
    await cluster.close();
    remove();
  }, 60_000);

  test('idle members are members, and nothing is dealt out once it is measured', async () => {
    const { result } = await runText(text, { env, bootstrap: cluster.bootstrap });
    expect(result.outcome).toEqual({ state: 'completed' });
    const trial = result.trials[0]!;
    expect(trial.delivery.verdict).toBe('PASS');
    for (const group of trial.groups) {
      const inMeasure = group.rebalances.filter(({ at, kind }) => at > 0 && at < 3e6 && kind === 'assign');
      // Who comes in mid-run may have something dealt out to it.
      if (!group.name.startsWith('later')) expect(inMeasure, group.name).toEqual([]);
      expect(group.processed, group.name).toBe(300);
    }
    expect(trial.groups.map(({ members }) => members)).toEqual([2, 3, 3, 3, 3, 3]);
  }, 120_000);

  for (const [client, code, remedy] of [
    ['{ session.timeout.ms: 5000 }', 'INVALID_SESSION_TIMEOUT', 'group.min.session.timeout.ms'],
    ['{ group.protocol: consumer, group.remote.assignor: nosuch }', '_FATAL', 'group.remote.assignor'],
  ] as const) {
    test(`what the coordinator refuses is said at once, in its words (${code})`, async () => {
      const { result } = await runText(
        `
topics: [{ name: two }]
phases: { measure: 1s }
producers: [{ name: writer, topic: two, rate: 10/s }]
consumers: [{ name: reader, topic: two, group: refused, client: ${client} }]
expect: { errors: 0 }
`,
        { env, bootstrap: cluster.bootstrap },
      );
      const { outcome } = result;
      const reason = outcome.state === 'failed' ? outcome.reason : '';
      expect(reason).toContain(`reader/0 met ${code}: Broker: `);
      expect(reason).toContain(remedy);
      expect(result.expectations).toMatchObject([{ ok: null, reason: 'the run failed in prepare' }]);
    });
  }
});
