import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Admin } from '../../src/cluster/admin/admin.ts';
import { connectAdmin } from '../../src/cluster/admin/connect.ts';
import { fullVersion, hasConsumerProtocol, releases } from '../../src/base/kafka-version.ts';
import { runLag } from '../../src/cli/lag.ts';
import { runOffsetsReset } from '../../src/cli/offsets.ts';
import { downLocal, upLocal, type LocalStatus } from '../../src/cluster/local/manage.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import { missing, skippedBelow } from '../requirements.ts';
import { cellsOf } from './kafka-tools.ts';
import { runText } from './scenario-run.ts';

// docs/kafka-versions.md says what ran, and how to run it again. The ends of what had another coordinator of groups
// run in every tier that has real Kafka, the others in the longest.
const always = ['3.7', '3.9'];
const rare = Object.keys(releases).filter((line) => !always.includes(line));
const lines = skippedBelow('long') ? always : [...always, ...rare];

const scenario = (name: string): string =>
  readFileSync(resolve(import.meta.dirname, '../../scenarios', `${name}.yaml`), 'utf8');

/** What the commands print, as cells. */
function printer() {
  const out: string[] = [];
  return {
    io: { out: (line: string) => out.push(line), err: () => undefined },
    cells: () => cellsOf(out.join('\n')),
  };
}

describe.skipIf(missing('java', 'maven')).each(lines)('Kafka %s', { timeout: 180_000 }, (line) => {
  const version = fullVersion(line);
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let kept: LocalStatus;
  let admin: Admin;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    const request = localRequest({ brokers: 1, version: line });
    ({ cluster: kept } = await upLocal(request, contextIn(env)));
    admin = await connectAdmin({ bootstrap: kept.bootstrap });
    // A line is completed to its release, and what is up of it is taken again.
    expect(kept.version).toBe(version);
    expect(await upLocal(request, contextIn(env))).toMatchObject({ already: true, cluster: { id: kept.id } });
  }, 300_000);
  afterAll(async () => {
    await admin.close();
    await downLocal(env);
    remove();
  }, 60_000);

  const runOn = async (text: string) => {
    const asked = `${text}\ncluster: { kind: local, version: ${line} }\nwarmBrokers: false\n`;
    const { result } = await runText(asked, { env });
    expect(result.outcome).toEqual({ state: 'completed' });
    expect(result.cluster).toMatchObject({ kind: 'local', version });
    return result.trials[0]!;
  };

  test('acks0.yaml', async () => {
    const trial = await runOn(scenario('acks0'));
    expect(trial.producers).toMatchObject([{ sent: 1000 }]);
    expect(trial.consumers).toMatchObject([{ messages: 1000 }]);
    expect(trial.delivery).toMatchObject({ verdict: 'PASS', present: 1000 });
  });

  test('at-least-once.yaml, on one broker', async () => {
    const text = scenario('at-least-once')
      .replace('cluster: { brokers: 3 }\n', '')
      .replace('replicationFactor: 3, config: { min.insync.replicas: 2 }', 'replicationFactor: 1');
    const trial = await runOn(text);
    expect(trial.producers).toMatchObject([{ acked: 1000 }]);
    expect(trial.delivery).toMatchObject({ verdict: 'PASS', present: 1000, lost: 0 });
    expect(trial.groups).toMatchObject([{ members: 1, processed: 1000, lag: { final: { messages: 0 } } }]);
  });

  test('the lag of a group, its members and an offsets reset', async () => {
    const running = runOn(`
topics: [{ name: orders, partitions: 2, reuse: true }]
producers: [{ name: writer, topic: orders, messages: 1500, rate: 300/s, partition: roundRobin }]
consumers: [{ name: reader, topic: orders, group: billing, commit: { every: 10 }, client: { auto.offset.reset: earliest } }]`);
    await expect
      .poll(() => admin.describeGroup('billing').catch(() => null), { timeout: 60_000, interval: 200 })
      .toMatchObject({ protocol: 'classic', state: 'Stable', members: [{ assignment: [{}, {}] }] });
    await running;
    expect(await admin.listGroups()).toContainEqual({ group: 'billing', state: 'Empty' });

    const lag = async () => {
      const printed = printer();
      expect(await runLag('billing', { bootstrap: kept.bootstrap }, printed.io)).toBe(0);
      return printed
        .cells()
        .filter(([group]) => group === 'billing')
        .map(([, topic, partition, current, end, behind]) => ({ topic, partition, current, end, behind }));
    };
    const at = (partition: string, current: string, behind: string) => ({
      ...{ topic: 'orders', partition, current, end: '750', behind },
    });
    expect(await lag()).toEqual([at('0', '750', '0'), at('1', '750', '0')]);
    const args = { topic: ['orders'], to: 'earliest', bootstrap: kept.bootstrap };
    expect(await runOffsetsReset('billing', args, printer().io)).toBe(0);
    expect(await lag()).toEqual([at('0', '0', '750'), at('1', '0', '750')]);
    expect(await admin.describeGroup('nobody')).toBeNull();
  });

  test('whether there is the group protocol of KIP-848', async () => {
    expect(await admin.hasConsumerProtocol()).toBe(hasConsumerProtocol(line));
    const text = `
topics: [{ name: t, partitions: 1 }]
producers: [{ name: writer, topic: t, messages: 10 }]
consumers: [{ name: reader, topic: t, group: g, client: { group.protocol: consumer } }]
warmBrokers: false
`;
    const running = runText(text, { env, bootstrap: kept.bootstrap });
    if (hasConsumerProtocol(line)) {
      expect((await running).result.trials).toMatchObject([{ delivery: { verdict: 'PASS' } }]);
    } else {
      await expect(running).rejects.toThrow(
        'reader: group.protocol: consumer needs brokers from Kafka 4.0 on',
      );
    }
  });

  test('the controller, which faults aim at', async () => {
    expect(await admin.controller()).toBe(1);
  });
});
