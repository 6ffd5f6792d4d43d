import { Worker } from 'node:worker_threads';
import type { Micros } from '../../base/clock.ts';

/**
 * Timers of the event loop have steps of 1 ms. A thread that sleeps on a futex wakes within 0.1-0.2 ms and costs no
 * CPU meanwhile. It is text, so that it runs alike from sources under a test runner and from compiled code.
 */
const sleeper = `
const { parentPort, workerData } = require('node:worker_threads');
const turn = new Int32Array(workerData, 0, 1);
const due = new BigInt64Array(workerData, 8, 1);
let rung;
for (;;) {
  const current = Atomics.load(turn, 0);
  const millis = current === rung ? Infinity : Number(Atomics.load(due, 0) - process.hrtime.bigint()) / 1e6;
  if (millis > 0 && Atomics.wait(turn, 0, current, millis) !== 'timed-out') continue;
  rung = current;
  parentPort.postMessage(0);
}`;

/** Calls back at one instant, the last that was set, 0.1-0.2 ms late; sometimes also for one set before. */
export class Alarm {
  readonly #thread: Worker;
  readonly #turn: Int32Array;
  readonly #due: BigInt64Array;

  constructor(ring: () => void) {
    const shared = new SharedArrayBuffer(16);
    this.#turn = new Int32Array(shared, 0, 1);
    this.#due = new BigInt64Array(shared, 8, 1);
    this.#due[0] = never;
    this.#thread = new Worker(sleeper, { eval: true, workerData: shared });
    this.#thread.on('message', ring);
    this.#thread.unref();
  }

  /** `inTime` from now. */
  set(inTime: Micros): void {
    Atomics.store(this.#due, 0, process.hrtime.bigint() + BigInt(Math.round(inTime * 1000)));
    Atomics.add(this.#turn, 0, 1);
    Atomics.notify(this.#turn, 0);
  }

  async stop(): Promise<void> {
    await this.#thread.terminate();
  }
}

/** A year of nanoseconds beyond any uptime; Atomics.wait takes the milliseconds of it. */
const never = 2n ** 62n;
