import type { Micros } from '../../../base/clock.ts';

/** librdkafka's own default of message.timeout.ms: longer than that nobody waits without having said so. */
const withoutEnd: Micros = 300e6;

/**
 * Tells a client that is slow from one that waits for nothing: while its schedule lasts anything may come back, after
 * it something has to move.
 */
export class Standstill {
  readonly #patience: Micros;
  readonly #from: Micros;
  #moved = -1;
  #since: Micros = -Infinity;

  /**
   * @param end of the schedule; null where the last message is its end
   * @param drain how long outstanding messages are waited for at the end
   * @param fault the longest time that a planned fault lasts, during which nothing may move
   */
  constructor(end: Micros | null, drain: Micros, fault: Micros) {
    this.#from = end ?? -Infinity;
    this.#patience = end === null ? Math.max(drain, withoutEnd) + fault : drain;
  }

  /**
   * True when nothing has moved for longer than is waited for.
   *
   * @param moved a number that is another one when something has
   */
  lasts(moved: number, now: Micros): boolean {
    if (moved !== this.#moved) {
      this.#moved = moved;
      this.#since = now;
      return false;
    }
    return now - Math.max(this.#since, this.#from) >= this.#patience;
  }
}
