import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lastStep } from './last-step.ts';

describe('lastStep', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const step = (work: () => Promise<void>) =>
    lastStep({ what: 'ending the workers', limitMillis: 5000, work });

  it('says nothing of what went well, and leaves no timer behind', async () => {
    expect(await step(() => Promise.resolve())).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('makes a warning of a failure, also of one that is thrown at once', async () => {
    const gone = [{ code: 'ending', message: 'ending the workers: the engine is gone' }];
    expect(await step(() => Promise.reject(new Error('the engine is gone')))).toEqual(gone);
    const atOnce = () => {
      throw new Error('the engine is gone');
    };
    expect(await step(atOnce)).toEqual(gone);
  });

  it('waits no longer than its limit', async () => {
    const warnings = step(() => new Promise(() => undefined));
    await vi.advanceTimersByTimeAsync(5000);
    expect(await warnings).toEqual([{ code: 'ending', message: 'ending the workers: not done within 5 s' }]);
  });
});
