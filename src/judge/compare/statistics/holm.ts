/**
 * Holm's step-down adjustment (1979), in the order given: a family of tests held against α by these values raises
 * a false alarm with at most α, however the tests depend on each other.
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[a]! - ps[b]!);
  const adjusted = new Array<number>(ps.length);
  let highest = 0;
  for (const [rank, i] of order.entries()) {
    highest = Math.max(highest, Math.min(1, (ps.length - rank) * ps[i]!));
    adjusted[i] = highest;
  }
  return adjusted;
}
