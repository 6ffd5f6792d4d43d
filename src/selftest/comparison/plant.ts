import { formatNumber } from '../../base/units.ts';
import type { MetricComparison } from '../../judge/compare/schema.ts';

/** What one side has and the other has not: factors of every latency and every rate. */
export interface Plant {
  readonly name: string;
  readonly latency: number;
  readonly rate: number;
}

export const plants = {
  nothing: { name: 'nothing', latency: 1, rate: 1 },
  latency: { name: 'latency +15 %', latency: 1.15, rate: 1 },
  throughput: { name: 'throughput -15 %', latency: 1, rate: 0.85 },
} as const satisfies Record<string, Plant>;

type Judged = Pick<MetricComparison, 'metric' | 'better' | 'gated' | 'verdict'>;

/**
 * Whether the gate would have gone off: of nothing planted at any regression or improvement, else at a regression
 * of what was slowed down.
 */
export function isFound(plant: Plant, metrics: readonly Judged[]): boolean {
  const told = metrics.filter(({ gated }) => gated);
  if (plant.latency === 1 && plant.rate === 1)
    return told.some(({ verdict }) => verdict === 'REGRESSED' || verdict === 'IMPROVED');
  const slowed = plant.latency > 1 ? 'lower' : 'higher';
  return told.some(({ better, verdict }) => better === slowed && verdict === 'REGRESSED');
}

/** One line of the self-test: a plant, in how many comparisons it was looked for, in how many found. */
export interface SelfTestRow {
  readonly planted: string;
  /** `8 blocks, simulated, 2 % noise`. */
  readonly setting: string;
  readonly comparisons: number;
  readonly found: number;
  /** `at most 70`. */
  readonly allowed: string;
  readonly ok: boolean;
}

/**
 * Holds comparisons of known difference, simulated or real, against what must come out. Of nothing planted no more
 * may go off than alpha explains (three standard errors of chance included; of a handful, none: the margin has to
 * be passed as well); a slowdown must be found in at least 98 of 100.
 */
export function selfTestRow(
  plant: Plant,
  setting: string,
  comparisons: readonly (readonly Judged[])[],
  alpha: number,
): SelfTestRow {
  const found = comparisons.filter((metrics) => isFound(plant, metrics)).length;
  const n = comparisons.length;
  const isNothing = plant.latency === 1 && plant.rate === 1;
  const most = n < 100 ? 0 : Math.floor(n * alpha + 3 * Math.sqrt(n * alpha * (1 - alpha)));
  const least = Math.max(1, Math.ceil(0.98 * n));
  return {
    planted: plant.name,
    setting,
    comparisons: n,
    found,
    allowed: isNothing ? `at most ${formatNumber(most)}` : `at least ${formatNumber(least)}`,
    ok: n > 0 && (isNothing ? found <= most : found >= least),
  };
}
