import { Histogram } from '../../measure/histogram.ts';
import type { ExactStatistics } from '../../measure/slots.ts';

/** A second's histogram as it is kept for the whole run: six bytes a slot that is not empty. */
export interface CompactHistogram {
  /** Slots are fewer than 2^16, a second's samples fewer than 2^32. */
  readonly indices: Uint16Array;
  readonly counts: Uint32Array;
  readonly exact: ExactStatistics;
}

export function compact(histogram: Histogram): CompactHistogram {
  const { indices, counts, exact } = histogram.toSparse();
  return { indices: Uint16Array.from(indices), counts: Uint32Array.from(counts), exact };
}

export function addCompact(to: Histogram, { indices, counts, exact }: CompactHistogram): void {
  to.addSparse({ indices: Uint32Array.from(indices), counts: Float64Array.from(counts), exact });
}

/** Null of nothing. */
export function sumCompact(some: readonly CompactHistogram[]): Histogram | null {
  if (some.length === 0) return null;
  const sum = new Histogram();
  for (const each of some) addCompact(sum, each);
  return sum;
}
