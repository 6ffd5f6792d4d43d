import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../base/random.ts';
import { ProcessingTime } from './processing-time.ts';
import type { ProcessingSpec } from '../../../protocol/plan.ts';

/** Sleeps take `late` µs longer than they were asked to. */
function scene(spec: ProcessingSpec, late = 0) {
  const time = { now: 0 };
  const slept: number[] = [];
  const sleep = (millis: number) => {
    slept.push(millis);
    time.now += millis * 1000 + late;
    return Promise.resolve();
  };
  const processing = new ProcessingTime(spec, seededRandom(7), { now: () => time.now }, sleep);
  const spend = async (messages: number) => {
    for (let i = 0; i < messages; i++) {
      const wait = processing.spend();
      if (wait !== null) await wait;
    }
    return time.now;
  };
  return { processing, slept, spend };
}

describe('ProcessingTime', () => {
  it('is spent on each message', async () => {
    const { spend, slept } = scene({ kind: 'constant', time: 20_000 });
    expect(await spend(3)).toBe(60_000);
    expect(slept).toEqual([20, 20, 20]);
  });

  it('adds up where it is too short for a timer', async () => {
    const { processing, spend, slept } = scene({ kind: 'constant', time: 250 });
    expect(processing.spend()).toBeNull();
    expect(await spend(3)).toBe(1000);
    expect(slept).toEqual([1]);
  });

  it('makes up for a sleep that was too long', async () => {
    const { spend, slept } = scene({ kind: 'constant', time: 1000 }, 1500);
    // The first 2.5 ms pay for two messages and a half; the next wait is for what they leave of four.
    expect(await spend(4)).toBe(5500);
    expect(slept).toEqual([1, 1.5]);
    const total = await spend(96);
    expect(total).toBeGreaterThan(99_000);
    expect(total).toBeLessThanOrEqual(101_500);
  });

  it.each([
    [{ kind: 'uniform', from: 2000, to: 6000 } as const, 4000],
    [{ kind: 'exponential', mean: 4000 } as const, 4000],
  ])('is drawn: $kind', async (spec, mean) => {
    const { spend } = scene(spec);
    const messages = 4000;
    const each = (await spend(messages)) / messages;
    expect(each / mean).toBeGreaterThan(0.95);
    expect(each / mean).toBeLessThan(1.05);
  });

  it('keeps a uniform one within its bounds', async () => {
    const { spend, slept } = scene({ kind: 'uniform', from: 2000, to: 6000 });
    await spend(500);
    expect(Math.min(...slept)).toBeGreaterThanOrEqual(2);
    expect(Math.min(...slept)).toBeLessThan(2.1);
    expect(Math.max(...slept)).toBeLessThanOrEqual(6);
    expect(Math.max(...slept)).toBeGreaterThan(5.9);
  });

  it('has a long tail where it is exponential, and costs the same with the same seed', async () => {
    const { spend, slept } = scene({ kind: 'exponential', mean: 4000 });
    const total = await spend(500);
    // 1 in e^4: 9 of 500.
    const long = slept.filter((millis) => millis > 16).length;
    expect(long).toBeGreaterThan(1);
    expect(long).toBeLessThan(25);
    expect(await scene({ kind: 'exponential', mean: 4000 }).spend(500)).toBe(total);
  });
});
