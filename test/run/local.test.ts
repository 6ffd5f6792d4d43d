import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { sleep } from '../../src/base/clock.ts';
import { openCluster } from '../../src/cluster/open.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import { silent } from '../../src/trial/observer.ts';
import { missing } from '../requirements.ts';
import { endOffsets, groupOffsets } from './kafka-tools.ts';
import { KafkaBench, onlyResult, processesNaming } from './process.ts';
import { collectShown, runText } from './scenario-run.ts';

const scenarios = resolve(import.meta.dirname, '../../scenarios');

describe.skipIf(missing('java', 'maven'))('a run on real Kafka', () => {
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
  }, 60_000);

  /** On the cluster of this file, which is an external one to the run. */
  const runHere = (text: string, options: Parameters<typeof runText>[1] = {}) =>
    runText(text, { env, bootstrap: cluster.bootstrap, ...options });

  test('Kafka’s own tools find as many messages and commits as the result says', async () => {
    const before = await cluster.processIds?.();
    const { result } = await runHere(
      `
topics: [{ name: orders, partitions: 3, replicationFactor: 3 }]
producers:
  - name: writer
    topic: orders
    count: 2
    messages: 3000
    rate: 3000/s
    key: { zipf: { n: 50, s: 1.1 } }
    value: { json: { id: '\${uuid}', content: 'message \${seq}' } }
    headers: { source: '\${producer}' }
    client: { acks: all, enable.idempotence: true }
consumers:
  - { name: each, topic: orders, group: each, mode: single, commit: each, count: 2 }
  - { name: every, topic: orders, group: every, commit: { every: 100 } }
  - { name: interval, topic: orders, group: interval, commit: { interval: 200ms } }
  - { name: before, topic: orders, group: before, commit: before-processing }
  - { name: auto, topic: orders, group: auto }
  - { name: alone, topic: orders }
`,
      { keep: true },
    );
    const trial = result.trials[0]!;
    expect(result.outcome).toEqual({ state: 'completed' });
    expect(result.cluster).toMatchObject({ kind: 'external' });
    expect(result.cluster.durability).toMatchObject([{ replicationFactor: 3, minInSyncReplicas: 2 }]);
    expect(trial.producers[0]).toMatchObject({
      acked: 3000,
      ackSource: expect.stringMatching(/^(tap|delivery-reports)$/) as string,
    });
    for (const consumer of trial.consumers) {
      expect(consumer, consumer.name).toMatchObject({ messages: 3000, processed: 3000 });
    }
    const topic = `orders-${result.runId}`;
    expect(await endOffsets(env, cluster.bootstrap, topic)).toBe(3000);
    for (const group of ['each', 'every', 'interval', 'before', 'auto']) {
      expect(await groupOffsets(env, cluster.bootstrap, `${group}-${result.runId}`), group).toEqual({
        current: 3000,
        end: 3000,
      });
    }
    // Nothing of an external cluster was started or stopped.
    expect(before).toHaveLength(3);
    expect(await cluster.processIds?.()).toEqual(before);
    await cluster.admin!.deleteTopics([topic]);
  }, 90_000);

  test('acks0.yaml sends and delivers 1000, and its topic is gone afterwards', async () => {
    const { code, out, err, directory } = await bench([join(scenarios, 'acks0.yaml')], 'external');
    expect(code, err + out).toBe(0);
    const result = onlyResult(directory);
    expect(result.trials[0]!.totals).toMatchObject({
      producers: { messages: 1000 },
      consumers: { messages: 1000 },
    });
    expect(await cluster.admin!.listTopics()).not.toContain(`sample-topic-${result.runId}`);
  }, 60_000);

  test('reads a backlog without producing, from a reused topic', async () => {
    const topic = `{ name: backlog, partitions: 2, reuse: true }`;
    await runHere(`
topics: [${topic}]
producers: [{ name: writer, topic: backlog, messages: 2000, value: { bytes: 100 } }]
`);
    const { result } = await runHere(`
topics: [${topic}]
consumers: [{ name: reader, topic: backlog, group: backlog-reader, idleTimeout: 500ms, client: { auto.offset.reset: earliest } }]
`);
    expect(result.trials[0]!.consumers[0]).toMatchObject({
      messages: 2000,
      group: 'backlog-reader',
      endedBy: 'idle',
    });
    await cluster.admin!.deleteTopics(['backlog']);
  }, 60_000);

  test('a consumer that starts at the end misses nothing of the run', async () => {
    const { result } = await runHere(`
topics: [{ name: tail, partitions: 3 }]
producers: [{ name: writer, topic: tail, messages: 500, rate: 1000/s, value: { bytes: 100 } }]
consumers: [{ name: reader, topic: tail, group: tail, client: { auto.offset.reset: latest } }]
`);
    expect(result.trials[0]!.consumers[0]!.messages).toBe(500);
  }, 60_000);

  test('confirms partition and offset of each message shown', async () => {
    const { observer, shown } = collectShown();
    await runHere(
      `
topics: [{ name: shown, partitions: 2 }]
producers: [{ name: writer, topic: shown, messages: 20, partition: roundRobin, key: { sequence: 4 }, value: { json: '{"n":\${seq}}' } }]
consumers: [{ name: reader, topic: shown, idleTimeout: 500ms }]
`,
      { observer, showMessagesPerSecond: 100 },
    );
    const place = ({ partition, offset, value }: (typeof shown)[number]) =>
      `${partition}/${offset} ${value ?? ''}`;
    const sent = shown.filter(({ direction }) => direction === 'sent').map(place);
    const received = shown.filter(({ direction }) => direction === 'received').map(place);
    expect(sent).toHaveLength(20);
    expect(new Set(sent.map((line) => line[0]))).toEqual(new Set(['0', '1']));
    expect([...received].sort()).toEqual([...sent].sort());
  }, 60_000);

  test('what a broker did not confirm in time is indeterminate, and the run still ends with its counts', async () => {
    const { admin } = cluster;
    await admin!.createTopic({ name: 'frozen', partitions: 1, replicationFactor: 1, config: {} });
    const leader = `kafka${(await admin!.describeTopic('frozen')).partitions[0]!.leader}`;
    let thawed: Promise<void> | undefined;
    const freeze = async (): Promise<void> => {
      await cluster.act('pause', leader);
      await sleep(3000);
      await cluster.act('unpause', leader);
    };
    const { result } = await runHere(
      `
topics: [{ name: frozen, reuse: true }]
producers:
  - name: writer
    topic: frozen
    rate: 100/s
    value: { bytes: 100 }
    client: { acks: all, message.timeout.ms: 1000 }
phases: { measure: 4s }
`,
      {
        observer: {
          ...silent,
          progress: ({ settled }) => {
            if (settled > 0) thawed ??= freeze();
          },
        },
      },
    );
    await thawed;
    const [writer] = result.trials[0]!.producers;
    expect(result.outcome.state).toBe('completed');
    expect(writer).toMatchObject({ attempted: 400, rejected: 0, acked: 400 - writer!.indeterminate });
    expect(writer!.indeterminate).toBeGreaterThan(0);
    expect(writer!.acked).toBeGreaterThan(0);
    expect(result.trials[0]!.errors).toEqual([
      { scope: 'writer', code: '_MSG_TIMED_OUT', phase: 'measure', count: writer!.indeterminate },
    ]);
    await admin!.deleteTopics(['frozen']);
  }, 60_000);

  test('a worker killed in mid-run ends it with exit code 5 and the reason', async () => {
    const { process: command, directory } = start([await steady()], 'external');
    await command.said('measure');
    const workers = command.workers();
    expect(workers.length).toBeGreaterThan(1);
    command.mark();
    process.kill(workers[0]!, 'SIGKILL');
    const { code, millisSinceMark } = await command.ended;
    expect(code).toBe(5);
    expect(millisSinceMark).toBeLessThan(5000);
    expect(onlyResult(directory).outcome).toMatchObject({
      state: 'failed',
      phase: 'measure',
      reason: expect.stringContaining('SIGKILL') as string,
    });
    expect(onlyResult(directory).trials[0]!.delivery.attempted).toBeGreaterThan(0);
    for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow();
  }, 60_000);

  test('Ctrl-C drains and writes a partial result', async () => {
    const { process: command, directory } = start([await steady()], 'external');
    await command.said('measure');
    command.interrupt();
    const { code } = await command.ended;
    expect(code).toBe(130);
    const result = onlyResult(directory);
    expect(result.outcome).toMatchObject({ state: 'aborted', phase: 'measure' });
    const [writer] = result.trials[0]!.producers;
    expect(writer!.indeterminate).toBe(0);
    expect(result.trials[0]!.delivery.attempted).toBe(result.trials[0]!.delivery.acked);
    expect(result.trials[0]!.consumers[0]!.messages).toBe(writer!.messages);
  }, 60_000);

  test('Ctrl-C twice on a cluster of its own ends at once and leaves no process', async () => {
    const { process: command } = start([await steady()], 'local');
    await command.said('measure', 120_000);
    const workers = command.workers();
    command.mark();
    command.interrupt();
    await new Promise((turn) => setTimeout(turn, 50));
    command.interrupt();
    const { code, millisSinceMark } = await command.ended;
    expect(code).toBe(130);
    expect(millisSinceMark).toBeLessThan(5000);
    for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow();
    const own = (await cluster.processIds?.()) ?? [];
    expect(processesNaming(join(env['KAFKA_HOME']!, 'libs')).filter((pid) => !own.includes(pid))).toEqual([]);
  }, 150_000);

  /** A scenario file that produces for long enough to be disturbed. */
  async function steady(): Promise<string> {
    const { writeFile } = await import('node:fs/promises');
    const file = join(temporary(), 'steady.yaml');
    await writeFile(
      file,
      `
producers: [{ name: writer, topic: t, rate: 500/s, value: { bytes: 100 } }]
consumers: [{ name: reader, topic: t, group: g }]
phases: { measure: 60s, drain: 10s }
`,
    );
    return file;
  }

  function temporary(): string {
    const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-run-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    return directory;
  }

  function start(files: readonly string[], on: 'external' | 'local') {
    const directory = temporary();
    // The binding and the compiled program are this clone's; only clusters live in the isolated cache.
    const bootstrap = on === 'external' ? { KAFKA_BENCH_BOOTSTRAP: cluster.bootstrap } : {};
    const args = ['run', ...files, '--results', directory, ...(on === 'local' ? ['--cluster', 'local'] : [])];
    return { directory, process: new KafkaBench(args, { ...env, ...bootstrap }) };
  }

  async function bench(files: readonly string[], on: 'external' | 'local') {
    const { directory, process: command } = start(files, on);
    return { directory, ...(await command.ended) };
  }
});
