import type { Micros } from '../base/clock.ts';

/** How fast a producer group sends in open loop, in messages per second over the time since the start. */
export type RateSpec =
  | { readonly kind: 'constant'; readonly perSecond: number }
  /** Linear from one rate to the other; then the last rate holds. */
  | { readonly kind: 'ramp'; readonly from: number; readonly to: number; readonly over: Micros }
  /** One rate after the other, 0 for a pause; the last one holds. */
  | { readonly kind: 'steps'; readonly steps: readonly { readonly rate: number; readonly for: Micros }[] };

/** A stretch in which the rate changes linearly; counts are messages due since the start, fractions included. */
interface Stretch {
  readonly start: Micros;
  readonly startCount: number;
  /** Per second, at the start. */
  readonly rate: number;
  /** Per second, per second. */
  readonly acceleration: number;
  readonly end: Micros;
}

const MICROS = 1e6;

/**
 * The arrivals of a whole group as a function: message i is due when the integral of the rate reaches i. Each due
 * time comes from i alone, so that no rounding error accumulates.
 */
export class RateProfile {
  readonly #stretches: readonly Stretch[];
  /** Where the last look-up ended; the next one is nearly always there. */
  #at = 0;

  constructor(rate: RateSpec) {
    this.#stretches = stretchesOf(rate);
  }

  /**
   * When message `i` is due, in microseconds from the start; Infinity where the rate has ended at 0. Fractional `i`
   * are meaningful: they are points of the integral.
   */
  dueOffset(i: number): Micros {
    const stretches = this.#stretches;
    let at = this.#at;
    while (at > 0 && i < stretches[at]!.startCount) at--;
    // Of stretches that begin at the same count the last: what precedes it is a pause.
    while (at + 1 < stretches.length && i >= stretches[at + 1]!.startCount) at++;
    this.#at = at;
    const { start, startCount, rate, acceleration, end } = stretches[at]!;
    const count = i - startCount;
    if (acceleration === 0) return rate === 0 ? Infinity : Math.min(end, start + (count * MICROS) / rate);
    // The root of rate·x + acceleration·x²/2 = count, in the form without cancellation.
    const root = Math.sqrt(Math.max(0, rate * rate + 2 * acceleration * count));
    return count === 0 ? start : Math.min(end, start + (2 * count * MICROS) / (rate + root));
  }

  /** How many messages are due before `elapsed`. */
  countUntil(elapsed: Micros): number {
    let count = Math.ceil(Math.max(0, this.#integral(elapsed)));
    while (this.dueOffset(count) < elapsed) count++;
    while (count > 0 && this.dueOffset(count - 1) >= elapsed) count--;
    return count;
  }

  #integral(elapsed: Micros): number {
    const stretch = this.#stretches.findLast(({ start }) => start <= elapsed);
    if (stretch === undefined) return 0;
    const seconds = (elapsed - stretch.start) / MICROS;
    return stretch.startCount + stretch.rate * seconds + (stretch.acceleration * seconds * seconds) / 2;
  }
}

function stretchesOf(spec: RateSpec): Stretch[] {
  const stretches: Stretch[] = [];
  let start = 0;
  let startCount = 0;
  const append = (from: number, to: number, length: Micros) => {
    for (const rate of [from, to]) {
      if (!(rate >= 0 && rate < Infinity)) throw new RangeError(`a rate is ${rate}, not messages per second`);
    }
    if (!(length >= 0)) throw new RangeError(`a rate is to last ${length} microseconds`);
    if (length === 0) return;
    const acceleration = length === Infinity ? 0 : ((to - from) * MICROS) / length;
    stretches.push({ start, startCount, rate: from, acceleration, end: start + length });
    start += length;
    startCount += ((from + to) / 2) * (length / MICROS);
  };
  switch (spec.kind) {
    case 'constant':
      append(spec.perSecond, spec.perSecond, Infinity);
      break;
    case 'ramp':
      append(spec.from, spec.to, spec.over);
      append(spec.to, spec.to, Infinity);
      break;
    case 'steps': {
      for (const { rate, for: length } of spec.steps) append(rate, rate, length);
      const last = spec.steps.at(-1)?.rate ?? 0;
      append(last, last, Infinity);
    }
  }
  return stretches;
}
