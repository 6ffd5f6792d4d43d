import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { monotonic } from '../../base/clock.ts';
import type { ConsumePlan } from '../../protocol/plan.ts';
import {
  consumePlan,
  consumerClientPlan,
  producePlan,
  producerClientPlan,
} from '../../protocol/protocol.case.ts';
import { ClientStarts, presentAtStart } from './client-starts.ts';
import type { Crew } from './crew.ts';
import { scenarioOf } from '../evidence.case.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const writer = producePlan(producerClientPlan());
const first = consumePlan(consumerClientPlan({ name: 'first' }));
const late = consumePlan(consumerClientPlan({ name: 'late' }));
const plans = [first, late, writer];
const go = new AbortController().signal;

function scene(start: string, settled: () => Promise<void> = () => Promise.resolve()) {
  const scenario = scenarioOf(`
producers: [{ name: writer, topic: t }]
consumers: [{ name: first, topic: t, group: g }, { name: late, topic: t, group: g, start: ${start} }]`);
  const joined: ConsumePlan[] = [];
  const done: string[] = [];
  const crew = {
    acked: 0,
    stopped: new Set<string>(),
    hasStopped: (name: string) => crew.stopped.has(name),
    join: (plan: ConsumePlan) => {
      done.push(`join ${plan.clients[0]!.name} of ${joined.length} expected`);
      return Promise.resolve();
    },
  };
  const starts = new ClientStarts({
    ...{ scenario, plans, crew: crew as unknown as Crew },
    joins: (plan) => joined.push(plan),
    settled,
    tell: () => undefined,
  });
  return { starts, crew, done, scenario };
}

describe('a consumer that starts later', () => {
  it('is not there at the start', () => {
    const { scenario, starts } = scene('5s');
    expect(presentAtStart(scenario, plans)).toEqual([first, writer]);
    expect(plans.map((plan) => starts.hasJoined(plan))).toEqual([true, false, true]);
    expect(starts.conditions).toEqual([{ name: 'start of late', met: false }]);
    expect(starts.areAllHere).toBe(false);
  });

  it('is waited for before the drain until its group has been dealt out anew', async () => {
    let settle: () => void = () => undefined;
    const { starts } = scene('1s', () => new Promise((resolve) => (settle = resolve)));
    starts.begin(monotonic.now());
    await vi.advanceTimersByTimeAsync(1100);
    let over = false;
    const joined = starts.joined(10e6, go).then(() => (over = true));
    await vi.advanceTimersByTimeAsync(5000);
    expect(over).toBe(false);
    settle();
    await joined;
    starts.close();
  });

  it('joins at its time in the measured phase, once, its file expected before', () => {
    const { starts, done } = scene('5s');
    starts.begin(monotonic.now() + 2e6);
    vi.advanceTimersByTime(6950);
    expect(done).toEqual([]);
    vi.advanceTimersByTime(10_000);
    expect(done).toEqual(['join late of 1 expected']);
    expect(starts.hasJoined(late)).toBe(true);
    expect(starts.conditions).toEqual([{ name: 'start of late', met: true }]);
    starts.close();
  });

  it('joins after so many acknowledgements', () => {
    const { starts, crew, done } = scene('{ acked: 100 }');
    starts.begin(monotonic.now());
    crew.acked = 99;
    vi.advanceTimersByTime(1000);
    expect(done).toEqual([]);
    crew.acked = 100;
    vi.advanceTimersByTime(50);
    expect(done).toHaveLength(1);
    starts.close();
  });

  it('joins when another one has stopped', () => {
    const { starts, crew, done } = scene('{ stopped: first }');
    starts.begin(monotonic.now());
    vi.advanceTimersByTime(1000);
    expect(done).toEqual([]);
    crew.stopped.add('first');
    vi.advanceTimersByTime(50);
    expect(done).toHaveLength(1);
    starts.close();
  });

  it('is waited for before the drain, if it comes within its limit', async () => {
    const { starts, done } = scene('5s');
    starts.begin(monotonic.now());
    const waiting = starts.joined(10e6, go).then(() => done.push('waited'));
    await vi.advanceTimersByTimeAsync(4900);
    expect(done).toEqual([]);
    await vi.advanceTimersByTimeAsync(300);
    await waiting;
    expect(done).toEqual(['join late of 1 expected', 'waited']);
    starts.close();
  });

  it.each(['1h', '{ acked: 100 }', '{ stopped: first }'])('is not waited for with %s', async (start) => {
    const { starts, done } = scene(start);
    starts.begin(monotonic.now());
    const waiting = starts.joined(10e6, go).then(() => done.push('waited'));
    await vi.advanceTimersByTimeAsync(100);
    await waiting;
    expect(done).toEqual(['waited']);
    expect(starts.conditions[0]!.met).toBe(false);
    starts.close();
  });
});
