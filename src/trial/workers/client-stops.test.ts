import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { monotonic } from '../../base/clock.ts';
import type { ConsumePlan, ProducePlan } from '../../protocol/plan.ts';
import {
  consumePlan,
  consumerClientPlan,
  producePlan,
  producerClientPlan,
} from '../../protocol/protocol.case.ts';
import { ClientStops, isStopped } from './client-stops.ts';
import type { Crew } from './crew.ts';
import { scenarioOf } from '../evidence.case.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Plan = ProducePlan | ConsumePlan;

const writer = producePlan(producerClientPlan());
const reader = (index: number, group = 0) =>
  consumePlan(consumerClientPlan({ index, of: 2, evidence: { group, member: index } }));
const readers = [reader(0), reader(1)];

/** @param reads the `stop` of a consumer of two clients, `writes` that of a producer */
function scene(reads: string, writes = '', plans: readonly Plan[] = [...readers, writer]) {
  const scenario = scenarioOf(`
producers: [{ name: writer, topic: t, ${writes} }]
consumers: [{ name: reader, topic: t, group: g, count: 2, ${reads} }]
phases: { drain: 30s }`);
  const done: string[] = [];
  const lines: string[] = [];
  const joined: Plan[] = [];
  const crew = {
    acked: 0,
    /** What stopClient() answers. */
    isThere: true,
    stopClient: (plan: Plan, how: string, drainMillis: number) => {
      done.push(`${how} ${plan.worker}/${plan.clients[0]!.index} in ${drainMillis}`);
      return crew.isThere;
    },
    join: (plan: Plan) => {
      done.push(`join ${plan.worker}/${plan.clients[0]!.index}`);
      return Promise.resolve();
    },
  };
  const stops = new ClientStops({
    scenario,
    plans,
    crew: crew as unknown as Crew,
    joins: (plan) => joined.push(plan),
    tell: (line) => lines.push(line),
  });
  return { stops, crew, done, lines, joined };
}

const membersOf = (plans: readonly Plan[]) =>
  plans.flatMap((plan) =>
    plan.role === 'consume' ? plan.clients.map(({ evidence }) => evidence.member) : [],
  );

describe('ClientStops', () => {
  it('stops clients at their time in the measured phase, and tells it', () => {
    const { stops, done, lines } = scene('stop: { at: 10s, how: kill }', 'stop: { at: 20s, how: leave }');
    // The measured phase begins in 5 s.
    stops.begin(monotonic.now() + 5e6);
    vi.advanceTimersByTime(14_950);
    expect(done).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(done).toEqual(['kill consumer-1/0 in 30000', 'kill consumer-1/1 in 30000']);
    vi.advanceTimersByTime(60_000);
    expect(done.slice(2)).toEqual(['leave producer-1/0 in 30000']);
    expect(lines).toEqual(['reader/0 was killed', 'reader/1 was killed', 'writer/0 leaves']);
    stops.close();
  });

  it('stops the one client that is meant', () => {
    const { stops, done } = scene('stop: { at: 1s, how: kill, instance: 1 }');
    stops.begin(monotonic.now());
    vi.advanceTimersByTime(2000);
    expect(done).toEqual(['kill consumer-1/1 in 30000']);
    stops.close();
  });

  it('waits for acknowledgements', () => {
    const { stops, crew, done } = scene('stop: { at: { acked: 100 }, how: kill, instance: 0 }');
    stops.begin(monotonic.now());
    crew.acked = 99;
    vi.advanceTimersByTime(1000);
    expect(done).toEqual([]);
    crew.acked = 100;
    vi.advanceTimersByTime(100);
    expect(done).toHaveLength(1);
    stops.close();
  });

  it('starts a client again as a new member, whose file is expected before it joins', () => {
    const { stops, done, joined, lines } = scene(
      'stop: { at: 1s, how: kill, instance: 0, restartAfter: 5s }',
    );
    stops.begin(monotonic.now());
    vi.advanceTimersByTime(5900);
    expect(done).toHaveLength(1);
    vi.advanceTimersByTime(200);
    expect(done).toEqual(['kill consumer-1/0 in 30000', "join consumer-1'/0"]);
    expect(membersOf(joined)).toEqual([2]);
    expect(joined[0]).toMatchObject({ clients: [{ name: 'reader', index: 0, evidence: { group: 0 } }] });
    expect(lines.at(-1)).toBe('reader/0 starts again');
    vi.advanceTimersByTime(60_000);
    expect(done).toHaveLength(2);
    stops.close();
  });

  it('means the new incarnation by a later stop', () => {
    const { stops, done, joined } = scene(
      `stop: [{ at: 1s, how: kill, instance: 0, restartAfter: 1s }, { at: 5s, how: leave, instance: 0, restartAfter: 1s }]`,
    );
    stops.begin(monotonic.now());
    vi.advanceTimersByTime(10_000);
    expect(done).toEqual([
      'kill consumer-1/0 in 30000',
      "join consumer-1'/0",
      "leave consumer-1'/0 in 30000",
      "join consumer-1''/0",
    ]);
    expect(membersOf(joined)).toEqual([2, 3]);
    stops.close();
  });

  it('does nothing once it is closed', () => {
    const { stops, done } = scene('stop: { at: 1s, how: kill }');
    stops.begin(monotonic.now());
    stops.close();
    vi.advanceTimersByTime(5000);
    expect(done).toEqual([]);
  });

  it('does not look at the time where nothing is planned', () => {
    const { stops } = scene('');
    stops.begin(monotonic.now());
    expect(vi.getTimerCount()).toBe(0);
    expect(stops.conditions).toEqual([]);
  });
});

describe('what a run was to bring about', () => {
  it('is each stop, of each client, that was planned', () => {
    const { stops } = scene(
      'stop: { at: 1s, how: kill, instance: 0, restartAfter: 1s }',
      'stop: { at: 10s, how: leave }',
    );
    const met = () => stops.conditions.map((each) => each.met);
    expect(stops.conditions).toEqual([
      { name: 'leave of writer/0', met: false },
      { name: 'kill of reader/0', met: false },
    ]);
    stops.begin(monotonic.now());
    vi.advanceTimersByTime(1500);
    // Stopped, and not yet back.
    expect(met()).toEqual([false, true, false]);
    vi.advanceTimersByTime(5000);
    expect(met()).toEqual([false, true]);
    vi.advanceTimersByTime(5000);
    expect(met()).toEqual([true, true]);
    stops.close();
  });
});

describe('a stop that came too late', () => {
  it('did not happen: its client had ended by then', () => {
    const { stops, crew, done, lines } = scene('stop: { at: 1s, how: kill, instance: 0, restartAfter: 1s }');
    crew.isThere = false;
    stops.begin(monotonic.now());
    vi.advanceTimersByTime(10_000);
    expect(done).toHaveLength(1);
    expect(lines).toEqual([]);
    expect(stops.conditions).toEqual([{ name: 'kill of reader/0', met: false }]);
    expect([...stops.stoppedGroups]).toEqual([]);
    stops.close();
  });
});

describe('stoppedGroups', () => {
  const after = (reads: string, plans: readonly Plan[] = [...readers, writer]) => {
    const { stops } = scene(reads, '', plans);
    stops.begin(monotonic.now());
    vi.advanceTimersByTime(20_000);
    stops.close();
    return [...stops.stoppedGroups];
  };

  it('are those of which no client was left', () => {
    expect(after('stop: { at: 1s, how: kill }')).toEqual([0]);
    expect(after('stop: { at: 1s, how: leave, instance: 0 }')).toEqual([]);
    expect(after('stop: { at: 1h, how: kill }')).toEqual([]);
    expect(after('stop: { at: 1s, how: kill }', [reader(0, 4), reader(1, 5), writer])).toEqual([4, 5]);
    expect(after('stop: { at: 1s, how: kill, instance: 1 }', [reader(0, 4), reader(1, 5), writer])).toEqual([
      5,
    ]);
  });

  it('are none that came back', () => {
    expect(after('stop: { at: 1s, how: kill, restartAfter: 1s }')).toEqual([]);
    expect(after('stop: { at: 1s, how: kill, restartAfter: 1h }')).toEqual([0]);
  });

  it('are those too of which nobody came', () => {
    const scenario = scenarioOf(`
producers: [{ name: writer, topic: t }]
consumers: [{ name: reader, topic: t, group: g, count: 2, start: 1h, stop: { at: 2h, how: kill } }]`);
    const crew = { stopClient: () => expect.unreachable() } as unknown as Crew;
    const none = () => undefined;
    const stops = new ClientStops({
      ...{ scenario, plans: [...readers, writer], crew, joins: none, tell: none },
      hasJoined: (plan) => plan === writer,
    });
    stops.begin(monotonic.now());
    vi.advanceTimersByTime(3 * 3600_000);
    expect([...stops.stoppedGroups]).toEqual([0]);
    expect(stops.conditions.every(({ met }) => !met)).toBe(true);
    stops.close();
  });

  it('are those too that were stopped for good the second time', () => {
    const twice = `stop: [{ at: 1s, how: kill, restartAfter: 1s }, { at: 5s, how: leave }]`;
    expect(after(twice)).toEqual([0]);
  });
});

it('isStopped names the clients that need a process of their own', () => {
  const stop = [{ at: 1e6, how: 'kill' as const, instance: 1 }];
  expect([0, 1].map((index) => isStopped({ stop }, index))).toEqual([false, true]);
  expect(isStopped({ stop: [{ at: 1e6, how: 'leave' }] }, 5)).toBe(true);
  expect(isStopped({}, 0)).toBe(false);
});
