import type { HistogramJson } from '../../results/schema.ts';

/** A metric's value in its registry's unit; null where this trial did not measure it. */
export interface MeasuredValue {
  readonly value: number | null;
  /** What a latency was read from. */
  readonly histogram?: HistogramJson;
  /** Not all is known: the true value is between these, limits included. Infinity: nothing limits it. */
  readonly between?: readonly [number, number];
  /** It was waited for, and had not come when the run ended: longer than any bound. `value` is null. */
  readonly never?: true;
  /** Why it is null, or not exact. */
  readonly reason?: string;
}
