import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import { ClusterStates } from '../../src/cluster/local/state.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { judgeEvidence } from '../../src/judge/delivery/files/judge-evidence.ts';
import { readManifest } from '../../src/judge/delivery/files/manifest.ts';
import type { DeliveryResult, TrialResult } from '../../src/results/schema.ts';
import { silent, type RunObserver } from '../../src/trial/observer.ts';
import { runNumber } from '../../src/trial/plan/names.ts';
import { ENVELOPE_BYTES, ENVELOPE_HEADER, EnvelopeWriter } from '../../src/protocol/envelope.ts';
import { missing } from '../requirements.ts';
import { endOffsets, kafkaToolProcess } from './kafka-tools.ts';
import { LyingProxy } from './lying-proxy.ts';
import { deleteRecords, eventually, plant, plantInOpenTransaction, readLog } from './other-program.ts';
import { runText } from './scenario-run.ts';

describe.skipIf(missing('java', 'maven'))('deliveries that something happens to, on real Kafka', () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let cluster: Cluster;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    // A killed member is missed after 3 s here, not after 6.
    const config = { 'group.min.session.timeout.ms': '1000' };
    cluster = await openCluster(localRequest({ brokers: 3, config }), contextIn(env));
  }, 120_000);
  afterAll(async () => {
    await cluster.close();
    remove();
  }, 90_000);

  interface Run {
    readonly trial: TrialResult;
    /** ms since 1970. */
    readonly measureStart: number;
  }

  /** A run whose evidence has to say its delivery again. */
  const runOf = async (text: string, observer: RunObserver = silent): Promise<Run> => {
    const { result, files } = await runText(text, { env, bootstrap: cluster.bootstrap, observer });
    expect(result.outcome).toEqual({ state: 'completed' });
    const trial = result.trials[0]!;
    expect(await judgeEvidence(files.evidence)).toEqual(trial.delivery);
    return { trial, measureStart: readManifest(files.evidence).measureStart!.wall };
  };

  const deliveryOf = async (text: string): Promise<DeliveryResult> => (await runOf(text)).trial.delivery;

  /** Duplicates or redeliveries by phase. */
  const byPhase = ({ phases }: TrialResult, what: 'duplicates' | 'redelivered') =>
    Object.fromEntries(phases.map((phase) => [phase.name, phase[what]]));

  /** As runOf(), with something done once when so many messages have been acknowledged. */
  const runWhile = async (text: string, acked: number, act: () => Promise<void>): Promise<Run> => {
    let acting: Promise<void> | undefined;
    const run = await runOf(text, {
      ...silent,
      progress: ({ settled }) => {
        if (settled >= acked) acting ??= act();
      },
    });
    expect(acting).toBeDefined();
    await acting;
    return run;
  };

  const deliveryWhile = async (
    text: string,
    acked: number,
    act: () => Promise<void>,
  ): Promise<DeliveryResult> => (await runWhile(text, acked, act)).trial.delivery;

  const witnessesOf = ({ witnesses }: DeliveryResult, kind: string) =>
    witnesses.filter((each) => each.kind === kind);

  /** The topic that the run going on made for itself, and the run's number. */
  const topicOf = async (name: string): Promise<{ topic: string; run: number }> => {
    const topics = await cluster.admin!.listTopics();
    const topic = topics.find((each) => each.startsWith(`${name}-`))!;
    return { topic, run: runNumber(topic.slice(name.length + 1)) };
  };

  test('records deleted before the audit: UNKNOWN, and nothing lost', async () => {
    const delivery = await deliveryWhile(
      `
topics: [{ name: shortened, partitions: 2, replicationFactor: 3 }]
producers: [{ name: writer, topic: shortened, rate: 500/s, value: { bytes: 100 } }]
consumers: [{ name: reader, topic: shortened }]
phases: { measure: 4s }
`,
      200,
      async () => {
        const { topic } = await topicOf('shortened');
        const upTo = (await cluster.admin!.offsets(topic)).map(({ partition, end }) => ({
          topic,
          partition,
          offset: end,
        }));
        await deleteRecords(cluster.bootstrap, upTo);
      },
    );
    expect(delivery).toMatchObject({ verdict: 'UNKNOWN', acked: 2000, lost: 0 });
    expect(delivery.anomalies).toEqual({});
    expect(delivery.unaudited).toBeGreaterThanOrEqual(200);
    expect(delivery.present).toBe(2000 - delivery.unaudited!);
    expect(delivery.coverage).toMatchObject({ partitionsRead: 2, acked: delivery.present });
    expect(witnessesOf(delivery, 'unaudited')[0]).toMatchObject({
      producer: 0,
      sequence: expect.any(Number) as number,
      note: expect.stringContaining('deleted before the audit') as string,
    });
  }, 90_000);

  describe('a consumer killed', () => {
    const killed = (consumer: string, stop: string, messages = 800): string => `
topics: [{ name: jobs, partitions: 4, replicationFactor: 3 }]
producers: [{ name: writer, topic: jobs, messages: ${messages}, rate: 400/s, partition: roundRobin, value: { bytes: 100 } }]
consumers:
  - name: worker
    topic: jobs
    group: workers
    count: 2
    ${consumer}
    stop: { how: kill, instance: 1, ${stop} }
    client: { session.timeout.ms: 3000, heartbeat.interval.ms: 500 }
`;

    test('that commits before it processes: delivery-loss, message by message', async () => {
      // Its first batches are small; by 1.5 s it is in the middle of one of hundreds, which it has committed.
      const delivery = await deliveryOf(
        killed('processing: { time: 10ms }\n    commit: before-processing', 'at: 1500ms'),
      );
      const loss = delivery.anomalies['delivery-loss']!;
      expect(loss).toBeGreaterThanOrEqual(1);
      expect(delivery).toMatchObject({
        verdict: 'FAIL',
        reasons: [`delivery-loss: ${loss}`],
        guarantee: 'at-least-once',
        acked: 800,
        lost: 0,
        unaudited: 0,
        groups: [{ name: 'workers', expected: 800, processed: 800 - loss, undelivered: loss }],
      });
      const witnesses = witnessesOf(delivery, 'delivery-loss');
      expect(witnesses).toHaveLength(Math.min(10, loss));
      for (const witness of witnesses) {
        expect(witness).toMatchObject({ group: 'workers', producer: 0, incarnation: 0 });
        expect(witness.sequence).toBeLessThan(800);
        // Where it lies is where it was acknowledged.
        const { topic, partition, offset } = witness.place!;
        expect(witness.acked).toMatchObject({ topic, partition, offset });
        expect(witness.acked!.at).not.toBeNull();
      }
    }, 90_000);

    test('that commits what it has processed: redelivery and no loss', async () => {
      // The second commit is due 2 s after the first message: what came after the first one is not committed.
      const { trial } = await runOf(
        killed('processing: { time: 10ms }\n    commit: { every: 100 }', 'at: 1900ms'),
      );
      const { delivery } = trial;
      expect(delivery).toMatchObject({
        verdict: 'PASS',
        guarantee: 'at-least-once',
        lost: 0,
        groups: [{ name: 'workers', expected: 800, processed: 800, undelivered: 0 }],
      });
      expect(Object.keys(delivery.anomalies)).toEqual(['redelivery']);
      expect(delivery.anomalies['redelivery']).toBeGreaterThanOrEqual(1);
      // Given to the other member when the killed one is missed: 3 s after its last heartbeat, at 1.4 s at the earliest.
      const { redelivered } = delivery.seconds!;
      expect(Math.min(...redelivered.map(({ second }) => second!))).toBeGreaterThanOrEqual(4);
      // On a slow machine the phase ends when the last message is acknowledged, which may be later.
      const drain = trial.phases.find(({ name }) => name === 'drain')!;
      const late = redelivered.filter(({ second }) => second! >= drain.from);
      expect(drain.redelivered).toBe(late.reduce((sum, { count }) => sum + count, 0));
      const { measure } = byPhase(trial, 'redelivered');
      expect(measure! + drain.redelivered!).toBe(delivery.anomalies['redelivery']);
      expect(byPhase(trial, 'duplicates')).toEqual({ measure: 0, drain: 0 });
      expect(witnessesOf(delivery, 'redelivery')[0]).toMatchObject({
        group: 'workers',
        place: { partition: expect.any(Number) as number, offset: expect.any(Number) as number },
      });
    }, 90_000);

    test('that commits each, and is started again: nobody goes back behind a commit', async () => {
      // The other member is in the middle of a batch when the group rebalances, twice.
      const delivery = await deliveryOf(
        killed('processing: { time: 10ms }\n    commit: each', 'at: 800ms, restartAfter: 500ms', 400),
      );
      expect(delivery).toMatchObject({
        verdict: 'PASS',
        groups: [{ name: 'workers', expected: 400, processed: 400, undelivered: 0 }],
      });
      // What had been processed and not yet committed, at most; by chance nothing.
      expect(Object.keys(delivery.anomalies).filter((kind) => kind !== 'redelivery')).toEqual([]);
    }, 90_000);
  });

  test('a producer killed: what it had not reported is indeterminate, and nothing is lost', async () => {
    const delivery = await deliveryOf(`
topics: [{ name: halved, partitions: 3, replicationFactor: 3 }]
producers:
  - name: writer
    topic: halved
    count: 2
    rate: 2000/s
    value: { bytes: 100 }
    stop: { how: kill, instance: 1, at: 1s }
    # What waits for its batch has no report yet.
    client: { acks: all, linger.ms: 100 }
consumers: [{ name: reader, topic: halved, group: readers }]
phases: { measure: 2s }
`);
    expect(delivery).toMatchObject({ verdict: 'PASS', lost: 0, unaudited: 0, rejected: 0 });
    expect(delivery.anomalies).toEqual({});
    expect(delivery.indeterminate).toBeGreaterThanOrEqual(1);
    expect(delivery.acked).toBeGreaterThan(2000);
    expect(delivery.attempted).toBe(delivery.acked + delivery.indeterminate);
    expect(delivery.attempted).toBeLessThan(4000);
  }, 90_000);

  test('another program on the topic: its records are foreign, and that is all', async () => {
    const topic = 'shared';
    await cluster.admin!.createTopic({ name: topic, partitions: 2, replicationFactor: 3, config: {} });
    const tool = kafkaToolProcess(
      env,
      'org.apache.kafka.tools.ProducerPerformance',
      ...['--topic', topic, '--num-records', '100000', '--record-size', '100', '--throughput', '100'],
      ...['--producer-props', `bootstrap.servers=${cluster.bootstrap}`],
    );
    try {
      const records = () => cluster.admin!.offsets(topic);
      await eventually(async () => (await records()).some(({ end }) => end > 0));
      const delivery = await deliveryOf(`
topics: [{ name: ${topic}, reuse: true }]
producers: [{ name: writer, topic: ${topic}, rate: 500/s, value: { bytes: 100 } }]
consumers: [{ name: reader, topic: ${topic}, group: shared-readers }]
phases: { measure: 2s }
`);
      expect(delivery).toMatchObject({
        verdict: 'PASS',
        attempted: 1000,
        present: 1000,
        groups: [{ expected: 1000, processed: 1000 }],
      });
      expect(delivery.anomalies).toEqual({});
      expect(delivery.foreign).toBeGreaterThanOrEqual(1);
      expect(delivery.coverage!.records).toBe(1000 + delivery.foreign);
    } finally {
      await tool.end();
      await cluster.admin!.deleteTopics([topic]);
    }
  }, 90_000);

  test('a second producer under the same identity: corrupt and phantom, each named', async () => {
    const delivery = await deliveryWhile(
      `
topics: [{ name: forged, partitions: 1, replicationFactor: 3 }]
producers:
  - { name: bare, topic: forged, rate: 250/s, value: { bytes: 100 } }
  - { name: keyed, topic: forged, rate: 250/s, key: { fixed: k }, envelope: header, value: { bytes: 100 } }
consumers: [{ name: reader, topic: forged, group: readers }]
phases: { measure: 4s }
`,
      100,
      async () => {
        const { topic, run } = await topicOf('forged');
        const log = await readLog(cluster.bootstrap, topic, 0, 100);
        const bare = log.find(({ key }) => key === null)!;
        const keyed = log.find(({ key }) => key !== null)!;
        const flipped = (bytes: Buffer, at: number): Buffer => {
          const copy = Buffer.from(bytes);
          copy[at]! ^= 1;
          return copy;
        };
        const unsent = Buffer.alloc(100);
        new EnvelopeWriter({ run, producer: 0, incarnation: 0 }).stamp(
          unsent,
          0,
          1_000_000,
          0,
          null,
          unsent,
          ENVELOPE_BYTES,
        );
        await plant(cluster.bootstrap, topic, [
          { partition: 0, value: flipped(bare.value!, 99) },
          // In the sequence: no other message of the run, let alone one that nobody sent.
          { partition: 0, value: flipped(bare.value!, 12) },
          { ...keyed, partition: 0, key: flipped(keyed.key!, 0) },
          { partition: 0, value: unsent },
        ]);
      },
    );
    expect(delivery).toMatchObject({
      verdict: 'FAIL',
      reasons: ['corrupt: 3', 'phantom: 1'],
      attempted: 2000,
      present: 2000,
      lost: 0,
      foreign: 0,
      groups: [{ expected: 2000, processed: 2000 }],
    });
    expect(delivery.anomalies).toEqual({ corrupt: 3, phantom: 1 });
    const [value, sequence, key] = witnessesOf(delivery, 'corrupt');
    expect(value).toMatchObject({ producer: 0, incarnation: 0, sequence: 0, place: { partition: 0 } });
    expect(sequence).toMatchObject({ producer: 0, sequence: 1 });
    expect(key).toMatchObject({ producer: 1, sequence: 0 });
    expect(witnessesOf(delivery, 'phantom')).toMatchObject([{ producer: 0, sequence: 1_000_000 }]);
  }, 90_000);

  test('an intact message stored twice: a duplicate, which exactly-once does not allow', async () => {
    let planted = { after: NaN, before: NaN };
    const { trial, measureStart } = await runWhile(
      `
topics: [{ name: doubled, partitions: 1, replicationFactor: 3 }]
producers:
  - name: writer
    topic: doubled
    rate: 250/s
    value: { json: { n: '\${seq}' } }
    client: { enable.idempotence: true }
consumers: [{ name: reader, topic: doubled, group: readers }]
phases: { measure: 6s }
expect: { delivery: exactly-once, duplicates@0s..6s: 2, redelivered@0s..6s: 0, errors@0s..6s: 0 }
`,
      300,
      async () => {
        const { topic } = await topicOf('doubled');
        const [, , third] = await readLog(cluster.bootstrap, topic, 0, 3);
        expect(third!.headers).toEqual([{ [ENVELOPE_HEADER]: expect.any(Buffer) as Buffer }]);
        const { timestamp: handedOver, ...now } = third!;
        expect(handedOver).toBeDefined();
        const after = Date.now();
        // With the time that it had, as a producer sends again, and with the time of its second arrival.
        await plant(cluster.bootstrap, topic, [third!, now]);
        planted = { after, before: Date.now() };
      },
    );
    const { delivery } = trial;
    expect(delivery).toMatchObject({
      verdict: 'FAIL',
      reasons: ['duplicate: 2'],
      present: 1500,
      lost: 0,
      coverage: { records: 1502 },
    });
    expect(delivery.anomalies).toEqual({ duplicate: 2 });
    const { duplicates, redelivered } = delivery.seconds!;
    expect(redelivered).toEqual([]);
    expect(duplicates.map(({ count }) => count)).toEqual([1, 1]);
    const [first, second] = duplicates.map(({ second }) => second!);
    expect(first).toBe(0);
    expect(second).toBeGreaterThanOrEqual(Math.max(1, Math.floor((planted.after - measureStart) / 1000)));
    expect(second).toBeLessThanOrEqual(Math.floor((planted.before - measureStart) / 1000));
    expect(byPhase(trial, 'duplicates')).toEqual({ measure: 2, window: 2, drain: 0 });
    const [duplicate] = delivery.witnesses;
    expect(duplicate).toMatchObject({ producer: 0, sequence: 2, acked: { partition: 0, offset: 2 } });
    expect(duplicate!.place!.offset).toBeGreaterThan(2);
  }, 90_000);

  test('a transaction that another program leaves open: HANG', async () => {
    const topic = 'held';
    await cluster.admin!.createTopic({ name: topic, partitions: 1, replicationFactor: 3, config: {} });
    const value = Buffer.from('never committed');
    const open = await plantInOpenTransaction(cluster.bootstrap, topic, [{ partition: 0, value }]);
    try {
      const delivery = await deliveryOf(`
topics: [{ name: ${topic}, reuse: true }]
producers: [{ name: writer, topic: ${topic}, messages: 100, value: { bytes: 100 } }]
consumers: [{ name: reader, topic: ${topic}, client: { isolation.level: read_committed } }]
phases: { drain: 2s }
`);
      expect(delivery).toMatchObject({
        verdict: 'HANG',
        reasons: ['hang: 101', 'unread: 100'],
        acked: 100,
        present: 100,
        lost: 0,
        groups: [{ expected: 100, processed: 0, undelivered: 100 }],
      });
      expect(delivery.anomalies).toEqual({ hang: 101, unread: 100 });
      expect(witnessesOf(delivery, 'hang')).toMatchObject([{ place: { topic, partition: 0, offset: 0 } }]);
    } finally {
      await open.abort();
      await cluster.admin!.deleteTopics([topic]);
    }
  }, 90_000);

  test('transactions that another program commits and aborts meanwhile: PASS, for readers of either kind', async () => {
    const topic = 'among-transactions';
    await cluster.admin!.createTopic({ name: topic, partitions: 1, replicationFactor: 3, config: {} });
    let over = false;
    let aborted = 0;
    const other = (async () => {
      while (!over) {
        const messages = Array.from({ length: 5 }, () => ({ partition: 0, value: Buffer.from('aborted') }));
        const open = await plantInOpenTransaction(cluster.bootstrap, topic, messages);
        await plant(cluster.bootstrap, topic, [{ partition: 0, value: Buffer.from('not in it') }]);
        await open.abort();
        aborted++;
      }
    })();
    const delivery = await deliveryWhile(
      `
topics: [{ name: ${topic}, reuse: true }]
producers: [{ name: writer, topic: ${topic}, messages: 300, rate: 100/s, value: { bytes: 100 } }]
consumers:
  - { name: committed, topic: ${topic}, group: committed, client: { isolation.level: read_committed } }
  - { name: uncommitted, topic: ${topic}, group: uncommitted, client: { isolation.level: read_uncommitted } }
`,
      250,
      () => {
        over = true;
        return other;
      },
    );
    expect(aborted).toBeGreaterThan(0);
    expect(delivery).toMatchObject({
      ...{ verdict: 'PASS', reasons: [], anomalies: {}, acked: 300, present: 300, lost: 0, unaudited: 0 },
      groups: [
        { name: 'committed', expected: 300, processed: 300 },
        { name: 'uncommitted', expected: 300, processed: 300 },
      ],
    });
    expect(delivery.foreign).toBeGreaterThan(0);
    expect(delivery.coverage!.records).toBe(300 + delivery.foreign);
    // Beside the records of both lie the markers that end the transactions.
    expect(await endOffsets(env, cluster.bootstrap, topic)).toBeGreaterThan(delivery.coverage!.records);
  }, 90_000);

  test('replicas that stand still while the audit reads: what nobody may read yet is unaudited, not lost', async () => {
    const topic = 'held-back';
    // With fewer in sync than that the high watermark does not move, also when the paused one has been given up.
    const config = { 'min.insync.replicas': '3' };
    await cluster.admin!.createTopic({ name: topic, partitions: 1, replicationFactor: 3, config });
    const { leader } = (await cluster.admin!.describeTopic(topic)).partitions[0]!;
    const follower = `kafka${leader === 1 ? 2 : 1}`;
    try {
      const delivery = await deliveryWhile(
        `
topics: [{ name: ${topic}, reuse: true }]
producers: [{ name: writer, topic: ${topic}, messages: 200, rate: 100/s, value: { bytes: 100 }, client: { acks: 1 } }]
consumers: [{ name: reader, topic: ${topic} }]
phases: { drain: 2s }
expect: { delivery: at-least-once }
`,
        50,
        async () => {
          await cluster.act('pause', follower);
        },
      );
      const { host, port } = cluster.brokers.find(({ id }) => id === leader)!;
      const visible = await endOffsets(env, `${host}:${port}`, topic);
      expect(visible).toBeGreaterThan(0);
      expect(visible).toBeLessThan(200);
      expect(delivery).toMatchObject({
        verdict: 'UNKNOWN',
        ...{ acked: 200, present: visible, lost: 0, unaudited: 200 - visible },
        groups: [{ expected: visible, processed: visible, undelivered: 0 }],
      });
      expect(delivery.anomalies).toEqual({ unseen: 200 - visible });
    } finally {
      await cluster.act('unpause', follower);
      // It may have been given up: the next test has topics of three replicas again.
      await eventually(async () => {
        const { partitions } = await cluster.admin!.describeTopic(topic);
        return partitions[0]!.inSyncReplicas.length === 3;
      });
      await cluster.admin!.deleteTopics([topic]);
    }
  }, 90_000);

  describe('messages that are stored and answered with', () => {
    const lied = async (code: number): Promise<DeliveryResult> => {
      const topic = `lied-${code}`;
      await cluster.admin!.createTopic({ name: topic, partitions: 1, replicationFactor: 3, config: {} });
      const nodes = new ClusterStates(env).list()[0]!.nodes;
      const proxy = await LyingProxy.start(nodes, code);
      try {
        const text = `
topics: [{ name: ${topic}, reuse: true }]
producers:
  - name: writer
    topic: ${topic}
    messages: 20
    rate: 20/s
    value: { bytes: 100 }
    client: { acks: all, linger.ms: 0, batch.num.messages: 1, retries: 0, message.timeout.ms: 1500 }
phases: { drain: 10s }
`;
        const { result, files } = await runText(text, { env, bootstrap: proxy.bootstrap });
        const { delivery } = result.trials[0]!;
        expect(proxy.lies).toBeGreaterThanOrEqual(20);
        expect(await judgeEvidence(files.evidence)).toEqual(delivery);
        expect(delivery.coverage!.records).toBe(await endOffsets(env, cluster.bootstrap, topic));
        return delivery;
      } finally {
        await proxy.close();
      }
    };

    test('NOT_LEADER_OR_FOLLOWER are in doubt, and not called rejected', async () => {
      const delivery = await lied(6);
      expect(delivery).toMatchObject({
        ...{ acked: 0, rejected: 0, indeterminate: 20, indeterminatePresent: 20, verdict: 'VACUOUS' },
      });
      expect(delivery.anomalies).not.toHaveProperty('rejected-present');
    }, 90_000);

    test('INVALID_RECORD, which says that they are not: FAIL, all of them are found', async () => {
      const delivery = await lied(87);
      const { rejected, indeterminate, indeterminatePresent } = delivery;
      expect(rejected + indeterminate).toBe(20);
      expect(indeterminatePresent).toBe(indeterminate);
      expect(delivery).toMatchObject({ verdict: 'FAIL', anomalies: { 'rejected-present': rejected } });
    }, 90_000);
  });
});
