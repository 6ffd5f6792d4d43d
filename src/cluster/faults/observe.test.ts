import { expect, test } from 'vitest';
import type { BrokerAction } from '../cluster.ts';
import { FakeCluster } from './fake-cluster.case.ts';
import type { FakeOptions } from './fake-cluster.case.ts';
import { explainedBy } from './explain.ts';
import type { PlannedFaults } from './explain.ts';
import type { FaultRecord } from '../../protocol/fault-record.ts';
import { ClusterWatcher } from './observe.ts';
import type { WatcherOptions } from './observe.ts';

function watched(
  options: FakeOptions = {},
  more: Partial<WatcherOptions> = {},
  withStates = false,
  serves?: () => Promise<boolean>,
) {
  const cluster = new FakeCluster(options);
  const { driver, timing } = cluster;
  const metadata = { ...cluster.metadata, ...(serves && { serves }) };
  const lines: string[] = [];
  const watcher = new ClusterWatcher({
    brokers: driver.brokers,
    metadata,
    log: (line) => lines.push(line),
    timing,
    ...(withStates && { states: statesOf(cluster) }),
    ...more,
  });
  watcher.start();
  const byHand = (action: BrokerAction): Promise<unknown> => timing.through(cluster.act(action, 'kafka2'));
  return { cluster, watcher, lines, byHand, pass: (millis: number) => timing.pass(millis) };
}

const statesOf = (cluster: FakeCluster) => () =>
  Promise.resolve(new Map(['kafka1', 'kafka2', 'kafka3'].map((name) => [name, cluster.stateOf(name)])));

/** One planned fault, a stop of kafka2 that lasts unless told. */
function planning(...given: Partial<FaultRecord>[]): PlannedFaults {
  const records = given.map((more): FaultRecord => ({
    ...{ id: 'planned', source: 'planned', action: 'stop', target: 'kafka2', resolved: ['kafka2'] },
    hits: (more.resolved ?? ['kafka2']).map((broker) => ({ broker, from: 0, to: more.ended ?? null })),
    ...{ planned: 0, started: 0, injected: 0, healing: null, ended: null, effective: true },
    ...{ observed: '', incomplete: null, notes: [], ...more },
  }));
  return { records, explains: (sign, broker, during) => explainedBy(records, sign, broker, during) };
}

test('a process that ended is said to have ended as its engine tells', async () => {
  const ending = () => 'killed (exit code 137)';
  const { watcher, lines, byHand, pass } = watched({}, { ending }, true);
  await pass(2000);
  await byHand('kill');
  await pass(2000);
  expect(watcher.observed[0]!.observed).toMatch(/^kafka2 stopped: killed \(exit code 137\)/);
  expect(lines[0]).toBe('kafka2 is stopped: killed (exit code 137), which nobody planned');
});

test('nothing happens, nothing is told', async () => {
  const { cluster, watcher, pass } = watched();
  await pass(10_000);
  await cluster.timing.through(watcher.stop());
  expect(watcher.observed).toEqual([]);
  expect(watcher.changes).toEqual([]);
});

test('a broker stopped by hand is a fault from when it went to when it came back', async () => {
  const { cluster, watcher, lines, byHand, pass } = watched({ inSync: 5_000, preferred: 5_000 });
  await pass(5_100);
  await byHand('stop');
  await pass(10_000);
  await byHand('start');
  await pass(20_000);
  await cluster.timing.through(watcher.stop());
  expect(watcher.observed).toEqual([
    expect.objectContaining({
      ...{ id: 'observed-kafka2', source: 'observed', action: 'down', target: 'kafka2', planned: null },
      ...{ started: 5.5e6, ended: 15.5e6, effective: true, observed: 'kafka2 gone from metadata' },
    }),
  ]);
  expect(lines).toEqual(['kafka2 is gone from metadata, which nobody planned', 'kafka2 is back after 10 s']);
  const of = (kind: string) => watcher.changes.filter((change) => change.kind === kind);
  expect(of('broker-gone')).toEqual([
    { kind: 'broker-gone', broker: 2, at: 5.5e6, fault: 'observed-kafka2' },
  ]);
  expect(of('broker-back')).toMatchObject([{ broker: 2, fault: 'observed-kafka2' }]);
  // Away from its leader and home again; three partitions lose and regain a replica.
  expect(of('leader').map((change) => 'from' in change && [change.from, change.to])).toEqual([
    [2, 3],
    [3, 2],
  ]);
  expect(of('in-sync')).toHaveLength(6);
});

test('what a planned fault explains is no observed fault', async () => {
  const planned = planning({ id: 'stop-kafka2' });
  const { cluster, watcher, byHand, pass } = watched({}, { planned });
  await pass(1000);
  await byHand('stop');
  await pass(5000);
  await byHand('start');
  await pass(5000);
  await cluster.timing.through(watcher.stop());
  expect(watcher.observed).toEqual([]);
  expect(watcher.changes.length).toBeGreaterThan(0);
  expect(new Set(watcher.changes.map(({ fault }) => fault))).toEqual(new Set(['stop-kafka2']));
});

test('a planned fault on one broker does not explain another’s outage', async () => {
  const planned = planning({ id: 'stop-kafka3', resolved: ['kafka3'] });
  const { cluster, watcher, byHand, pass } = watched({}, { planned });
  await pass(1000);
  await byHand('kill');
  await pass(3000);
  await cluster.timing.through(watcher.stop());
  expect(watcher.observed).toMatchObject([{ target: 'kafka2', ended: null }]);
});

test('states show at once what metadata shows only after the session, and a pause that it never shows', async () => {
  const { cluster, watcher, byHand, pass } = watched({ fenced: 9000 }, {}, true);
  await pass(2_100);
  await byHand('pause');
  await pass(5_000);
  await byHand('unpause');
  await pass(5_000);
  await byHand('kill');
  await pass(15_000);
  await cluster.timing.through(watcher.stop());
  expect(watcher.observed).toMatchObject([
    { id: 'observed-kafka2', action: 'pause', started: 2.5e6, ended: 7.5e6, observed: 'kafka2 paused' },
    {
      id: 'observed-kafka2-2',
      action: 'stop',
      started: 12.5e6,
      ended: null,
      observed: expect.stringMatching(/^kafka2 stopped; gone from metadata after \d/) as unknown,
    },
  ]);
});

test('one stale answer and silence are no outage', async () => {
  const { cluster, watcher, byHand, pass } = watched();
  await pass(2_100);
  await byHand('stop');
  await pass(500);
  await byHand('start');
  await pass(3_000);
  cluster.reachable = false;
  await pass(10_000);
  cluster.reachable = true;
  await pass(3_000);
  await cluster.timing.through(watcher.stop());
  expect(watcher.observed).toEqual([]);
  // Whether messages were answered meanwhile, others know.
  expect(watcher.unanswered).toEqual([{ from: 5.5e6, to: 16e6 }]);
});

test('a stall of our own is no silence of the brokers, and takes nothing from one that it lies in', async () => {
  const { cluster, watcher, pass } = watched();
  await pass(3_000);
  cluster.timing.stall(8_000);
  await pass(3_000);
  cluster.reachable = false;
  await pass(10_000);
  cluster.timing.stall(1_600);
  await pass(10_000);
  cluster.reachable = true;
  await pass(3_000);
  await cluster.timing.through(watcher.stop());
  expect(watcher.unanswered).toHaveLength(1);
  const [{ from, to }] = watcher.unanswered as [{ from: number; to: number }];
  expect((to - from) / 1e6).toBeGreaterThan(21);
});

test('a planned fault that is over explains no later outage of its broker', async () => {
  const planned = planning({ id: 'frozen', action: 'pause', ended: 2e6 });
  const { cluster, watcher, byHand, pass } = watched({ fenced: 9000 }, { planned }, true);
  await pass(15_000);
  await byHand('kill');
  await pass(20_000);
  await byHand('start');
  await pass(10_000);
  await cluster.timing.through(watcher.stop());
  expect(watcher.observed).toMatchObject([
    { id: 'observed-kafka2', action: 'stop', target: 'kafka2', ended: expect.any(Number) as unknown },
  ]);
  expect(new Set(watcher.changes.map(({ fault }) => fault))).toEqual(new Set(['observed-kafka2']));
});

test('nor where metadata alone tells, once the fault’s own leaving has shown', async () => {
  const planned = planning({ id: 'frozen', action: 'pause', ended: 2e6 });
  const { cluster, watcher, byHand, pass } = watched({ fenced: 9000 }, { planned });
  await pass(15_000);
  await byHand('kill');
  await pass(20_000);
  await cluster.timing.through(watcher.stop());
  expect(watcher.observed).toMatchObject([{ id: 'observed-kafka2', action: 'down' }]);
});

test('a broker that dies while it is paused, or apart, as planned is another outage', async () => {
  for (const action of ['pause', 'partition', 'degrade', 'cut', 'drop']) {
    const planned = planning({ action });
    const { cluster, watcher, byHand, pass } = watched({}, { planned }, true);
    await pass(2000);
    await byHand('kill');
    await pass(3000);
    await cluster.timing.through(watcher.stop());
    expect(watcher.observed).toMatchObject([{ action: 'stop', target: 'kafka2' }]);
  }
});

test('a planned fault that was refused explains nothing and changes nothing', async () => {
  const hits = [{ broker: 'kafka2', from: 1e6, to: null }];
  const planned = planning({ effective: false, injected: null, hits });
  const { cluster, watcher, byHand, pass } = watched({}, { planned }, true);
  await pass(2000);
  await byHand('stop');
  await pass(3000);
  await cluster.timing.through(watcher.stop());
  expect(watcher.observed).toMatchObject([{ id: 'observed-kafka2' }]);
  expect(new Set(watcher.changes.map(({ fault }) => fault))).toEqual(new Set(['observed-kafka2']));
});

test('a fault between clients and a broker takes no changes of it from the outage that made them', async () => {
  const planned = planning({ id: 'slow', action: 'degrade', hits: [], started: 3e6 });
  const { cluster, watcher, byHand, pass } = watched({ fenced: 9000 }, { planned }, true);
  await pass(1000);
  await byHand('kill');
  await pass(12_000);
  await cluster.timing.through(watcher.stop());
  expect(new Set(watcher.changes.map(({ fault }) => fault))).toEqual(new Set(['observed-kafka2']));
});

test('one that stays down when what explained it is over is an outage from then on', async () => {
  const planned = planning({ action: 'stop', ended: 4e6 });
  const { cluster, watcher, byHand, pass } = watched({}, { planned }, true);
  await pass(2000);
  await byHand('stop');
  await pass(6000);
  await cluster.timing.through(watcher.stop());
  expect(watcher.observed).toMatchObject([{ action: 'stop', started: 5e6 }]);
});

test('killed and started again at once: one outage, until the broker serves', async () => {
  let serving = true;
  const serves = () => Promise.resolve(serving);
  const { cluster, watcher, byHand, pass } = watched({ fenced: 9000 }, {}, true, serves);
  await pass(2_100);
  serving = false;
  await byHand('kill');
  await pass(1_000);
  // Its process runs, and its last registration holds.
  cluster.runs('kafka2');
  await pass(15_000);
  await byHand('start');
  await pass(3_000);
  expect(watcher.observed).toMatchObject([{ ended: null }]);
  serving = true;
  await pass(2_000);
  await cluster.timing.through(watcher.stop());
  expect(watcher.observed).toHaveLength(1);
  expect(watcher.observed[0]!.ended! / 1e6).toBeCloseTo(21.5, 0);
  expect(watcher.observed[0]!.observed).toMatch(/^kafka2 stopped; gone from metadata after \d/);
});

test('what left its network is seen at once', async () => {
  const states = new Map<string, 'running' | 'disconnected'>([['kafka2', 'running']]);
  const { cluster, watcher, pass } = watched({}, { states: () => Promise.resolve(new Map(states)) });
  await pass(2_100);
  states.set('kafka2', 'disconnected');
  await pass(2_000);
  states.set('kafka2', 'running');
  await pass(2_000);
  await cluster.timing.through(watcher.stop());
  expect(watcher.observed).toMatchObject([
    { action: 'disconnect', started: 2.5e6, ended: 4.5e6, observed: 'kafka2 disconnected' },
  ]);
});
