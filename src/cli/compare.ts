import type { DifferenceKind, OutputFormat, Sabotage } from '../base/choices.ts';
import { BenchError } from '../base/errors.ts';
import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { compareSamples } from '../judge/compare/compare.ts';
import { noiseFloorOf } from '../judge/compare/noise-floor.ts';
import { readComparison } from '../judge/compare/read-comparison.ts';
import type { Comparison } from '../judge/compare/schema.ts';
import { simulatedSelfTest } from '../selftest/comparison/self-test.ts';
import { renderComparisonJunit } from '../report/compare-junit.ts';
import { renderComparisonMarkdown } from '../report/compare-markdown.ts';
import { renderComparison } from '../report/compare-terminal.ts';
import { paintFor } from './colours.ts';
import { readInput } from './compare-inputs.ts';
import { listenForInterrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

export interface CompareArguments {
  readonly candidate?: readonly string[];
  readonly format?: OutputFormat;
  readonly strict?: boolean;
  readonly failInconclusive?: boolean;
  readonly allowEnvDiff?: boolean;
  readonly subject?: readonly DifferenceKind[];
  readonly noiseFloor?: readonly string[];
}

/** Compares result files: two, or those of a base and `--candidate` those of the other side. */
export async function runCompare(
  results: readonly string[],
  { candidate, format = 'terminal', ...options }: CompareArguments,
  io: Io,
): Promise<ExitCode> {
  const sides = sidesOf(results, candidate);
  const [base, other] = [await readInput(sides.base), await readInput(sides.candidate)];
  const floors = await Promise.all((options.noiseFloor ?? []).map(readComparison));
  const comparison = compareSamples(base.samples, other.samples, {
    strict: options.strict ?? false,
    subject: options.subject ?? [],
    allowEnvironmentDifferences: options.allowEnvDiff ?? false,
    ...(floors.length === 0 ? {} : { noiseFloor: noiseFloorOf(floors) }),
    labels: { base: base.label, candidate: other.label },
    warnings: [...base.warnings, ...other.warnings],
  });
  io.out(renderAs(format, comparison));
  return exitCodeForComparison(comparison, options.failInconclusive ?? false);
}

function sidesOf(
  results: readonly string[],
  candidate: readonly string[] | undefined,
): { readonly base: readonly string[]; readonly candidate: readonly string[] } {
  const [base, other, ...more] = results;
  if (candidate !== undefined && base !== undefined) return { base: results, candidate };
  if (base !== undefined && other !== undefined && more.length === 0)
    return { base: [base], candidate: [other] };
  throw new BenchError('usage', `${results.length} results are no two sides to compare`, {
    hint: 'kafka-bench compare BASE CANDIDATE, or kafka-bench compare BASE… --candidate CANDIDATE…; a directory stands for the results in it',
  });
}

/** Every format of a comparison; `json` is the comparison itself (results/compare.schema.json). */
export function renderAs(format: OutputFormat, comparison: Comparison): string {
  switch (format) {
    case 'terminal':
      return renderComparison(comparison, paintFor(process.stdout));
    case 'markdown':
      return renderComparisonMarkdown(comparison);
    case 'junit':
      return renderComparisonJunit(comparison);
    case 'json':
      return JSON.stringify(comparison, null, 1);
  }
}

export function exitCodeForComparison({ verdict }: Comparison, failInconclusive: boolean): ExitCode {
  switch (verdict) {
    case 'FAILED':
    case 'REGRESSED':
      return exitCodes.gateFailed;
    case 'INVALID':
      return exitCodes.invalid;
    case 'INCONCLUSIVE':
    case null:
      return failInconclusive ? exitCodes.inconclusive : exitCodes.ok;
    case 'IMPROVED':
    case 'EQUIVALENT':
      return exitCodes.ok;
  }
}

export interface SelfTestArguments {
  readonly seed?: number;
  /** To see the self-test fail. */
  readonly plant?: Sabotage;
  /** Also on trials against a local Kafka. */
  readonly real?: boolean;
  readonly blocks?: number;
  /** Per cent of the usual latency that are planted in real trials. */
  readonly latency?: number;
}

/** Whether the gate goes off where it must, and only there. Exit code 1 where it does not. */
export async function runCompareSelfTest(
  { seed = 1, plant, real = false, blocks = 8, latency = 15 }: SelfTestArguments,
  io: Io,
): Promise<ExitCode> {
  const started = performance.now();
  const rows = simulatedSelfTest({ seed, sabotage: plant });
  if (real) {
    const { realSelfTest } = await import('../selftest/comparison/real-self-test.ts');
    const tell = (line: string): void => io.err(line);
    const interrupt = listenForInterrupt(tell);
    try {
      const latencyFactor = 1 + latency / 100;
      const options = { blocks, seed, latencyFactor, sabotage: plant, stop: interrupt.stop, tell };
      rows.push(...(await realSelfTest(options)));
    } finally {
      interrupt.dispose();
    }
  }
  const ok = rows.every((row) => row.ok);
  const lines = table(
    ['planted', 'trials', 'compared', 'alarms', 'expected', ''],
    rows.map((row) => [
      row.planted,
      row.setting,
      row.comparisons,
      row.found,
      row.allowed,
      row.ok ? 'ok' : 'FAILED',
    ]),
  );
  io.out(lines.join('\n'));
  if (plant !== undefined)
    io.out(`sabotaged: ${plant === 'none' ? 'nothing is planted' : 'planted everywhere'}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  io.out(`${ok ? 'ok' : 'FAILED'} in ${seconds} s with seed ${seed}`);
  return ok ? exitCodes.ok : exitCodes.gateFailed;
}
