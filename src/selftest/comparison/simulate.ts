import type { Random } from '../../base/random.ts';
import { defaultMargin, ratioMetric } from '../../judge/compare/gates.ts';
import type { GatedData } from '../../judge/compare/judge-metrics.ts';
import { normalQuantile } from '../../judge/compare/statistics/normal.ts';
import type { Plant } from './plant.ts';

export interface Setting {
  readonly paired: boolean;
  /** Blocks, or trials on each side. */
  readonly trials: number;
  /** Of one trial, as a standard deviation of logarithms: 0.02 is 2 %. */
  readonly noise: number;
  readonly loop: 'open' | 'closed';
}

/** By how much the machine itself changes from block to block, where both sides of a block see the same of it. */
const blockNoise = 0.1;
/** One trial in twenty is hit by something else, as on a shared machine. */
const outliers = { share: 0.05, factor: 4 };

/** Two sides as trials would give them, the candidate with the plant. */
export function simulate(
  { paired, trials, noise, loop }: Setting,
  plant: Plant,
  random: Random,
): GatedData[] {
  const metrics = loop === 'open' ? ['ack.p50', 'ack.p99', 'throughput'] : ['throughput'];
  const normal = () => normalQuantile(random.float() || 0.5);
  const drift = Array.from({ length: trials }, () => (paired ? blockNoise * normal() : 0));
  const hit = () => (random.float() < outliers.share ? outliers.factor : 1);
  // What hits a trial hits all of its metrics.
  const side = () => drift.map((block) => block + noise * hit() * normal());
  const [base, candidate] = [side(), side()];
  return metrics.map((name) => {
    const metric = ratioMetric(name);
    const margin = defaultMargin(metric);
    const factor = metric.better === 'lower' ? plant.latency : plant.rate;
    const readings = (logs: readonly number[], by: number) =>
      logs.map((log, i) => ({
        trial: `trial ${i + 1}`,
        reading: {
          value: 1000 * by * Math.exp((metric.better === 'lower' ? log : -log) + (noise / 2) * normal()),
        },
      }));
    return {
      data: { metric, paired, base: readings(base, 1), candidate: readings(candidate, factor) },
      gate: { metric: name, margin, asked: margin },
    };
  });
}
