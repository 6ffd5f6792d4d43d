import { monotonic, sleep, type Micros } from '../../base/clock.ts';

/**
 * Calls `look` where each second counted from `zero` begins, one call after the other, until `signal` aborts. A
 * process that was held up goes on with the present second: those that it missed are left out.
 */
export async function everySecond(
  zero: Micros,
  signal: AbortSignal,
  look: (second: number) => Promise<void> | void,
): Promise<void> {
  let second = Math.ceil((monotonic.now() - zero) / 1e6);
  for (;;) {
    await sleep(Math.max(0, (zero + second * 1e6 - monotonic.now()) / 1000), signal);
    if (signal.aborted) return;
    await look(second);
    second = Math.max(second + 1, Math.ceil((monotonic.now() - zero) / 1e6));
  }
}
