import type { DeliveryResult, FaultResult, RunResult, TrialResult } from '../../src/results/schema.ts';
import type { RunLog } from './run-log.ts';

/** What is known of one run, and judged. */
export interface Observed {
  readonly outcome: RunResult['outcome'];
  readonly delivery: DeliveryResult;
  readonly faults: readonly FaultResult[];
  readonly errors: TrialResult['errors'];
  readonly intervals: TrialResult['intervals'];
  readonly producers: readonly Pick<TrialResult['producers'][number], 'name' | 'attempted' | 'acked'>[];
  /** Message by message, from the run's evidence. */
  readonly log: RunLog;
}

export function observedOf({ outcome, trials }: RunResult, log: RunLog): Observed {
  const { delivery, faults, errors, intervals, producers } = trials[0]!;
  return { outcome, delivery, faults, errors, intervals, producers, log };
}

/** By its id in the scenario. @throws where the row has no such fault */
export function faultOf({ faults }: Observed, id: string): FaultResult {
  const found = faults.find((fault) => fault.id === id);
  if (!found) throw new Error(`the run has no fault ${id}`);
  return found;
}

/** Seconds: the longest time in which any partition acknowledged nothing, over all planned faults; 0 without one. */
export function longestUnavailable({ faults }: Observed): number {
  const silences = faults.flatMap(({ partitions }) => partitions.map(({ unavailable }) => unavailable ?? 0));
  return Math.max(0, ...silences) / 1e6;
}
