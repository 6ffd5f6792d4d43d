import { monotonic, sleep } from '../../base/clock.ts';
import type { Clock } from '../../base/clock.ts';

/** The clock and the waiting of this room, so that tests can have their own. */
export interface Timing extends Clock {
  /** Resolves early, without error, when `signal` is aborted. */
  sleep(millis: number, signal?: AbortSignal): Promise<void>;
}

export const realTiming: Timing = { now: () => monotonic.now(), sleep };

/** Polls `condition` until it holds; false when `millis` pass or `signal` is aborted first. */
export async function until(
  condition: () => Promise<boolean> | boolean,
  timing: Timing,
  { millis, every = 500, signal }: { millis: number; every?: number; signal?: AbortSignal | undefined },
): Promise<boolean> {
  const deadline = timing.now() + millis * 1000;
  for (;;) {
    if (signal?.aborted) return false;
    if (await condition()) return true;
    if (timing.now() >= deadline) return false;
    await timing.sleep(every, signal);
  }
}

/** Rejects when `work` takes longer than `millis`; the work itself goes on unheard. */
export async function within<T>(work: Promise<T>, millis: number, what: string): Promise<T> {
  const over = new AbortController();
  const late = sleep(millis, over.signal).then(() => {
    if (!over.signal.aborted) throw new Error(`${what} took longer than ${millis / 1000} s`);
    return work;
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
