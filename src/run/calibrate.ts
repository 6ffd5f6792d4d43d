import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchError } from '../base/errors.ts';
import { formatRate } from '../base/units.ts';
import { parseScenario } from '../scenario/load.ts';
import { ceilingName, type Calibration, type Ceiling } from './calibration.ts';
import { runTrial } from './run.ts';

export interface CalibrateOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Told what has been measured, a line each. */
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of a value. */
  readonly sizes?: readonly number[];
  readonly processes?: readonly number[];
  readonly seconds?: number;
  /** What else runs here only takes away: the best of them counts. */
  readonly rounds?: number;
}

const sizes = [100, 1024, 10 * 1024];

/**
 * Measures what this harness can produce here: runs as any other, into the mock, each observed either way, by one
 * process and by one a core. About a minute with the defaults. Where the tap cannot be had its ceilings are missing.
 *
 * @throws BenchError where the mock cannot be produced to
 */
export async function calibrate(options: CalibrateOptions): Promise<Calibration> {
  const ceilings: Ceiling[] = [];
  const counts = options.processes ?? [...new Set([1, availableParallelism()])];
  for (const ackSource of ['tap', 'delivery-reports'] as const) {
    for (const processes of counts) {
      for (const bytes of options.sizes ?? sizes) {
        const cell = { ackSource, processes, bytes };
        const perSecond = await measure(cell, options);
        if (perSecond === null) continue;
        ceilings.push({ ...cell, perSecond });
        options.progress(`${ceilingName(cell)}: ${formatRate(perSecond)}`);
      }
    }
  }
  return { measuredAt: new Date().toISOString(), ceilings };
}

async function measure(cell: Omit<Ceiling, 'perSecond'>, options: CalibrateOptions): Promise<number | null> {
  let best = 0;
  for (let round = 0; round < (options.rounds ?? 2); round++) {
    const perSecond = await measureOnce(cell, options);
    if (perSecond === null) return null;
    best = Math.max(best, perSecond);
  }
  return best;
}

/** Null where there is no tap. */
async function measureOnce(
  { ackSource, processes, bytes }: Omit<Ceiling, 'perSecond'>,
  { env, signal, seconds = 1 }: CalibrateOptions,
): Promise<number | null> {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-calibration-'));
  try {
    const loaded = parseScenario(
      `name: calibration
cluster: mock
producers:
  - { name: p, topic: t, count: ${processes}, rate: max, value: { bytes: ${bytes} }, client: { acks: 1 } }
phases: { warmup: 500ms, measure: ${seconds}s, drain: 10s }
verify: { audit: off }
`,
      {
        file: 'calibration.yaml',
        env,
        bootstrapGiven: false,
        readFile: () => {
          throw new Error('it names no files');
        },
      },
    );
    const options = { resultsDirectory: directory, env, cluster: 'mock', ackSource, stop: signal } as const;
    const { result } = await runTrial(loaded, options);
    if (signal?.aborted) throw new BenchError('interrupted', 'the calibration was interrupted');
    const [producer] = result.trials[0]?.producers ?? [];
    if (result.outcome.state === 'completed' && producer?.rate.achieved != null)
      return producer.rate.achieved;
    if (ackSource === 'tap') return null;
    const { outcome } = result;
    throw new BenchError(
      'worker',
      `the mock could not be produced to: ${outcome.state === 'completed' ? 'nothing was sent' : outcome.reason}`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
