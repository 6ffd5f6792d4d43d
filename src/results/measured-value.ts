import type { HistogramJson } from './schema.ts';

/** A metric's value in its registry's unit; null where this trial did not measure it. */
export interface MeasuredValue {
  readonly value: number | null;
  /** What a latency was read from. */
  readonly histogram?: HistogramJson;
  /** Where less than everything was looked at: the true value lies on this side of `value`. */
  readonly known?: 'at-least' | 'at-most';
  /** Why it is null, or not exact. */
  readonly reason?: string;
}
