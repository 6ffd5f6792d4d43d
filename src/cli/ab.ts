import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { DifferenceKind } from '../base/choices.ts';
import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { packageRoot } from '../base/package-root.ts';
import { compareSamples } from '../judge/compare/compare.ts';
import { noiseFloorOf } from '../judge/compare/noise-floor.ts';
import { readComparison } from '../judge/compare/read-comparison.ts';
import { samplesOf } from '../judge/compare/sample.ts';
import type { Comparison } from '../judge/compare/schema.ts';
import { BuildSeries } from '../experiment/build-series.ts';
import { clusterRequest } from '../trial/cluster-request.ts';
import { interleave } from '../experiment/interleave.ts';
import type { OpenedCluster } from '../trial/open-for-run.ts';
import type { RunOptions } from '../trial/run-options.ts';
import { closeShared, openShared } from '../experiment/run-scenario.ts';
import { TrialSeries } from '../experiment/trial-series.ts';
import { loadScenario, type LoadedScenario } from '../scenario/load.ts';
import { parseSetting } from '../scenario/settings.ts';
import { exitCodeForComparison, renderAs, type CompareArguments } from './compare.ts';
import { comparisonFile } from './compare-inputs.ts';
import { listenForInterrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { runDisplay } from './run-display.ts';
import type { RunArguments } from './run.ts';

export interface AbArguments
  extends
    Pick<RunArguments, 'bootstrap' | 'results' | 'quiet' | 'ackSource'>,
    Pick<CompareArguments, 'format' | 'strict' | 'failInconclusive' | 'noiseFloor' | 'subject'> {
  readonly blocks: number;
  readonly seed?: number;
  /** One for both sides, or base and candidate. */
  readonly cluster?: readonly NonNullable<RunArguments['cluster']>[];
  /** Of the candidate, where it is another cluster. */
  readonly bootstrapB?: string;
  /** `path=value` for the candidate. */
  readonly set?: readonly string[];
  /** Another checkout of kafka-bench, which runs the candidate's trials. */
  readonly with?: string;
}

/** One side: what it runs, and what it runs it on. */
interface Side {
  readonly loaded: LoadedScenario;
  readonly options: RunOptions;
}

/**
 * Runs two scenarios, or one and a variation of it, in blocks of one trial each in random order, writes a result of
 * each and compares them. @throws BenchError
 */
export async function runAb(files: readonly string[], args: AbArguments, io: Io): Promise<ExitCode> {
  const experimentId = randomBytes(4).toString('hex');
  const seed = args.seed ?? randomInt(2 ** 32);
  const interrupt = listenForInterrupt((line) => io.err(line));
  const display = runDisplay(io, { quiet: args.quiet ?? false, stream: process.stderr });
  const [file, other = file] = files as [string, string?];
  const directory = args.results ?? join('results', 'ab', `${labelOf(file)}-${experimentId}`);
  const common = {
    env: process.env,
    resultsDirectory: directory,
    ackSource: args.ackSource,
    observer: display,
    stop: interrupt.stop,
    cut: interrupt.cut,
  };
  const [kind, otherKind = kind] = args.cluster ?? [];
  const base = await sideOf(file, [], { ...common, bootstrap: args.bootstrap, cluster: kind });
  const bootstrap = args.bootstrapB ?? args.bootstrap;
  const candidate = await sideOf(other, args.set ?? [], { ...common, bootstrap, cluster: otherKind });
  const floors = await Promise.all((args.noiseFloor ?? []).map(readComparison));

  const isOneCluster = isDeepStrictEqual(requestOf(base), requestOf(candidate));
  const opened: (OpenedCluster | undefined)[] = [];
  try {
    opened.push(await openShared(isOneCluster ? moreReplicated(base, candidate) : base.loaded, base.options));
    opened.push(isOneCluster ? opened[0] : await openShared(candidate.loaded, candidate.options));
    const [forBase, forCandidate] = opened;
    io.err(`${args.blocks} blocks, order drawn from seed ${seed}`);
    const sides = {
      base: seriesOf(base, forBase, args.with === undefined ? undefined : packageRoot(), []),
      candidate: seriesOf(candidate, forCandidate, args.with, args.set ?? []),
    };
    const whole = await interleave(
      [
        { name: 'base', run: (place) => sides.base.run(place) },
        { name: 'candidate', run: (place) => sides.candidate.run(place) },
      ],
      { blocks: args.blocks, seed, stop: interrupt.stop, tell: (line) => display.status(line) },
    );
    display.end();
    if (whole === 0) {
      io.err('error: no block was completed: nothing can be compared');
      return interrupt.code() ?? exitCodes.failed;
    }
    const [a, b] = [sides.base.joined, sides.candidate.joined];
    const comparison = compareSamples(
      samplesOf(a.result, a.files.result),
      samplesOf(b.result, b.files.result),
      {
        strict: args.strict ?? false,
        subject: subjectOf({
          otherScenario: base.loaded.sha256 !== candidate.loaded.sha256,
          otherCluster: !isOneCluster,
          otherBuild: args.with !== undefined,
          asked: args.subject ?? [],
        }),
        ...(floors.length === 0 ? {} : { noiseFloor: noiseFloorOf(floors) }),
        labels: { base: labelOf(file), candidate: [labelOf(other), ...(args.set ?? [])].join(' ') },
      },
    );
    io.out(renderAs(args.format ?? 'terminal', comparison));
    // What was measured is shown first: a full disk takes the files alone.
    for (const { unwritten } of [a, b]) if (unwritten) throw unwritten;
    keep(join(directory, comparisonFile), comparison);
    for (const { files } of [a, b]) io.err(`result  ${relative(process.cwd(), files.result)}`);
    return interrupt.code() ?? exitCodeForComparison(comparison, args.failInconclusive ?? false);
  } finally {
    display.end();
    for (const each of new Set(opened)) if (each) await closeShared(each, { observer: display });
    interrupt.dispose();
  }

  function seriesOf(
    { loaded, options }: Side,
    cluster: OpenedCluster | undefined,
    checkout: string | undefined,
    settings: readonly string[],
  ): TrialSeries | BuildSeries {
    return checkout === undefined
      ? new TrialSeries(loaded, options, { opened: cluster, experimentId })
      : new BuildSeries(loaded, options, { checkout, settings, opened: cluster, experimentId });
  }
}

async function sideOf(file: string, set: readonly string[], options: RunOptions): Promise<Side> {
  const loaded = await loadScenario(file, {
    bootstrapGiven: options.bootstrap !== undefined,
    settings: set.map(parseSetting),
  });
  return { loaded, options };
}

const requestOf = ({ loaded, options }: Side) => clusterRequest(loaded.scenario, options);

/** A cluster for both has as many brokers as the one that needs more of them. */
function moreReplicated(...sides: readonly Side[]): LoadedScenario {
  const replicas = ({ scenario }: LoadedScenario): number =>
    Math.max(1, ...scenario.topics.map(({ replicationFactor }) => replicationFactor ?? 1));
  return sides
    .map(({ loaded }) => loaded)
    .reduce((most, each) => (replicas(each) > replicas(most) ? each : most));
}

/**
 * What the command itself makes different is what is compared, and no reason to refuse: another cluster may be one of
 * another version.
 */
export function subjectOf(changed: {
  readonly otherScenario: boolean;
  readonly otherCluster: boolean;
  readonly otherBuild: boolean;
  /** By --subject. */
  readonly asked: readonly DifferenceKind[];
}): DifferenceKind[] {
  const { otherScenario, otherCluster, otherBuild, asked } = changed;
  const kinds = new Set<DifferenceKind>([
    ...(otherScenario ? (['scenario'] as const) : []),
    ...(otherCluster ? (['cluster', 'versions'] as const) : []),
    ...(otherBuild ? (['versions'] as const) : []),
    ...asked,
  ]);
  return [...kinds];
}

const labelOf = (file: string): string => basename(file).replace(/\.ya?ml$/, '');

function keep(path: string, comparison: Comparison): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `${JSON.stringify(comparison, null, 1)}\n`);
}
