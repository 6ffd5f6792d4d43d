import type { Clock, Micros } from '../../../base/clock.ts';
import type { Random } from '../../../base/random.ts';
import type { ProcessingSpec } from '../../../protocol/plan.ts';

/** Timers are this coarse; shorter times add up to one. */
const shortestSleep: Micros = 1000;

/** The time that an application would spend on each message. */
export class ProcessingTime {
  readonly #spec: ProcessingSpec;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #sleep: (millis: number) => Promise<void>;
  /** Spent in name, not yet in fact; below zero where a sleep was longer than it had to be. */
  #owed: Micros = 0;

  constructor(spec: ProcessingSpec, random: Random, clock: Clock, sleep: (millis: number) => Promise<void>) {
    this.#spec = spec;
    this.#random = random;
    this.#clock = clock;
    this.#sleep = sleep;
  }

  /** One message's; null where it is too short to wait for now. */
  spend(): Promise<void> | null {
    this.#owed += this.#draw();
    return this.#owed < shortestSleep ? null : this.#pay();
  }

  async #pay(): Promise<void> {
    const from = this.#clock.now();
    await this.#sleep(this.#owed / 1000);
    this.#owed -= this.#clock.now() - from;
  }

  #draw(): Micros {
    const spec = this.#spec;
    switch (spec.kind) {
      case 'constant':
        return spec.time;
      case 'uniform':
        return spec.from + (spec.to - spec.from) * this.#random.float();
      case 'exponential':
        return -spec.mean * Math.log(1 - this.#random.float());
    }
  }
}
