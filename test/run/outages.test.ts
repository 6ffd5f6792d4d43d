import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sleep } from '../../src/base/clock.ts';
import { until } from '../../src/cluster/contract.case.ts';
import { connectAdmin } from '../../src/cluster/admin/connect.ts';
import type { Admin } from '../../src/cluster/admin/admin.ts';
import { actLocal, downLocal, upLocal, type LocalStatus } from '../../src/cluster/local/manage.ts';
import {
  contextIn,
  isolatedEnvironment,
  localRequest,
  noRealKafka,
  shortSessions,
} from '../../src/cluster/local/real-kafka.case.ts';
import type { FaultResult, TrialResult } from '../../src/results/schema.ts';
import { silent } from '../../src/trial/observer.ts';
import { runText } from './scenario-run.ts';

const second = 1e6;

const clusterConfig = { ...shortSessions, 'leader.imbalance.check.interval.seconds': '2' };

/** Brokers that go by hand, on real Kafka. Sessions of 3 s; controllers of their own, so that two may be down. */
describe.skipIf(await noRealKafka())('outages that nobody planned', { timeout: 180_000 }, () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let cluster: LocalStatus;
  let admin: Admin;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    const request = localRequest({ brokers: 3, controllers: 'dedicated', config: clusterConfig });
    ({ cluster } = await upLocal(request, contextIn(env)));
    admin = await connectAdmin({ bootstrap: cluster.bootstrap });
  }, 180_000);
  afterAll(async () => {
    await admin.close();
    await downLocal(env);
    remove();
  }, 60_000);
  beforeEach(async () => {
    await until(async () => (await admin.brokers()).length === 3, 60_000);
  }, 90_000);

  const byHand = (action: 'kill' | 'start' | 'pause' | 'unpause' | 'stop', broker: string) =>
    actLocal(env, action, broker, cluster.id);

  interface Asked {
    readonly measure: string;
    readonly faults?: readonly object[];
    /** Seconds of the measured phase, and what is done then. */
    readonly acts?: readonly (readonly [at: number, act: () => Promise<unknown>])[];
    readonly external?: boolean;
    readonly minInSync?: number;
  }

  /**
   * The trial, when in the measured phase each act began, in seconds, and whether all were done so long before its end
   * that what followed was seen: on an overloaded machine a broker needs a minute to start.
   */
  async function run({ measure, faults = [], acts = [], external = false, minInSync = 2 }: Asked) {
    const config = `{ min.insync.replicas: ${minInSync} }`;
    const local = { kind: 'local', brokers: 3, controllers: 'dedicated', config: clusterConfig };
    const text = `${external ? '' : `cluster: ${JSON.stringify(local)}`}
topics: [{ name: orders, partitions: 3, replicationFactor: 3, config: ${config} }]
producers:
  - { name: writer, topic: orders, rate: 200/s, value: { bytes: 50 }, client: { acks: all } }
phases: { warmup: 0s, measure: ${measure}, drain: 60s }
faults: ${JSON.stringify(faults)}
`;
    let began: number | undefined;
    const doing: Promise<unknown>[] = [];
    const times: number[] = [];
    let done = 0;
    const { result } = await runText(text, {
      env,
      ...(external && { bootstrap: cluster.bootstrap }),
      observer: {
        ...silent,
        progress: ({ phase }) => {
          if (phase !== 'measure' || began !== undefined) return;
          began = performance.now();
          doing.push(
            ...acts.map(async ([at, act], i) => {
              await sleep(at * 1000);
              times[i] = (performance.now() - began!) / 1000;
              await act();
              done = Math.max(done, (performance.now() - began!) / 1000);
            }),
          );
        },
      },
    });
    await Promise.all(doing);
    expect(result.outcome).toEqual({ state: 'completed' });
    if (!external) expect(result.cluster.why).toContain(cluster.id);
    const trial = result.trials[0]!;
    expect(trial.delivery).toMatchObject({ lost: 0, unaudited: 0 });
    return { trial, times, inTime: done + 10 < parseInt(measure) };
  }

  const observed = ({ faults }: TrialResult): FaultResult[] =>
    faults.filter(({ source }) => source === 'observed');

  test('a kill after a planned pause, and a start at once: one outage of its own, over when the broker serves', async () => {
    const { trial, times, inTime } = await run({
      measure: '40s',
      faults: [{ id: 'frozen', at: '1s', pause: 'kafka2', for: '1s' }],
      // The start comes while the broker's session still lasts.
      acts: [[6, () => byHand('kill', 'kafka2').then(() => byHand('start', 'kafka2'))]],
    });
    const [fault, ...more] = observed(trial);
    expect(more).toEqual([]);
    expect(fault).toMatchObject({ id: 'observed-kafka2', action: 'stop', target: 'kafka2' });
    expect(Math.abs(fault!.started! - times[0]!)).toBeLessThan(1.5);
    // Not before its old session had ended.
    if (inTime) expect(fault!.ended! - fault!.started!).toBeGreaterThan(2.5);
    expect(fault!.partitions).toHaveLength(3);
    for (const { unavailable, isrShrunk, isrFull } of fault!.partitions) {
      expect(unavailable! / second).toBeGreaterThan(2);
      if (inTime) expect(isrFull).toBeGreaterThan(isrShrunk!);
    }
    const [frozen] = trial.faults;
    expect(frozen!.partitions.flatMap(({ leaders }) => leaders)).toEqual([]);
  });

  test('seen through metadata alone, an outage begins when acknowledgements fell silent', async () => {
    const { trial, times, inTime } = await run({
      measure: '45s',
      external: true,
      acts: [
        [5, () => byHand('kill', 'kafka2')],
        [11, () => byHand('start', 'kafka2')],
      ],
    });
    const [fault, ...more] = observed(trial);
    expect(more).toEqual([]);
    expect(fault!.action).toBe('down');
    expect(Math.abs(fault!.started! - times[0]!)).toBeLessThan(0.8);
    if (inTime) expect(fault!.ended).toBeGreaterThan(times[1]!);
    for (const { unavailable, isrFull } of fault!.partitions) {
      expect(unavailable! / second).toBeGreaterThan(2);
      if (inTime) expect(isrFull).not.toBeNull();
    }
    // The dead seconds are not *before*.
    const before = trial.phases.find(({ name }) => name === 'before')!;
    expect(before.to).toBeLessThanOrEqual(times[0]! + 0.8);
  });

  test('faults that overlap: each has its own changes, and both see the in-sync set full again', async () => {
    const { trial } = await run({
      measure: '20s',
      minInSync: 1,
      faults: [
        { id: 'long', at: '2s', stop: 'kafka2', for: '7s' },
        { id: 'short', at: '5s', stop: 'kafka3', for: '1s' },
      ],
    });
    expect(observed(trial)).toEqual([]);
    for (const { id, partitions } of trial.faults) {
      const broker = id === 'long' ? 2 : 3;
      for (const { leaders, isrShrunk, isrFull } of partitions) {
        expect(isrShrunk).not.toBeNull();
        expect(isrFull).toBeGreaterThan(isrShrunk!);
        for (const { from, to } of leaders) expect([from, to]).toContain(broker);
      }
    }
  });

  test('a rolling restart that the run’s end cuts short has had its effect, and was not all of it', async () => {
    const { trial } = await run({ measure: '7s', faults: [{ id: 'roll', at: '1s', rolling: 'all' }] });
    const [roll] = trial.faults;
    expect(roll).toMatchObject({ effective: true, ended: expect.any(Number) as unknown });
    expect(roll!.notes).toContainEqual(expect.stringMatching(/^the run ended before kafka\d was restarted/));
    expect(trial.delivery.verdict).toBe('VACUOUS');
  });
});

describe.skipIf(await noRealKafka())('an outage of the only broker', { timeout: 180_000 }, () => {
  test('of an external cluster, of which metadata shows nothing', async () => {
    const { env, remove } = await isolatedEnvironment();
    try {
      const { cluster } = await upLocal(localRequest({ brokers: 1 }), contextIn(env));
      let acting: Promise<void> | undefined;
      const { result } = await runText(
        `
topics: [{ name: orders, partitions: 2, replicationFactor: 1 }]
producers: [{ name: writer, topic: orders, rate: 100/s, value: { bytes: 50 } }]
phases: { warmup: 0s, measure: 25s, drain: 60s }
`,
        {
          env,
          bootstrap: cluster.bootstrap,
          observer: {
            ...silent,
            progress: ({ settled }) => {
              if (settled < 300) return;
              acting ??= actLocal(env, 'kill', 'kafka1', cluster.id)
                .then(() => sleep(4000))
                .then(() => actLocal(env, 'start', 'kafka1', cluster.id))
                .then(() => undefined);
            },
          },
        },
      );
      await acting;
      const [fault, ...more] = result.trials[0]!.faults;
      expect(more).toEqual([]);
      expect(fault).toMatchObject({ id: 'observed-all', action: 'unreachable', target: 'all brokers' });
      expect(fault!.ended! - fault!.started!).toBeGreaterThan(4);
      for (const { unavailable } of fault!.partitions) expect(unavailable! / second).toBeGreaterThan(4);
    } finally {
      await downLocal(env);
      remove();
    }
  });
});
