import { describe, expect, it } from 'vitest';
import { monotonic } from './clock.ts';

describe('monotonic', () => {
  it('is CLOCK_MONOTONIC itself: processes that read it agree', () => {
    // The two readings are taken one after the other; the least of many is what the offset is off by.
    const differences = Array.from({ length: 50 }, () =>
      Math.abs(Number(process.hrtime.bigint()) / 1000 - monotonic.now()),
    );
    expect(Math.min(...differences)).toBeLessThan(20);
  });
});
