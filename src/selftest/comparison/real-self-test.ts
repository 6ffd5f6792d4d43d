import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sabotage } from '../../base/choices.ts';
import { BenchError } from '../../base/errors.ts';
import { compareSamples } from '../../judge/compare/compare.ts';
import { samplesOf } from '../../judge/compare/sample.ts';
import { plants, selfTestRow, type Plant, type SelfTestRow } from './plant.ts';
import { interleave } from '../../experiment/interleave.ts';
import { openShared } from '../../experiment/run-scenario.ts';
import { TrialSeries } from '../../experiment/trial-series.ts';
import { parseScenario, type LoadedScenario } from '../../scenario/load.ts';

export interface RealSelfTestOptions {
  readonly blocks: number;
  readonly seed: number;
  /** Of the latency that is planted; 15 % unless told. */
  readonly latencyFactor: number;
  /** To see it fail: nothing is slowed down. */
  readonly sabotage?: Sabotage | undefined;
  readonly stop?: AbortSignal | undefined;
  readonly tell: (line: string) => void;
}

const rate = 400;

/**
 * Trials on a local Kafka, interleaved, whose difference is known: the same twice, answers held back in the proxy, a
 * rate that is lower. @throws BenchError where no trial completes
 */
export async function realSelfTest(options: RealSelfTestOptions): Promise<SelfTestRow[]> {
  const { blocks, seed, stop, tell, sabotage } = options;
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-self-test-'));
  const run = {
    resultsDirectory: directory,
    env: process.env,
    stop,
    observer: {
      status: () => undefined,
      progress: () => undefined,
      shown: () => undefined,
      warning: () => undefined,
    },
  };
  const opened = await openShared(scenario({}), run);
  try {
    const experimentId = randomBytes(4).toString('hex');
    const series = (loaded: LoadedScenario) => new TrialSeries(loaded, run, { opened, experimentId });
    const pilot = await new TrialSeries(scenario({}), run, { opened }).run({ order: 0 });
    const usual = pilot.result.trials[0]?.totals.latency.ack?.p50 ?? null;
    if (usual === null) throw new BenchError('cluster', 'the first trial measured no latency');
    const held = Math.max(1, Math.round(usual * (options.latencyFactor - 1)));
    tell(`ack.p50 is ${usual} µs; ${held} µs are planted`);
    const slowed = sabotage === 'none' ? {} : { held };
    const fewer = sabotage === 'none' ? {} : { rate: rate * plants.throughput.rate };
    const sides = {
      base: series(scenario({})),
      nothing: series(scenario(sabotage === 'everywhere' ? { held, rate: rate / 2 } : {})),
      latency: series(scenario(slowed)),
      throughput: series(scenario(fewer)),
    };
    const whole = await interleave(
      Object.entries(sides).map(([name, side]) => ({ name, run: (place) => side.run(place) })),
      { blocks, seed, stop, tell },
    );
    if (whole < blocks)
      throw new BenchError('interrupted', `only ${whole} of ${blocks} blocks were completed`);
    const percent = Math.round((options.latencyFactor - 1) * 100);
    const latency: Plant = { name: `latency +${percent} %`, latency: options.latencyFactor, rate: 1 };
    return [
      rowOf(plants.nothing, sides.base, sides.nothing, blocks),
      rowOf(latency, sides.base, sides.latency, blocks),
      rowOf(plants.throughput, sides.base, sides.throughput, blocks),
    ];
  } finally {
    await opened?.cluster.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function rowOf(plant: Plant, base: TrialSeries, candidate: TrialSeries, blocks: number): SelfTestRow {
  const [a, b] = [base, candidate].map((side) => samplesOf(side.joined.result));
  const { metrics } = compareSamples(a!, b!, { subject: ['scenario'] });
  return selfTestRow(plant, `${blocks} blocks on local Kafka`, [metrics], 0.05);
}

/** `held`: µs that answers wait in the proxy. All sides go through it, so that nothing else differs. */
function scenario({ held, rate: perSecond = rate }: { held?: number; rate?: number }): LoadedScenario {
  const faults =
    held === undefined
      ? ''
      : `faults: [{ at: 0s, degrade: { target: kafka1, latency: ${held}us, direction: out } }]`;
  return parseScenario(
    `
cluster: { kind: local, brokers: 1, proxy: true }
topics: [{ name: self-test, partitions: 1, replicationFactor: 1 }]
producers: [{ name: writer, topic: self-test, rate: ${perSecond}/s, value: { bytes: 100 }, client: { linger.ms: 0 } }]
phases: { warmup: 1s, measure: 2s, drain: 10s }
verify: { audit: off }
${faults}
`,
    { file: 'self-test.yaml', env: {}, readFile: () => '' },
  );
}
