import { BenchError, type Warning } from '../../base/errors.ts';
import { chooseGates, type GateOptions } from './choose-gates.ts';
import { differencesOf, flagsFor, type Allowances } from './comparability.ts';
import { deliveryGate } from './delivery-gate.ts';
import { doubts } from './doubts.ts';
import { informative, ratioMetric, type RaisedGate } from './gates.ts';
import { judgeMetrics, type GatedData } from './judge-metrics.ts';
import type { NamedReading } from './metric-data.ts';
import { overall, type Standing } from './overall.ts';
import { readSample } from './reading.ts';
import { blocksOf, nameOf, type Block, type Sample } from './sample.ts';
import { comparisonVersion, type Comparison, type Difference } from './schema.ts';

export interface CompareOptions extends Partial<Allowances>, GateOptions {
  /** Chance of a false alarm over all gated metrics together; 0.05 by default. */
  readonly alpha?: number;
  /** A regression is called only where the whole interval lies beyond the margin. */
  readonly strict?: boolean;
  readonly labels?: { readonly base: string; readonly candidate: string };
  /** Said of the inputs before they came here. */
  readonly warnings?: readonly Warning[];
}

/** Compares trials of two sides: in blocks where both say that they ran in the same ones, else as two samples. */
export function compareSamples(
  base: readonly Sample[],
  candidate: readonly Sample[],
  options: CompareOptions = {},
): Comparison {
  const blocks = blocksOf(base, candidate);
  const all = { base, candidate };
  return compare(blocks ? inBlocks(blocks, all) : { paired: false, ...all, all }, options);
}

/** Compares what ran in blocks, one trial of each side, interleaved: what changes from block to block cancels out. */
export function compareBlocks(blocks: readonly Block[], options: CompareOptions = {}): Comparison {
  return compare(inBlocks(blocks), options);
}

function inBlocks(blocks: readonly Block[], all?: Sides['all']): Sides {
  const sides = { base: blocks.map((each) => each.base), candidate: blocks.map((each) => each.candidate) };
  return { paired: true, ...sides, all: all ?? sides };
}

/** Trials in order; where they are paired, those of a block stand at the same place. */
interface Sides {
  readonly paired: boolean;
  readonly base: readonly Sample[];
  readonly candidate: readonly Sample[];
  /** With those of incomplete blocks: they say nothing of performance, and all the same of delivery. */
  readonly all: { readonly base: readonly Sample[]; readonly candidate: readonly Sample[] };
}

function compare(sides: Sides, options: CompareOptions): Comparison {
  const { base, candidate } = sides.all;
  refuseImpossible(sides.all);
  const { alpha = 0.05, strict = false, subject = [], allowEnvironmentDifferences = false } = options;
  const differences = differencesOf(base, candidate, { subject, allowEnvironmentDifferences });
  const delivery = deliveryGate(base, candidate, subject.includes('scenario'));
  const comparable = !differences.some(({ standing }) => standing === 'refused');
  const performance = performanceStanding(delivery, differences);
  const chosen = chooseGates(sides.base, options);
  const gates = comparable && performance.gates ? chosen.gates : [];
  const shown = [...chosen.gates.map(({ metric }) => metric), ...informative([...base, ...candidate])];
  const metrics = comparable ? judgeMetrics(metricData(sides, gates, shown), { alpha, strict }) : [];
  const judged = { delivery, differences, expectations: expectationsOf(candidate), metrics };
  return {
    schemaVersion: comparisonVersion,
    ...overall(judged, unfinished(sides.all), performance),
    design: sides.paired ? 'paired' : 'unpaired',
    alpha,
    strict,
    base: describeSide(options.labels?.base ?? 'base', base),
    candidate: describeSide(options.labels?.candidate ?? 'candidate', candidate),
    ...judged,
    warnings: [...(options.warnings ?? []), ...chosen.warnings, ...doubts(sides, gates.length > 0)],
  };
}

function refuseImpossible({ base, candidate }: Sides['all']): void {
  for (const [side, samples] of [
    ['base', base],
    ['candidate', candidate],
  ] as const) {
    if (samples.length === 0) {
      throw new BenchError('results', `the ${side} has no trial to compare`, {
        hint: 'a run that failed before it measured leaves a result without trials',
      });
    }
    const names = samples.map(({ run, trial }) => `${run.runId} ${trial.index}`);
    const twice = samples.find((_, i) => names.indexOf(names[i]!) !== i);
    if (twice) {
      throw new BenchError('usage', `${nameOf(twice)} is given twice as ${side}`, {
        hint: 'a trial counts once: copies would make chance look like certainty',
      });
    }
  }
}

/** Delivery and what the machines are decide before any latency does. */
function performanceStanding(delivery: Comparison['delivery'], differences: readonly Difference[]): Standing {
  if (delivery.gate === 'FAILED' || delivery.gate === 'INVALID')
    return { gates: false, why: 'delivery decides first' };
  const kinds = new Set(differences.filter(({ standing }) => standing === 'informs').map(({ kind }) => kind));
  if (kinds.size === 0) return { gates: true };
  const what = kinds.has('machine') ? 'machines' : 'versions';
  const both = kinds.has('machine') && kinds.has('versions') ? 'machines and versions' : what;
  return {
    gates: false,
    why: `the sides ran on different ${both}; compare both on one (ab), or allow it: ${flagsFor([...kinds])}`,
  };
}

/** Only whole runs are sound, and what was cut short or broke off is not left out in silence. */
function unfinished({ base, candidate }: Sides['all']): string[] {
  return [...base, ...candidate].flatMap((sample) => {
    const { outcome } = sample.run;
    if (outcome.state === 'completed') return [];
    return [`${nameOf(sample)} ${outcome.state} in ${outcome.phase}: ${outcome.reason}`];
  });
}

/** Every gate, and everything else that both sides measured. */
function metricData(
  { paired, base, candidate }: Sides,
  gates: readonly RaisedGate[],
  shown: readonly string[],
): GatedData[] {
  return [...new Set(shown)].flatMap((name) => {
    const gate = gates.find(({ metric }) => metric === name) ?? null;
    const metric = ratioMetric(name);
    const read = (samples: readonly Sample[]): NamedReading[] =>
      samples.map((sample) => ({
        trial: nameOf(sample),
        reading: readSample(metric, sample, gate !== null),
      }));
    const data = { metric, paired, base: read(base), candidate: read(candidate) };
    const isThere = [data.base, data.candidate].every((side) =>
      side.some(({ reading }) => 'value' in reading),
    );
    return gate || isThere ? [{ data, gate }] : [];
  });
}

/** Of each run once: its gates are those of the scenario, absolute. */
function expectationsOf(candidate: readonly Sample[]): Comparison['expectations'] {
  const first = candidate.filter(
    ({ run }, i) => candidate.findIndex((each) => each.run.runId === run.runId) === i,
  );
  return first.flatMap((sample) =>
    sample.run.expectations.map(({ reason, ...each }) => ({
      trial: nameOf(sample),
      ...each,
      ...(reason === undefined ? {} : { reason }),
    })),
  );
}

function describeSide(label: string, samples: readonly Sample[]): Comparison['base'] {
  const { scenario, cluster } = samples[0]!.run;
  const runs = new Map(samples.map(({ run, file }) => [run.runId, { run, file }]));
  return {
    label,
    scenario: { name: scenario.name, sha256: scenario.sha256 },
    cluster: {
      kind: cluster.kind,
      version: cluster.version,
      brokers: cluster.brokers.length,
      // Those of clusters that we start are drawn for the run.
      ...(cluster.kind === 'external'
        ? { addresses: cluster.brokers.map(({ host, port }) => `${host}:${port}`) }
        : {}),
    },
    trials: samples.length,
    runs: [...runs.values()].map(({ run: { runId, startedAt, tool }, file }) => ({
      runId,
      startedAt,
      file,
      git: tool.git,
    })),
  };
}
