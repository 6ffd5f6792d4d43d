import { describe, expect, it } from 'vitest';
import { monotonic } from '../../../base/clock.ts';
import { Pace } from './pace.ts';

/** Whether the event loop turned while `pause` waited: what an immediate set before it shows. */
async function turnsWhile(pause: () => Promise<void>): Promise<boolean> {
  let turned = false;
  setImmediate(() => (turned = true));
  await pause();
  return turned;
}

describe('Pace', () => {
  it('turns the event loop when there is nothing to wait for, and blocks for nothing', async () => {
    const pace = new Pace(monotonic);
    expect(await turnsWhile(() => pace.pause(monotonic.now() - 5))).toBe(true);
    expect(pace.blocked).toBe(0);
  });

  it('blocks for a slice below a timer’s resolution, says so, and turns the event loop all the same', async () => {
    const pace = new Pace(monotonic, { shortest: 200, longest: 300 });
    const from = monotonic.now();
    expect(await turnsWhile(() => pace.pause(from + 1000))).toBe(true);
    // A slice, not the whole millisecond: reports wait on this loop.
    expect(pace.blocked).toBeGreaterThanOrEqual(300 - 1);
    expect(pace.blocked).toBeLessThanOrEqual(monotonic.now() - from);
  });

  it('never blocks for less than its shortest slice: that bounds the wakes of a second', async () => {
    const pace = new Pace({ now: () => 1000 }, { shortest: 20_000, longest: 30_000 });
    const from = monotonic.now();
    await pace.pause(1001);
    expect(monotonic.now() - from).toBeGreaterThanOrEqual(19_000);
  });

  it('adds up what it blocked by the clock that it was given', async () => {
    const times = [1000, 1750, 5000, 5600];
    const pace = new Pace({ now: () => times.shift()! }, { shortest: 1, longest: 1 });
    await pace.pause(1001);
    await pace.pause(5001);
    expect(pace.blocked).toBe(750 + 600);
  });

  it('sleeps longer waits by timer, which blocks nothing', async () => {
    const pace = new Pace(monotonic);
    const from = monotonic.now();
    await pace.pause(from + 4000);
    expect(pace.blocked).toBe(0);
    expect(monotonic.now() - from).toBeGreaterThan(2000);
  });

  it('cuts a long wait, so that a stop is soon seen', async () => {
    const pace = new Pace(monotonic);
    const from = monotonic.now();
    await pace.pause(from + 60e6);
    await pace.pause(Infinity);
    expect(monotonic.now() - from).toBeLessThan(5e6);
  });
});
