/** How likely a statistic is at most, and at least, what was seen, where nothing differs. Both include what was seen. */
export interface Tails {
  readonly atMost: number;
  readonly atLeast: number;
}

/** Sums the probabilities of 0..seen and of seen..end, each from its own end: 1 − x would lose small tails. */
export function tailsOf(probabilities: Float64Array, seen: number): Tails {
  let atMost = 0;
  for (let i = 0; i <= seen; i++) atMost += probabilities[i]!;
  let atLeast = 0;
  for (let i = probabilities.length - 1; i >= seen; i--) atLeast += probabilities[i]!;
  return { atMost, atLeast };
}

/** Twice the smaller tail, at most 1. */
export function twoSided({ atMost, atLeast }: Tails): number {
  return Math.min(1, 2 * Math.min(atMost, atLeast));
}

/** The highest count whose lower tail is no more than `tail`, and that tail; null where even 0 is too likely. */
export interface Critical {
  readonly count: number;
  readonly tail: number;
}

export function criticalOf(probabilities: Float64Array, tail: number): Critical | null {
  let sum = 0;
  for (let count = 0; count < probabilities.length; count++) {
    const next = sum + probabilities[count]!;
    if (next > tail) return count === 0 ? null : { count: count - 1, tail: sum };
    sum = next;
  }
  return null;
}
