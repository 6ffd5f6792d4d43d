import type { Sabotage } from '../../base/choices.ts';
import { seededRandom } from '../../base/random.ts';
import { formatNumber } from '../../base/units.ts';
import { judgeMetrics } from '../../judge/compare/judge-metrics.ts';
import { plants, selfTestRow, type Plant, type SelfTestRow } from './plant.ts';
import { simulate, type Setting } from './simulate.ts';

export interface SelfTestOptions {
  readonly seed: number;
  /** To see it fail: `none` slows nothing down, `everywhere` also what has to be the same. */
  readonly sabotage?: Sabotage | undefined;
  /** Of each case; 1000 by default. */
  readonly comparisons?: number;
}

const alpha = 0.05;

const blocks: Setting = { paired: true, trials: 8, noise: 0.02, loop: 'open' };
const files: Setting = { paired: false, trials: 10, noise: 0.02, loop: 'open' };

/** The same must look the same also in noise as large as the effects; those are looked for where they can be seen. */
const cases: readonly (readonly [Plant, Setting])[] = [
  [plants.nothing, blocks],
  [plants.nothing, { ...blocks, noise: 0.15 }],
  [plants.nothing, { ...blocks, noise: 0.15, loop: 'closed' }],
  [plants.nothing, files],
  [plants.nothing, { ...files, noise: 0.15 }],
  [plants.latency, blocks],
  [plants.latency, files],
  [plants.throughput, { ...blocks, loop: 'closed' }],
  [plants.throughput, { ...files, loop: 'closed' }],
];

/** Comparisons whose truth is known, judged as real ones are: whether the gate can fail, and does so only then. */
export function simulatedSelfTest({ seed, sabotage, comparisons = 1000 }: SelfTestOptions): SelfTestRow[] {
  return cases.map(([plant, setting]) => {
    const name = nameOf(setting);
    const random = seededRandom(seed, `${plant.name} ${name}`);
    const planted = sabotage === undefined ? plant : sabotaged(plant, sabotage);
    const judged = Array.from({ length: comparisons }, () =>
      judgeMetrics(simulate(setting, planted, random), { alpha, strict: false }),
    );
    return selfTestRow(plant, name, judged, alpha);
  });
}

function sabotaged(plant: Plant, how: Sabotage): Plant {
  if (how === 'none') return { ...plants.nothing, name: plant.name };
  return plant === plants.nothing
    ? { ...plants.latency, name: plant.name, rate: plants.throughput.rate }
    : plant;
}

function nameOf({ paired, trials, noise, loop }: Setting): string {
  const design = paired ? `${trials} blocks` : `${trials} against ${trials}`;
  return `${design}, ${loop} loop, ${formatNumber(noise * 100)} % noise`;
}
