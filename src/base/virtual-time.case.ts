import { afterEach, beforeEach, vi } from 'vitest';

/**
 * For the tests of this file time passes from one timer to the next without a wait: what takes a minute by its
 * timers is over at once, and no test depends on how busy the machine is. Only for code that waits by timers.
 */
export function virtualTime(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.setTimerTickMode('nextTimerAsync');
  });
  afterEach(() => void vi.useRealTimers());
}
