import { sleep, type Clock, type Micros } from '../base/clock.ts';

/**
 * How a sender waits for its next due time. A timer wakes every millisecond at best and late by half of one on
 * average; Atomics.wait keeps fractions, but blocks the event loop, on which delivery reports arrive. So whole
 * milliseconds are slept by timer and the rest in slices: not shorter than `shortest`, which bounds the wakes a
 * second (a message waits that long at worst), nor longer than `longest`, which bounds how long a report waits.
 * bench/ measures both sides of the trade.
 */
const shortest: Micros = 250;
const longest: Micros = 500;
const timerResolution: Micros = 1100;

const cell = new Int32Array(new SharedArrayBuffer(4));

export function turnEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export class Pace {
  /** Time slept inside Atomics.wait: Node counts it as busy, and it is not. */
  blocked: Micros = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns by `wake` or a little earlier, after at least one turn of the event loop. */
  async pause(wake: Micros): Promise<void> {
    const now = this.#clock.now();
    const wait = wake - now;
    if (wait >= timerResolution) {
      // Timers fire up to one resolution late; a long wait is cut so that a stop is seen soon.
      await sleep(Math.min(Math.floor((wait - 100) / 1000), 50));
      return;
    }
    if (wait > 0) {
      Atomics.wait(cell, 0, 0, Math.min(Math.max(wait, shortest), longest) / 1000);
      this.blocked += this.#clock.now() - now;
    }
    await turnEventLoop();
  }
}
