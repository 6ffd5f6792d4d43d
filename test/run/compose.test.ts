import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { sleep } from '../../src/base/clock.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { composeCommand } from '../../src/cluster/compose/docker.ts';
import { noCompose } from '../../src/cluster/compose/real-compose.case.ts';
import { until } from '../../src/cluster/contract.case.ts';
import { contextIn } from '../../src/cluster/local/real-kafka.case.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { listJournals } from '../../src/cluster/faults/journal-files.ts';
import type { FaultResult, RunResult } from '../../src/results/schema.ts';
import { silent } from '../../src/trial/observer.ts';
import { KafkaBench } from './process.ts';
import { runText } from './scenario-run.ts';

const services = ['kafka1', 'kafka2', 'kafka3'];

/** A scenario of this repository with a smaller load and other times. */
function shortened(file: string, changes: { measure: string; faults: readonly object[] }): string {
  const path = resolve(import.meta.dirname, '../../scenarios', file);
  const whole = parse(readFileSync(path, 'utf8')) as { producers: object[] };
  return stringify({
    ...whole,
    cluster: 'compose',
    producers: whole.producers.map((producer) => ({ ...producer, rate: '300/s' })),
    phases: { warmup: '1s', measure: changes.measure, drain: '60s' },
    faults: changes.faults,
  });
}

describe.skipIf(await noCompose())('docker-compose.yml while its brokers fail', { timeout: 300_000 }, () => {
  let env: NodeJS.ProcessEnv;
  let directory: string;
  let cluster: Cluster;
  const seen = new Map<string, FaultResult>();

  // Not synchronous: the run's coordinator lives in this process.
  const docker = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('docker', args, { env })).stdout.trim();

  const compose = async (...args: string[]): Promise<void> => {
    const { words } = (await composeCommand(env))!;
    const cwd = resolve(import.meta.dirname, '../..');
    await promisify(execFile)(words[0]!, [...words.slice(1), ...args], { env, cwd });
  };

  const networksFormat = '{{range $name, $at := .NetworkSettings.Networks}}{{$name}} {{end}}';
  const networksNow = async (): Promise<string[]> =>
    (await docker('network', 'ls', '--format', '{{.Name}}')).split('\n');

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'kafka-bench-compose-'));
    env = { ...process.env, KAFKA_BENCH_CACHE: join(directory, 'cache') };
    delete env['KAFKA_BENCH_BOOTSTRAP'];
    cluster = await openCluster({ kind: 'compose', controllers: 'combined', config: {} }, contextIn(env));
  }, 300_000);
  afterAll(async () => {
    await cluster.close();
    // Without brokers, nobody remembers an address in the networks of a partition any more.
    const label = 'label=kafka-bench=partition';
    await until(async () => (await docker('network', 'ls', '-q', '--filter', label)) === '', 120_000);
    rmSync(directory, { recursive: true, force: true });
  }, 240_000);

  const isHealthy = async (): Promise<boolean> => {
    const format = '{{.State.Paused}} {{.State.Health.Status}}';
    const lines = await docker('inspect', '-f', format, ...services);
    return lines.split('\n').every((line) => line === 'false healthy');
  };
  // A new topic gets its leaders from the brokers that are registered when it is made.
  beforeEach(async () => {
    await until(isHealthy, 120_000);
    await until(async () => (await cluster.admin!.brokers()).length === 3);
  }, 180_000);

  const expectNothingLost = ({ outcome, cluster: { kind }, trials }: RunResult): void => {
    expect(outcome).toEqual({ state: 'completed' });
    expect(kind).toBe('compose');
    expect(trials[0]!.delivery).toMatchObject({ reasons: [], verdict: 'PASS', lost: 0, unaudited: 0 });
    expect(trials[0]!.delivery.acked).toBeGreaterThan(1000);
  };

  /** The broker left the in-sync set of each partition and came back, and what it led was led by another. */
  const expectOutage = ({ partitions, resolved, notes, ...fault }: FaultResult, back = true): void => {
    expect(fault.effective).toBe(true);
    expect(resolved).toHaveLength(1);
    if (back) expect(fault.ended).not.toBeNull();
    expect(notes).toEqual([]);
    expect(partitions).toHaveLength(3);
    for (const partition of partitions) {
      expect(partition.unavailable).toBeGreaterThan(0);
      expect(partition.detected).not.toBeNull();
      expect(partition.isrShrunk).not.toBeNull();
      if (back) expect(partition.isrFull).toBeGreaterThan(partition.isrShrunk!);
    }
    expect(ledBy(partitions, resolved[0]!)).toHaveLength(1);
  };

  const ledBy = (partitions: FaultResult['partitions'], broker: string) =>
    partitions.filter(({ leaders }) => leaders[0] !== undefined && `kafka${leaders[0].from}` === broker);

  const unavailableSeconds = (fault: FaultResult): number[] =>
    fault.partitions.map(({ unavailable }) => unavailable! / 1e6);

  const remember = (name: string, fault: FaultResult): void => {
    seen.set(name, fault);
    const { started, injected, healing, ended, recovered, observed } = fault;
    const took = (from: number | null, to: number | null): string =>
      from === null || to === null ? '-' : `${(to - from).toFixed(1)} s`;
    const back =
      fault.source === 'planned' ? took(healing, ended) : `${took(started, ended)} after it was gone`;
    console.log(
      [
        `${name} ${fault.resolved.join(', ')}: injected in ${took(started, injected)}, back in ${back}, recovered ${recovered === null ? '-' : `${(recovered / 1e6).toFixed(1)} s`}; ${observed}`,
        ...fault.partitions.map(
          (p) =>
            `  partition ${p.partition}: ${(p.unavailable! / 1e6).toFixed(1)} s unavailable; leaders ${p.leaders.map(({ from, to }) => `${from}→${to}`).join(' ')}; shrunk after ${took(started, p.isrShrunk)}, full ${took(ended, p.isrFull)} after it was back`,
        ),
      ].join('\n'),
    );
  };

  test('comes up healthy, three brokers with every replica in sync', async () => {
    expect(await isHealthy()).toBe(true);
    const { brokers, version, bootstrap } = cluster;
    expect(brokers.map(({ id, name }) => `${id} ${name}`)).toEqual(['1 kafka1', '2 kafka2', '3 kafka3']);
    expect(bootstrap).toMatch(/^localhost:\d+,localhost:\d+,localhost:\d+$/);
    expect(version).toBe((await docker('inspect', '-f', '{{.Config.Image}}', 'kafka2')).split(':')[1]);
    await cluster.admin!.createTopic({ name: 'healthy', partitions: 3, replicationFactor: -1, config: {} });
    const { partitions } = await cluster.admin!.describeTopic('healthy');
    expect(partitions.map(({ inSyncReplicas }) => [...inSyncReplicas].sort())).toEqual(
      Array(3).fill([1, 2, 3]),
    );
    expect((await cluster.admin!.topicConfig('healthy'))['min.insync.replicas']).toBe('2');
    await cluster.admin!.deleteTopics(['healthy']);
  });

  test('the commands of docs/tutorials.md do what the page says, and none of their options is deprecated', async () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/tutorials.md'), 'utf8');
    const commands = [...page.matchAll(/^```bash\n(.*?)^```/gms)].flatMap(([, text]) =>
      text!.trim().split('\n'),
    );
    const printed: string[] = [];
    for (const command of commands) {
      const bash = ['-e', '-o', 'pipefail', '-c', command];
      const { stdout, stderr } = await promisify(execFile)('bash', bash, { env });
      expect(stdout + stderr, command).not.toMatch(/deprecated|error|exception/i);
      printed.push(stdout);
    }
    const of = (part: string): string[] =>
      printed.filter((_, i) => commands[i]!.includes(part)).flatMap((text) => text.trim().split('\n'));
    const consumed = of('kafka-console-consumer.sh').filter((line) => line.startsWith('Partition:'));
    expect(consumed).toHaveLength(23);
    const keyed = consumed.map((line) => line.split('\t')).filter(([, key]) => key === 'a');
    expect(keyed.map(([, , value]) => value)).toEqual(['one', 'three']);
    expect(new Set(keyed.map(([partition]) => partition)).size).toBe(1);
    expect(of('kafka-consumer-groups.sh').join('\n')).toMatch(/lesson-readers +lessons +0 /);
    const inSync = of('--describe --topic').flatMap((line) => /Isr: ([\d,]+)/.exec(line)?.[1] ?? []);
    expect(inSync).toHaveLength(6);
    for (const set of inSync.slice(0, 3)) expect(set.split(',').sort()).toEqual(['1', '2', '3']);
    for (const set of inSync.slice(3)) expect(set.split(',').sort()).toEqual(['1', '3']);
  });

  test('docker stop by the scenario', async () => {
    const faults = [{ id: 'outage', at: '3s', stop: 'kafka2', for: '5s' }];
    const { result } = await runText(shortened('broker-failure.yaml', { measure: '35s', faults }), { env });
    expectNothingLost(result);
    const [fault, ...more] = result.trials[0]!.faults;
    expect(more).toEqual([]);
    remember('docker stop', fault!);
    expect(fault).toMatchObject({ id: 'outage', source: 'planned', resolved: ['kafka2'] });
    expect(fault!.observed).toContain('kafka2 stopped');
    expectOutage(fault!);
  });

  test('docker stop and docker start by hand while a run goes on', async () => {
    const byHand = async (): Promise<void> => {
      await docker('stop', 'kafka2');
      await sleep(3000);
      await docker('start', 'kafka2');
      await until(isHealthy, 120_000);
      backInTime = phase === 'measure';
    };
    let acting: Promise<void> | undefined;
    let phase = '';
    // On an overloaded machine a broker needs a minute to start, and the run is over by then.
    let backInTime = false;
    const { result } = await runText(shortened('broker-failure.yaml', { measure: '45s', faults: [] }), {
      env,
      observer: {
        ...silent,
        progress: ({ settled, phase: current }) => {
          phase = current;
          if (settled > 900) acting ??= byHand();
        },
      },
    });
    await acting;
    expectNothingLost(result);
    const [fault, ...more] = result.trials[0]!.faults;
    expect(more).toEqual([]);
    remember('docker stop by hand', fault!);
    expect(fault).toMatchObject({ id: 'observed-kafka2', source: 'observed', planned: null });
    expect(fault!.observed).toContain('stopped');
    expectOutage(fault!, backInTime);
  });

  test('by hand: removed and made anew, and taken off its network: an outage each, until the broker serves', async () => {
    const times: number[] = [];
    const byHand = async (): Promise<void> => {
      await sleep(3000);
      times.push(performance.now());
      await docker('rm', '-f', 'kafka3');
      await compose('up', '-d', 'kafka3');
      await until(isHealthy, 120_000);
      await sleep(20_000);
      times.push(performance.now());
      await docker('network', 'disconnect', 'kafka', 'kafka1');
      await sleep(14_000);
      await docker('network', 'connect', '--alias', 'kafka1', 'kafka', 'kafka1');
      await until(isHealthy, 120_000);
    };
    let acting: Promise<void> | undefined;
    let start = 0;
    const { result } = await runText(shortened('broker-failure.yaml', { measure: '100s', faults: [] }), {
      env,
      observer: {
        ...silent,
        progress: ({ phase }) => {
          if (phase !== 'measure' || acting) return;
          start = performance.now();
          acting = byHand();
        },
      },
    });
    await acting;
    expectNothingLost(result);
    const { faults } = result.trials[0]!;
    for (const fault of faults) remember(fault.id, fault);
    expect(faults.map(({ id, action }) => `${id} ${action}`)).toEqual([
      'observed-kafka3 stop',
      'observed-kafka1 disconnect',
    ]);
    faults.forEach(({ started, ended, partitions }, i) => {
      expect(Math.abs(started! - (times[i]! - start) / 1000)).toBeLessThan(4);
      // The broker's session lasts 9 s, and only then it registers anew.
      expect(ended! - started!).toBeGreaterThan(8);
      for (const { unavailable, isrShrunk, isrFull } of partitions) {
        expect(unavailable! / 1e6).toBeGreaterThan(3);
        // A broker that registers anew as its session ends is out of the in-sync sets for less than a look.
        if (isrShrunk !== null) expect(isrFull).toBeGreaterThan(isrShrunk);
      }
    });
  });

  test('docker kill by the scenario: acks=all waits on every partition until the broker is fenced', async () => {
    const kill = { leaderOf: { topic: 'orders', partition: 0 } };
    const faults = [{ id: 'outage', at: '3s', kill, for: '12s' }];
    const { result } = await runText(shortened('leader-kill.yaml', { measure: '32s', faults }), { env });
    expectNothingLost(result);
    const [fault] = result.trials[0]!.faults;
    remember('docker kill', fault!);
    expectOutage(fault!);
    for (const seconds of unavailableSeconds(fault!)) {
      expect(seconds).toBeGreaterThan(5);
      expect(seconds).toBeLessThan(30);
    }
  });

  test('docker pause by the scenario: what the broker led waits for the client’s socket time-out', async () => {
    const pause = { leaderOf: { topic: 'orders', partition: 0 } };
    const faults = [{ id: 'frozen', at: '3s', pause, for: '16s' }];
    const { result } = await runText(shortened('frozen-broker.yaml', { measure: '25s', faults }), { env });
    expectNothingLost(result);
    const [fault] = result.trials[0]!.faults;
    remember('docker pause, socket.timeout.ms 10 s', fault!);
    expectOutage(fault!);
    const [led] = ledBy(fault!.partitions, fault!.resolved[0]!);
    // The time-out counts from a request that was sent, at most some requests before the freeze.
    expect(led!.unavailable! / 1e6).toBeGreaterThan(9);
    for (const seconds of unavailableSeconds(fault!)) {
      expect(seconds).toBeGreaterThan(5);
      expect(seconds).toBeLessThan(45);
    }
  });

  test('the signatures: a kill costs more than a clean stop', () => {
    const longest = (name: string): number => Math.max(...unavailableSeconds(seen.get(name)!));
    expect(longest('docker kill')).toBeGreaterThan(longest('docker stop'));
    expect(longest('docker kill')).toBeGreaterThan(longest('docker stop by hand'));
  });

  test('a partition: one side is led by others, nothing is lost, the networks are as before', async () => {
    const networks = await networksNow();
    const groups = [['kafka1'], ['kafka2', 'kafka3']];
    const faults = [{ id: 'split', at: '2s', partition: { groups }, for: '12s' }];
    const { result } = await runText(shortened('broker-failure.yaml', { measure: '24s', faults }), {
      env,
    });
    expectNothingLost(result);
    const [fault, ...more] = result.trials[0]!.faults;
    expect(more).toEqual([]);
    expect(fault).toMatchObject({ id: 'split', effective: true, notes: [] });
    expect(fault!.observed).toContain('no network in common: kafka1 and kafka2, kafka1 and kafka3');
    // The one that is cut off goes on calling itself a leader; the others must be believed.
    const led = fault!.partitions.filter(({ leaders }) => leaders[0]?.from === 1);
    expect(led).toHaveLength(1);
    expect(led[0]!.unavailable! / 1e6).toBeGreaterThan(5);
    // Until no broker remembers an address there, the watchdog leaves the side's network as it is.
    const held = (await networksNow()).filter((name) => !networks.includes(name));
    expect(held).toEqual([expect.stringMatching(/^kafka-bench-[0-9a-f]{8}-1$/)]);
    expect(await docker('inspect', '-f', networksFormat, ...services)).toBe('kafka \nkafka \nkafka');
  });

  test('clients go through the proxy: slowed, cut off from one broker, and parted from another', async () => {
    const faults = [
      { id: 'slow', at: '2s', degrade: { target: 'kafka1', latency: '50ms' }, for: '2s' },
      { id: 'gone', after: { healed: 'slow', stable: '1s' }, cut: 'kafka2', for: '2s' },
      {
        id: 'apart',
        after: { healed: 'gone', stable: '1s' },
        partition: { groups: [['clients'], ['kafka3']] },
        for: '2s',
      },
    ];
    const text = shortened('broker-failure.yaml', { measure: '14s', faults });
    const { result } = await runText(
      text.replace('cluster: compose', 'cluster: { kind: compose, proxy: true }'),
      {
        env,
      },
    );
    expectNothingLost(result);
    const observed = result.trials[0]!.faults.map(({ effective, observed: seen }) => `${effective} ${seen}`);
    expect(observed).toEqual([
      expect.stringMatching(/^true degrade seen .*: \d+ bytes went through it/),
      expect.stringMatching(/^true cut seen .*reset, port closed/),
      expect.stringMatching(/^true partition seen .*kafka3: \d+ bytes swallowed/),
    ]);
  });

  describe('the harness killed by SIGKILL', () => {
    const startRun = (name: string, faults: readonly object[]): KafkaBench => {
      const file = join(directory, `${name}.yaml`);
      writeFileSync(file, shortened('leader-kill.yaml', { measure: '60s', faults }));
      const command = new KafkaBench(['run', file, '--results', join(directory, name)], env);
      onTestFinished(() => void command.child.kill('SIGKILL'));
      return command;
    };
    // The command compiles first where sources are newer.
    const startMillis = 150_000;
    const state = async (broker: string): Promise<{ running: boolean; startedAt: string }> => {
      const [running, startedAt] = (
        await docker('inspect', '-f', '{{.State.Running}} {{.State.StartedAt}}', broker)
      ).split(' ');
      return { running: running === 'true', startedAt: startedAt! };
    };
    const killHarness = async ({ pid, ended }: KafkaBench): Promise<number> => {
      process.kill(pid, 'SIGKILL');
      const killed = performance.now();
      await ended;
      return killed;
    };

    test('while a broker is down: within ten seconds the watchdog has it running again', async () => {
      const command = startRun('down', [{ id: 'outage', at: '1s', kill: 'kafka2', for: '50s' }]);
      await command.said('fault outage: kill kafka2', startMillis);
      await until(async () => !(await state('kafka2')).running);
      const workers = command.workers();
      const killed = await killHarness(command);
      await until(async () => (await state('kafka2')).running, 10_000);
      console.log(
        `SIGKILL of the harness: kafka2 runs ${((performance.now() - killed) / 1000).toFixed(1)} s later`,
      );
      await until(isHealthy, 120_000);
      for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow();
      await until(() => {
        const open = listJournals(env).flatMap((journal) => journal.open);
        return Promise.resolve(open.every(({ undo }) => undo.kind === 'side-networks'));
      });
    });

    test('while the engine still stops a broker: it is started when it has ended', async () => {
      const { startedAt } = await state('kafka2');
      const filters = ['--filter', 'container=kafka2', '--filter', 'event=kill'];
      const events = spawn('docker', ['events', ...filters], { env, stdio: ['ignore', 'pipe', 'inherit'] });
      onTestFinished(() => void events.kill());
      const signalled = once(events.stdout, 'data');
      const command = startRun('stopping', [{ id: 'outage', at: '1s', stop: 'kafka2', for: '50s' }]);
      await command.said('fault outage: stop kafka2', startMillis);
      await signalled;
      await killHarness(command);
      const { running } = await state('kafka2');
      console.log(`SIGKILL of the harness: kafka2 is ${running ? 'still' : 'no longer'} running`);
      await until(async () => {
        const now = await state('kafka2');
        return now.running && now.startedAt !== startedAt;
      }, 90_000);
      await until(isHealthy, 120_000);
    });
  });
});
