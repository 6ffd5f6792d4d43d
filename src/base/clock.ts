/** Microseconds on CLOCK_MONOTONIC: comparable between processes of one host, meaningless across hosts. */
export type Micros = number;

export interface Clock {
  now(): Micros;
}

// performance.now() counts from a per-process origin; process.hrtime is CLOCK_MONOTONIC itself. Both read
// the same clock, so one offset, taken once, joins the cheap call (about 35 ns) to the shared time base.
const originMillis = tightestOffset();

/** Milliseconds. The first readings take a millisecond, while code is loaded: the one with the least between counts. */
function tightestOffset(): number {
  let least = Infinity;
  let offset = 0;
  for (let i = 0; i < 20; i++) {
    const before = performance.now();
    const shared = Number(process.hrtime.bigint()) / 1e6;
    const after = performance.now();
    if (after - before >= least) continue;
    least = after - before;
    offset = shared - (before + after) / 2;
  }
  return offset;
}

export const monotonic: Clock = {
  now: () => (performance.now() + originMillis) * 1000,
};

export function sleep(millis: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, millis);
    signal?.addEventListener('abort', done);
  });
}

/** Waits for `work`, `millis` at most, and leaves no timer behind, which would keep the process from ending. */
export async function atMost(
  millis: number,
  work: Promise<unknown>,
  signal?: AbortSignal,
  timing: { readonly sleep: typeof sleep } = { sleep },
): Promise<void> {
  const over = new AbortController();
  const limit = timing.sleep(millis, signal ? AbortSignal.any([signal, over.signal]) : over.signal);
  try {
    await Promise.race([work, limit]);
  } finally {
    over.abort();
  }
}

export function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
