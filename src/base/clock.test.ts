import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { atMost, monotonic, sleep } from './clock.ts';

describe('monotonic', () => {
  it('is CLOCK_MONOTONIC itself: processes that read it agree', () => {
    // The two readings are taken one after the other; the least of many is what the offset is off by.
    const differences = Array.from({ length: 50 }, () =>
      Math.abs(Number(process.hrtime.bigint()) / 1000 - monotonic.now()),
    );
    expect(Math.min(...differences)).toBeLessThan(20);
  });
});

describe('sleep', () => {
  it('leaves no listener behind, whichever way it ends', async () => {
    const { signal } = new AbortController();
    const waiting = sleep(5, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await waiting;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('atMost', () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const never = new Promise<void>(() => undefined);

  it('ends with the work, and keeps no process alive for the rest of the time', async () => {
    const before = timers();
    await atMost(3_600_000, Promise.resolve());
    expect(timers()).toBe(before);
  });

  it('ends without the work when the time is over, or the signal comes', async () => {
    await atMost(5, never);
    await atMost(3_600_000, never, AbortSignal.abort());
    const cut = new AbortController();
    const waiting = atMost(3_600_000, never, cut.signal);
    cut.abort();
    await waiting;
  });

  it('fails as the work does', async () => {
    await expect(atMost(1000, Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});
