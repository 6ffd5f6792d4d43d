import { BenchError } from '../../base/errors.ts';
import type { Comparison } from './schema.ts';

/** By metric: how far two sides that are the same come out apart, 0.07 for 7 %. */
export type NoiseFloor = ReadonlyMap<string, number>;

/**
 * The 95th percentile (nearest rank) of the estimated changes in comparisons of a thing with itself.
 * @throws BenchError `usage` for a comparison of two things that differ, or that measured nothing.
 */
export function noiseFloorOf(comparisons: readonly Comparison[]): Map<string, number> {
  const shifts = new Map<string, number[]>();
  for (const { base, candidate, differences, metrics } of comparisons) {
    if (differences.length > 0 || base.scenario.sha256 !== candidate.scenario.sha256) {
      throw new BenchError('usage', 'the noise floor is of one thing compared with itself; these differ', {
        hint: 'compare two sets of results of the same scenario on the same machine, with --format json',
      });
    }
    for (const { metric, ratio } of metrics) {
      if (ratio === null) continue;
      shifts.set(metric, [...(shifts.get(metric) ?? []), Math.abs(Math.log(ratio))]);
    }
  }
  return new Map([...shifts].map(([metric, each]) => [metric, Math.expm1(percentile95(each))]));
}

function percentile95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(0.95 * sorted.length) - 1]!;
}
