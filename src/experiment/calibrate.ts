import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchError } from '../base/errors.ts';
import { formatRate } from '../base/units.ts';
import { parseScenario } from '../scenario/load.ts';
import {
  agreement,
  ceilingName,
  inconsistency,
  type Calibration,
  type Ceiling,
} from '../judge/performance/calibration.ts';
import { runTrial } from '../trial/trial.ts';

export interface CalibrateOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Told what has been measured, a line each. */
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of a value. */
  readonly sizes?: readonly number[];
  readonly processes?: readonly number[];
  readonly seconds?: number;
  /** At most, until the best two agree. What else runs here only takes away: the best counts. */
  readonly rounds?: number;
  /** Messages a second of one run; null where there is no tap. A test puts its own in the place of runs. */
  readonly measureOnce?: (cell: Cell, options: CalibrateOptions) => Promise<number | null>;
}

type Cell = Omit<Ceiling, 'perSecond'>;

export interface Calibrated {
  readonly calibration: Calibration;
  /** Why it should not be kept: the machine was too busy to tell. Empty: it is sound. */
  readonly doubts: readonly string[];
}

const mostRounds = 6;

const sizes = [100, 1024, 10 * 1024];

/**
 * Measures what this harness can produce here: runs as any other, into the mock, each observed either way, by one
 * process and by one a core. About a minute with the defaults, longer where something else has the machine. Where the
 * tap cannot be had its ceilings are missing.
 *
 * @throws BenchError where the mock cannot be produced to
 */
export async function calibrate(options: CalibrateOptions): Promise<Calibrated> {
  const doubts: string[] = [];
  const ceilings: Ceiling[] = [];
  const counts = options.processes ?? [...new Set([1, availableParallelism()])];
  for (const ackSource of ['tap', 'delivery-reports'] as const) {
    for (const processes of counts) {
      for (const bytes of options.sizes ?? sizes) {
        const cell = { ackSource, processes, bytes };
        const measured = await measure(cell, options);
        if (measured === null) continue;
        const { perSecond, doubt } = measured;
        if (doubt !== null) doubts.push(doubt);
        ceilings.push({ ...cell, perSecond });
        options.progress(`${ceilingName(cell)}: ${formatRate(perSecond)}`);
      }
    }
  }
  const impossible = inconsistency(ceilings);
  return {
    calibration: { measuredAt: new Date().toISOString(), ceilings },
    doubts: impossible === null ? doubts : [...doubts, impossible],
  };
}

/** The best of two that agree: what two rounds in a row came to is not what another program left. */
async function measure(
  cell: Cell,
  options: CalibrateOptions,
): Promise<{ perSecond: number; doubt: string | null } | null> {
  const { rounds = mostRounds, measureOnce: once = measureOnce } = options;
  const found: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const perSecond = await once(cell, options);
    if (perSecond === null) return null;
    found.push(perSecond);
    const [best, next] = found.toSorted((a, b) => b - a);
    if (next !== undefined && next >= best! / (1 + agreement)) return { perSecond: best!, doubt: null };
  }
  const [best = 0, next] = found.toSorted((a, b) => b - a);
  if (next === undefined) return { perSecond: best, doubt: null };
  return {
    perSecond: best,
    doubt: `${ceilingName(cell)}: ${found.length} rounds do not agree, the best two came to ${formatRate(best)} and ${formatRate(next)}`,
  };
}

/** Null where there is no tap. */
async function measureOnce(
  { ackSource, processes, bytes }: Cell,
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
