import type { Micros } from '../../../base/clock.ts';

/** Messages this close to one another share a time. */
const grain: Micros = 5_000;
/** Reports are read some time after they came. */
const lateness: Micros = 10e6;

/** When the latest messages of a client were handed over, to 5 ms: a time that is too early, never too late. */
export class HandOverTimes {
  readonly #span: Micros;
  /** Ascending; those in front of `#from` are forgotten. */
  #first: { readonly sequence: number; readonly at: Micros }[] = [];
  #from = 0;

  /** @param span how long a message is asked for */
  constructor(span: Micros) {
    this.#span = span + lateness;
  }

  add(sequence: number, at: Micros): void {
    const last = this.#first.at(-1);
    if (last !== undefined && at - last.at < grain) return;
    this.#first.push({ sequence, at });
    while (at - this.#first[this.#from]!.at > this.#span) this.#from++;
    if (this.#from * 2 > this.#first.length) {
      this.#first = this.#first.slice(this.#from);
      this.#from = 0;
    }
  }

  /** It was handed over then or later; −Infinity where that is forgotten. */
  notBefore(sequence: number): Micros {
    let [low, high] = [this.#from, this.#first.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#first[middle]!.sequence <= sequence) low = middle + 1;
      else high = middle;
    }
    return low > this.#from ? this.#first[low - 1]!.at : -Infinity;
  }
}
