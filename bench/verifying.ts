import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../src/cluster/cluster.ts';
import type { TrialResult } from '../src/results/schema.ts';
import { runScenario } from '../src/experiment/run-scenario.ts';
import { openBenchCluster } from './local-cluster.ts';
import { scenarioOf } from './pipeline.ts';
import { interleave, ratios, spread, writeRatio } from './rounds.ts';
import type { Context, Section } from './section.ts';

const ways = {
  on: { name: 'verified', verify: '', envelope: 'prefix' },
  off: { name: 'audit: off', verify: 'verify: { audit: off }', envelope: 'prefix' },
  none: { name: 'envelope: none', verify: '', envelope: 'none' },
} as const;
type Way = keyof typeof ways;

/** What is sent: `sticky` lets librdkafka fill one partition after another, `keyed` scatters over twelve. */
const loads = {
  'send, sticky': { partitions: 3, key: 'none', reads: false },
  'send, keyed': { partitions: 12, key: '{ uniform: 10000 }', reads: false },
  'send and read': { partitions: 3, key: 'none', reads: true },
} as const;
type Load = keyof typeof loads;

interface Verified {
  readonly perSecond: number;
  readonly cpuPerMessage: number;
  readonly rss: number;
  /** On disk, of both sides and of the audit; 0 where there is none. */
  readonly evidenceBytesPerMessage: number;
}

/** The same runs with and without proof of delivery, on a real broker. */
export async function verifying(context: Context): Promise<Section> {
  const cluster = await openBenchCluster(context);
  if ('missing' in cluster) return section(new Map(), [`not measured: ${cluster.missing}`]);
  try {
    const alternatives = (Object.keys(loads) as Load[]).flatMap((load) =>
      (Object.keys(ways) as Way[]).map((way) => ({
        name: `${load} ${way}`,
        measure: () => measure(cluster, load, way, context),
      })),
    );
    return section(await interleave(alternatives, context), []);
  } finally {
    await cluster.close();
  }
}

async function measure(
  cluster: Cluster,
  load: Load,
  way: Way,
  { quick, signal }: Context,
): Promise<Verified> {
  const { partitions, key, reads } = loads[load];
  const { verify, envelope } = ways[way];
  // Three seconds of sending at the least: in one, half of the time is V8 getting to know the code.
  const messages = quick ? 50_000 : reads ? 500_000 : 3_000_000;
  const results = mkdtempSync(join(tmpdir(), 'kafka-bench-self-'));
  try {
    const { result, files } = await runScenario(
      scenarioOf(`name: verifying
topics: [{ name: verifying, partitions: ${partitions}, replicationFactor: 1 }]
producers:
  - { name: writer, topic: verifying, messages: ${messages}, key: ${key}, envelope: ${envelope}, client: { acks: 1 } }
${reads ? 'consumers: [{ name: reader, topic: verifying, group: readers }]' : ''}
${verify}`),
      { resultsDirectory: results, env: process.env, bootstrap: cluster.bootstrap, stop: signal },
    );
    const trial = result.trials[0]!;
    check(trial, way, messages);
    const bytes = way === 'on' ? sizeOf(files.evidence) : 0;
    return {
      perSecond: (reads ? trial.totals.consumers : trial.totals.producers).rate.achieved ?? NaN,
      cpuPerMessage: trial.harness.cpuPerMessage ?? NaN,
      rss: trial.harness.rss,
      evidenceBytesPerMessage: bytes / messages,
    };
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

function check(trial: TrialResult, way: Way, messages: number): void {
  const { verdict, acked, present, reasons } = trial.delivery;
  const expected = way === 'on' ? 'PASS' : 'NONE';
  if (verdict === expected && acked === messages && (way !== 'on' || present === messages)) return;
  throw new Error(`${verdict} with ${acked} of ${messages} acknowledged: ${reasons.join(', ')}`);
}

function sizeOf(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

function section(samples: ReadonlyMap<string, readonly Verified[]>, notes: readonly string[]): Section {
  const rows = (Object.keys(loads) as Load[]).flatMap((load) =>
    (Object.keys(ways) as Way[]).map((way) => {
      const own = samples.get(`${load} ${way}`) ?? [];
      const on = samples.get(`${load} on`) ?? [];
      const ratio = (value: (sample: Verified) => number): string =>
        way === 'on' ? '' : spread(ratios(on.map(value), own.map(value)), writeRatio);
      return [
        load,
        ways[way].name,
        spread(
          own.map(({ perSecond }) => perSecond / 1000),
          (thousands) => thousands.toFixed(0),
        ),
        ratio(({ perSecond }) => perSecond),
        spread(
          own.map(({ cpuPerMessage }) => cpuPerMessage),
          (micros) => micros.toFixed(2),
        ),
        ratio(({ cpuPerMessage }) => cpuPerMessage),
        ratio(({ rss }) => rss),
        way === 'on'
          ? spread(
              own.map(({ evidenceBytesPerMessage }) => evidenceBytesPerMessage),
              (bytes) => bytes.toFixed(2),
            )
          : '',
      ];
    }),
  );
  return {
    title: 'Proof of delivery: the same run with and without it, closed loop, local Kafka, 100 B, acks=1',
    alignments: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
    rows: [
      ['', '', 'k msg/s', 'verified ÷', 'CPU µs/msg', 'verified ÷', 'memory ÷', 'evidence B/msg'],
      ...(samples.size === 0 ? [] : rows),
    ],
    notes: [...notes],
    samples: Object.fromEntries(samples),
  };
}
