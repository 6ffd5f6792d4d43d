import { describe, expect, test } from 'vitest';
import { FakeCluster } from './fake-cluster.case.ts';
import type { FakeOptions } from './fake-cluster.case.ts';
import type { FaultSpec } from './fault.ts';
import { planFaults } from './plan.ts';
import { Timeline } from './timeline.ts';
import type { TimelineOptions } from './timeline.ts';

function timelineOf(
  specs: readonly FaultSpec[],
  options: FakeOptions = {},
  more: Partial<TimelineOptions> = {},
): { cluster: FakeCluster; timeline: Timeline; lines: string[] } {
  const cluster = new FakeCluster(options);
  const { driver } = cluster;
  const plan = planFaults(specs, {
    provider: 'fake',
    actions: driver.actions,
    wipe: true,
    network: driver.network,
    coordinators: false,
    brokers: driver.brokers,
  });
  const lines: string[] = [];
  const timeline = new Timeline({
    plan,
    driver,
    metadata: cluster.metadata,
    journal: cluster.undoLog,
    seed: 1,
    acked: () => 0,
    log: (line) => lines.push(line),
    timing: cluster.timing,
    ...more,
  });
  return { cluster, timeline, lines };
}

const second = 1e6;

test('stops at its time, starts after for:, the undo written down first', async () => {
  const { cluster, timeline, lines } = timelineOf([{ at: 20 * second, stop: 'kafka2', for: 15 * second }], {
    takes: { stop: 2000, start: 5000 },
  });
  timeline.start(0);
  await cluster.timing.through(timeline.done());
  expect(cluster.acts).toEqual(['journal stop-kafka2', 'stop kafka2 @20', 'start kafka2 @37']);
  expect(cluster.journal).toEqual(['open start kafka2', 'done 1 start kafka2']);
  expect(timeline.records).toEqual([
    {
      ...{ id: 'stop-kafka2', source: 'planned', action: 'stop', target: 'kafka2', resolved: ['kafka2'] },
      ...{ planned: 20 * second, started: 20 * second, injected: 22 * second },
      ...{ healing: 37 * second, ended: 42 * second, effective: true, incomplete: null, notes: [] },
      hits: [{ broker: 'kafka2', from: 20 * second, to: 42 * second }],
      observed: 'kafka2 stopped after 2 s; kafka2 gone from metadata after 2 s',
    },
  ]);
  expect(lines[0]).toBe('fault stop-kafka2: stop kafka2');
  expect(await timeline.end()).toEqual([]);
});

test('times count from the start of the measured phase', async () => {
  const { cluster, timeline } = timelineOf([{ at: second, restart: 'kafka1' }]);
  timeline.start(5 * second);
  await cluster.timing.through(timeline.done());
  expect(timeline.records[0]).toMatchObject({ planned: 6 * second, started: 6 * second });
});

describe('what a fault waits for', () => {
  test('acknowledged messages', async () => {
    let acked = 0;
    const { cluster, timeline } = timelineOf(
      [{ after: { acked: 100 }, kill: 'kafka3', for: second }],
      {},
      { acked: () => acked },
    );
    timeline.start(0);
    await cluster.timing.pass(10_000);
    expect(cluster.acts).toEqual([]);
    acked = 100;
    await cluster.timing.through(timeline.done());
    expect(timeline.records[0]).toMatchObject({ effective: true, planned: timeline.records[0]!.started });
    expect(cluster.acts[1]).toMatch(/^kill kafka3 @10/);
  });

  test('another fault, and that much longer', async () => {
    const { cluster, timeline } = timelineOf(
      [
        { id: 'first', at: second, pause: 'kafka1', for: 2 * second },
        { after: { healed: 'first', stable: 30 * second }, stop: 'kafka2', for: second },
      ],
      { takes: { unpause: 1000 } },
    );
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    expect(cluster.acts.filter((act) => !act.startsWith('journal'))).toEqual([
      'pause kafka1 @1',
      'unpause kafka1 @3',
      'stop kafka2 @34',
      'start kafka2 @35',
    ]);
  });

  test('one that did not heal is waited for in vain, and that is said', async () => {
    const { cluster, timeline } = timelineOf(
      [
        { id: 'first', at: second, stop: 'kafka1', for: second },
        { after: { healed: 'first' }, stop: 'kafka2', for: second },
      ],
      { fail: (action) => (action === 'start' ? 'no disk' : undefined) },
    );
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    expect(timeline.records).toMatchObject([
      { effective: true, ended: null, notes: ['could not run start kafka1: no disk'] },
      { effective: false, started: null, observed: 'never fired: first did not heal' },
    ]);
    const warnings = await cluster.timing.through(timeline.end());
    expect(warnings).toMatchObject([
      { code: 'fault-left', message: expect.stringContaining('by hand: start kafka1') as unknown },
    ]);
  });
});

describe('targets are chosen when the fault fires', () => {
  test('the leader of a partition, as earlier faults have left it', async () => {
    const leader = { leaderOf: { topic: 'orders', partition: 1 } };
    const { cluster, timeline } = timelineOf([
      { at: second, stop: leader },
      { at: 40 * second, kill: leader },
    ]);
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    expect(timeline.records.map(({ resolved }) => resolved)).toEqual([['kafka2'], ['kafka3']]);
    expect(timeline.records[0]!.target).toBe('leaderOf orders/1');
  });

  test('a follower, the controller, any', async () => {
    const { cluster, timeline } = timelineOf([
      { at: second, restart: { followerOf: { topic: 'orders', partition: 0 } } },
      { at: 2 * second, restart: 'controller' },
      { at: 3 * second, restart: 'random' },
    ]);
    cluster.controller = 3;
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    const [follower, controller, any] = timeline.records.map(({ resolved }) => resolved[0]);
    expect([follower, controller]).toEqual(['kafka2', 'kafka3']);
    expect(['kafka1', 'kafka2', 'kafka3']).toContain(any);
  });

  test('random follows the seed', async () => {
    const drawn = async (seed: number): Promise<string> => {
      const faults = Array.from({ length: 8 }, (_, i) => ({ at: i * 100 * second, restart: 'random' }));
      const { cluster, timeline } = timelineOf(faults, {}, { seed });
      timeline.start(0);
      await cluster.timing.through(timeline.done());
      return timeline.records.map(({ resolved }) => resolved[0]).join(' ');
    };
    expect(await drawn(7)).toBe(await drawn(7));
    expect(await drawn(7)).not.toBe(await drawn(8));
  });

  test('a target that means no broker is no fault, after ten seconds of asking', async () => {
    const { cluster, timeline } = timelineOf([{ at: second, stop: 'controller', for: second }]);
    cluster.controller = null;
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    expect(timeline.records[0]).toMatchObject({
      effective: false,
      started: null,
      observed: expect.stringContaining('controller means no broker') as unknown,
    });
    expect(cluster.timing.now()).toBeGreaterThanOrEqual(11 * second);
    expect(cluster.acts).toEqual([]);
  });
});

describe('before the next fault leaders return', () => {
  const twice: FaultSpec[] = [
    { at: second, stop: 'kafka1', for: second },
    { at: 4 * second, stop: 'kafka1', for: second },
  ];

  test('it waits for them', async () => {
    const { cluster, timeline } = timelineOf(twice, { preferred: 10_000 });
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    const [, next] = timeline.records;
    expect(next!.started! / second).toBeCloseTo(12, 0);
    expect(next!.notes).toEqual([expect.stringMatching(/^waited 8 s for preferred leaders$/)]);
  });

  test('half a minute at most, and says so', async () => {
    const { cluster, timeline } = timelineOf(twice, { preferred: 60_000 });
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    const [, next] = timeline.records;
    expect(next!.started! / second).toBeCloseTo(34, 0);
    expect(next!.notes).toEqual([
      'without preferred leaders after 30 s: orders/0 is led by 2 instead of by 1',
    ]);
  });

  test('but not while a fault lasts: the next may count on it', async () => {
    const { cluster, timeline } = timelineOf([
      { at: second, pause: 'kafka1', for: 20 * second },
      { at: 5 * second, kill: { leaderOf: { topic: 'orders', partition: 0 } }, for: 5 * second },
    ]);
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    expect(timeline.records[1]).toMatchObject({ started: 5 * second, resolved: ['kafka2'], notes: [] });
  });
});

describe('whether it happened', () => {
  test('a frozen broker that only metadata shows is seen once it is fenced', async () => {
    const { cluster, timeline } = timelineOf([{ at: 0, pause: 'kafka2', for: 20 * second }], {
      stateless: true,
      fenced: 9000,
    });
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    expect(timeline.records[0]).toMatchObject({
      effective: true,
      observed: 'kafka2 gone from metadata after 9 s',
    });
  });

  test('nothing seen is no effect', async () => {
    const { cluster, timeline } = timelineOf([{ at: 0, pause: 'kafka2', for: 5 * second }], {
      stateless: true,
      fenced: 9000,
    });
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    expect(timeline.records[0]).toMatchObject({
      effective: false,
      observed: 'not seen: kafka2 gone from metadata',
      ended: 5 * second,
    });
  });

  test('lost connections count where somebody counts them', async () => {
    const { cluster, timeline } = timelineOf(
      [{ at: 0, pause: 'kafka2', for: 5 * second }],
      { stateless: true, fenced: 9000 },
      { connectionsDown: (broker) => broker === 2 },
    );
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    expect(timeline.records[0]).toMatchObject({
      effective: true,
      observed: expect.stringContaining('connections') as unknown,
    });
  });

  test('a broker that was down already is left alone', async () => {
    const { cluster, timeline } = timelineOf([{ at: second, stop: 'kafka2', for: second }]);
    await cluster.timing.through(cluster.act('kill', 'kafka2'));
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    expect(timeline.records[0]).toMatchObject({
      effective: false,
      injected: null,
      observed: 'kafka2 was stopped already: stop would change nothing',
    });
    expect(cluster.acts).toEqual(['kill kafka2 @0']);
  });

  test('a failed action is undone as far as it went', async () => {
    const { cluster, timeline } = timelineOf([{ at: 0, stop: 'kafka2', for: second }], {
      fail: (action) => (action === 'stop' ? 'the engine says no' : undefined),
    });
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    expect(timeline.records[0]).toMatchObject({ effective: false, observed: 'the engine says no' });
    expect(cluster.stateOf('kafka2')).toBe('running');
    // The engine may still do it: the run's end looks again.
    await cluster.timing.through(cluster.act('kill', 'kafka2'));
    expect(await cluster.timing.through(timeline.end())).toEqual([]);
    expect(cluster.stateOf('kafka2')).toBe('running');
    expect(cluster.journal.at(-1)).toBe('done 1 start kafka2');
  });

  test('a stop that ended in SIGKILL is noted', async () => {
    const { cluster, timeline } = timelineOf([{ at: 0, stop: 'kafka2', for: second }], {
      note: (action) => (action === 'stop' ? 'ended in SIGKILL' : undefined),
    });
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    expect(timeline.records[0]!.notes).toEqual(['ended in SIGKILL']);
  });
});

describe('faults that end by themselves', () => {
  test('rolling takes each broker in turn, the next when the last is in sync', async () => {
    const { cluster, timeline } = timelineOf([{ at: second, rolling: 'all' }], {
      takes: { start: 4000 },
      inSync: 6000,
    });
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    const acts = cluster.acts.filter((act) => !act.startsWith('journal'));
    expect(acts.map((act) => act.split(' @')[0])).toEqual(
      [1, 2, 3].flatMap((id) => [`stop kafka${id}`, `start kafka${id}`]),
    );
    const stops = acts.filter((act) => act.startsWith('stop')).map((act) => Number(act.split('@')[1]));
    expect(stops[1]! - stops[0]!).toBeGreaterThanOrEqual(10);
    expect(timeline.records[0]).toMatchObject({
      effective: true,
      resolved: ['kafka1', 'kafka2', 'kafka3'],
      injected: second,
      ended: cluster.timing.now(),
    });
  });

  test('rolling spares the others when one does not get in sync', async () => {
    const { cluster, timeline } = timelineOf([{ at: second, rolling: 'all' }], { inSync: 500_000 });
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    expect(cluster.acts).not.toContain('journal kafka2');
    expect(cluster.acts.some((act) => act.startsWith('stop kafka2'))).toBe(false);
    // One has been restarted, whatever became of the others.
    const spared = 'kafka1 was not in sync again within 120 s; the others were spared';
    expect(timeline.records[0]).toMatchObject({ effective: true, incomplete: spared, notes: [spared] });
  });

  test('rolling that the run’s end cuts short has restarted what it has restarted', async () => {
    const { cluster, timeline } = timelineOf([{ at: second, rolling: 'all' }], { takes: { start: 4000 } });
    timeline.start(0);
    await cluster.timing.pass(7_000);
    await cluster.timing.through(timeline.end());
    expect(timeline.records[0]).toMatchObject({
      effective: true,
      observed: expect.stringContaining('kafka1 stopped') as unknown,
      incomplete: expect.stringMatching(/^the run ended before kafka\d was restarted$/) as unknown,
      ended: expect.any(Number) as unknown,
    });
  });

  test('wipe empties the disk while the broker is down', async () => {
    const { cluster, timeline } = timelineOf([{ at: 0, wipe: 'kafka2' }]);
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    expect(cluster.acts.map((act) => act.split(' @')[0])).toEqual([
      'journal wipe-kafka2',
      'stop kafka2',
      'wipe kafka2',
      'start kafka2',
    ]);
    expect(timeline.records[0]).toMatchObject({
      effective: true,
      observed: expect.stringContaining('log directory emptied') as unknown,
    });
  });

  test('start ends what a one-shot stop began', async () => {
    const { cluster, timeline } = timelineOf([
      { at: second, stop: 'kafka2' },
      { at: 50 * second, start: 'kafka2' },
    ]);
    timeline.start(0);
    await cluster.timing.through(timeline.done());
    expect(timeline.records).toMatchObject([
      { effective: true, ended: 50 * second },
      { effective: true, started: 50 * second, observed: expect.stringContaining('registered') as unknown },
    ]);
    expect(cluster.journal).toEqual(['open start kafka2', 'done 1 started by fault start-kafka2']);
    expect(await timeline.end()).toEqual([]);
    expect(cluster.acts.filter((act) => act.startsWith('start'))).toHaveLength(1);
  });
});

describe('the end of the run', () => {
  test('heals at once what still lasts, and fires nothing more', async () => {
    const { cluster, timeline } = timelineOf([
      { at: second, stop: 'kafka2', for: 60 * second },
      { at: 2 * second, kill: 'kafka3' },
      { at: 20 * second, pause: 'kafka1', for: second },
    ]);
    timeline.start(0);
    await cluster.timing.pass(10_000);
    expect(cluster.stateOf('kafka2')).toBe('stopped');
    expect(await cluster.timing.through(timeline.end())).toEqual([]);
    expect(['kafka1', 'kafka2', 'kafka3'].map((name) => cluster.stateOf(name))).toEqual(
      Array.from({ length: 3 }, () => 'running'),
    );
    expect(timeline.records).toMatchObject([
      { effective: true, ended: 10 * second },
      { effective: true, ended: 10 * second },
      { effective: false, started: null, observed: 'never fired: the run ended before' },
    ]);
    await cluster.timing.through(timeline.end());
    expect(cluster.acts.filter((act) => act.startsWith('start'))).toHaveLength(2);
  });

  test('in the middle of an action it is waited for, then undone', async () => {
    const { cluster, timeline } = timelineOf([{ at: 0, stop: 'kafka2', for: 60 * second }], {
      takes: { stop: 5000 },
    });
    timeline.start(0);
    await cluster.timing.pass(1000);
    await cluster.timing.through(timeline.end('interrupted'));
    expect(cluster.acts).toEqual(['journal stop-kafka2', 'stop kafka2 @0', 'start kafka2 @5']);
  });

  test('an outage is over when the broker serves again, and not waited for where it was killed meanwhile', async () => {
    let serving = true;
    const make = (specs: readonly FaultSpec[]) => {
      const made = new FakeCluster();
      const metadata = { ...made.metadata, serves: () => Promise.resolve(serving) };
      return timelineOf(specs, {}, { metadata });
    };
    const { cluster, timeline } = make([{ at: second, kill: 'kafka2', for: second }]);
    serving = false;
    timeline.start(0);
    await cluster.timing.pass(12_000);
    expect(timeline.records[0]).toMatchObject({ healing: 2 * second, ended: null });
    serving = true;
    await cluster.timing.through(timeline.done());
    expect(timeline.records[0]!.ended! / second).toBeCloseTo(12, 0);
    expect(timeline.records[0]!.notes).toEqual([]);

    serving = false;
    const killed = make([{ at: second, pause: 'kafka2', for: second }]);
    killed.timeline.start(0);
    await killed.cluster.timing.pass(1_500);
    await killed.cluster.timing.through(killed.cluster.act('unpause', 'kafka2'));
    await killed.cluster.timing.through(killed.timeline.done());
    expect(killed.timeline.records[0]).toMatchObject({ ended: 2 * second });
  });

  test('what an interruption kept from firing is nobody’s fault', async () => {
    const { cluster, timeline } = timelineOf([{ at: 20 * second, stop: 'kafka2', for: second }]);
    timeline.start(0);
    await cluster.timing.through(timeline.end('interrupted'));
    expect(timeline.records[0]).toMatchObject({ effective: null, observed: 'never fired: interrupted' });
  });

  test('says what to type while something is open', async () => {
    const { cluster, timeline } = timelineOf([{ at: 0, stop: 'kafka2', for: 60 * second }]);
    timeline.start(0);
    await cluster.timing.pass(1000);
    expect(timeline.manualCommands).toEqual(['start kafka2']);
    expect(timeline.explains('stopped', 'kafka2', { from: second, to: second })).toBe('stop-kafka2');
    expect(timeline.explains('stopped', 'kafka1', { from: second, to: second })).toBe(null);
    await cluster.timing.through(timeline.end());
    expect(timeline.manualCommands).toEqual([]);
  });
});
