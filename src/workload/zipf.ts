import type { Random } from '../base/random.ts';

/**
 * Draws ranks 1..n with P(k) proportional to k^-s, for any s ≥ 0, in constant time and memory: rejection-inversion
 * (Hörmann & Derflinger 1996), in the numerically stable form of Apache Commons RNG.
 */
export class Zipf {
  readonly #n: number;
  readonly #s: number;
  readonly #integralFrom: number;
  readonly #integralTo: number;
  readonly #shortcut: number;
  readonly #random: Random;

  constructor(n: number, s: number, random: Random) {
    if (!Number.isInteger(n) || n < 1) throw new RangeError(`zipf: n is ${n}, not a positive whole number`);
    if (!(s >= 0 && s < Infinity)) throw new RangeError(`zipf: s is ${s}, not a number from 0`);
    this.#n = n;
    this.#s = s;
    this.#random = random;
    this.#integralFrom = this.#integral(1.5) - 1;
    this.#integralTo = this.#integral(n + 0.5);
    this.#shortcut = 2 - this.#inverse(this.#integral(2.5) - this.#density(2));
  }

  next(): number {
    while (true) {
      const u = this.#integralTo + this.#random.float() * (this.#integralFrom - this.#integralTo);
      const x = this.#inverse(u);
      const k = Math.min(this.#n, Math.max(1, Math.floor(x + 0.5)));
      if (k - x <= this.#shortcut || u >= this.#integral(k + 0.5) - this.#density(k)) return k;
    }
  }

  #density(x: number): number {
    return Math.exp(-this.#s * Math.log(x));
  }

  /** The integral of x^-s, (x^(1-s) - 1) / (1-s), which tends to ln x as s tends to 1. */
  #integral(x: number): number {
    const log = Math.log(x);
    return expm1Ratio((1 - this.#s) * log) * log;
  }

  #inverse(y: number): number {
    return Math.exp(log1pRatio(Math.max(-1, y * (1 - this.#s))) * y);
  }
}

/** expm1(x) / x, by its series near 0. */
function expm1Ratio(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.expm1(x) / x : 1 + x * (1 / 2 + x / 6);
}

/** log1p(x) / x, by its series near 0. */
function log1pRatio(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.log1p(x) / x : 1 - x * (1 / 2 - x / 3);
}
