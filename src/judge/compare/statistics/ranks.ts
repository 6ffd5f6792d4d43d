/**
 * Ranks 1..n in ascending order; equal values share the mean of theirs (mid-ranks). Given as twice the rank, which
 * is always whole, so that sums of ranks can index an array.
 */
export function doubledRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    // Ranks start+1 … end have the mean (start + 1 + end) / 2.
    for (let i = start; i < end; i++) ranks[order[i]!] = start + 1 + end;
    start = end;
  }
  return ranks;
}
