import { sleep, type Clock, type Micros } from '../src/base/clock.ts';
import { Pace, turnEventLoop, type PaceBounds, type Pacer } from '../src/client/worker/producer/pace.ts';

/** Ways to wait for a due time, as data: they cross to the process that is measured. */
export type Policy =
  | { readonly kind: 'shipped' }
  | ({ readonly kind: 'slices' } & PaceBounds)
  | { readonly kind: 'timer' }
  | { readonly kind: 'spin' };

export function policyName(policy: Policy): string {
  switch (policy.kind) {
    case 'shipped':
      return 'shipped';
    case 'slices':
      return `slices of ${policy.shortest}–${policy.longest} µs`;
    case 'timer':
      return '1 ms timer alone';
    case 'spin':
      return 'no wait (spins)';
  }
}

export function createPacer(policy: Policy, clock: Clock): Pacer {
  switch (policy.kind) {
    case 'shipped':
      return new Pace(clock);
    case 'slices':
      return new Pace(clock, policy);
    case 'timer':
      return new TimerPace(clock);
    case 'spin':
      return { blocked: 0, pause: turnEventLoop };
  }
}

class TimerPace implements Pacer {
  readonly blocked = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async pause(wake: Micros): Promise<void> {
    const wait = wake - this.#clock.now();
    if (wait > 0) await sleep(Math.min(Math.max(1, Math.floor(wait / 1000)), 50));
    else await turnEventLoop();
  }
}
