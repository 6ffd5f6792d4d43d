import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Cluster } from '../src/cluster/cluster.ts';
import { resolveJars } from '../src/cluster/local/kafka-jars.ts';
import { restoreHistogram } from '../src/measure/summary.ts';
import { renderTable } from '../src/report/table.ts';
import type { TrialResult } from '../src/results/schema.ts';
import { runTrial } from '../src/run/run.ts';
import { parseScenario } from '../src/scenario/load.ts';
import { openBenchCluster } from './local-cluster.ts';
import { describeMachine, loadAverage } from './machine.ts';
import { readOptions } from './options.ts';
import { interleave, spread } from './rounds.ts';
import type { Context, Section } from './section.ts';

/** Delays that the proxy adds to requests, ms. */
const delays = [1, 10, 20] as const;
const latencies = ['serviceAck', 'ack', 'endToEnd'] as const;
const rates = [1000, 5000] as const;

type Shift = Record<(typeof latencies)[number], number>;
interface Latency {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
}
interface Beside {
  readonly ours: Latency;
  readonly theirs: Latency;
}

/** Results held against what is known: a delay that the proxy adds, and ProducerPerformance at the same rate. */
export async function truth(context: Context): Promise<Section> {
  const cluster = await openBenchCluster(context, { proxy: true });
  if ('missing' in cluster) {
    const notes = [`left out: ${cluster.missing}`];
    return { title: 'Ground truth', alignments: [], rows: [[]], notes, samples: {} };
  }
  try {
    const { libs } = await resolveJars({ env: process.env });
    const shifts = await interleave(
      delays.map((delay) => ({
        name: `${delay} ms added`,
        measure: () => shifted(cluster, context, delay),
      })),
      context,
    );
    const besides = await interleave(
      rates.map((rate) => ({ name: `${rate}/s`, measure: () => beside(cluster, context, libs, rate) })),
      context,
    );
    return section(shifts, besides);
  } finally {
    await cluster.close();
  }
}

/**
 * How much more than the delay the medians grew by, ms. A message every 40 ms: each fetch is back at the broker and
 * waits when one arrives, so that the delay is in each latency once.
 */
async function shifted(cluster: Cluster, { quick }: Context, delay: number): Promise<Shift> {
  const half = quick ? 1 : 8;
  const scenario = (degrade: boolean): string => `
cluster: { kind: local, proxy: true }
topics: [{ name: t, partitions: 1 }]
producers: [{ name: writer, topic: t, rate: 25/s, value: { bytes: 100 }, client: { acks: all, linger.ms: 0 } }]
consumers: [{ name: reader, topic: t, group: g }]
phases: { warmup: ${half}s, measure: ${half}s, drain: 20s }
${degrade ? `faults: [{ at: 0s, degrade: { target: kafka1, latency: ${delay}ms, direction: in } }]` : ''}
`;
  const without = await trialOn(cluster, scenario(false));
  const added = await trialOn(cluster, scenario(true));
  const p50 = (trial: TrialResult, name: (typeof latencies)[number]): number =>
    restoreHistogram(trial.totals.latency[name]!).rawPercentile(0.5)! / 1000;
  const beyond = (name: (typeof latencies)[number]): number => p50(added, name) - p50(without, name) - delay;
  return { serviceAck: beyond('serviceAck'), ack: beyond('ack'), endToEnd: beyond('endToEnd') };
}

/** Both at once, past the proxy’s faults but through it: whatever disturbs one disturbs the other. ms. */
async function beside(cluster: Cluster, { quick }: Context, libs: string, rate: number): Promise<Beside> {
  const warmup = quick ? 1 : 3;
  const seconds = quick ? 1 : 8;
  const topic = `beside-${Date.now()}`;
  await cluster.admin!.createTopic({ name: topic, partitions: 1, replicationFactor: 1, config: {} });
  const java = promisify(execFile)('java', [
    ...['-Xmx256m', '-cp', join(libs, '*'), 'org.apache.kafka.tools.ProducerPerformance'],
    ...['--bootstrap-server', cluster.bootstrap, '--topic', topic, '--throughput', String(rate)],
    ...['--num-records', String((warmup + seconds) * rate), '--warmup-records', String(warmup * rate)],
    ...['--record-size', '100', '--command-property', 'acks=all', 'linger.ms=5', 'batch.size=100000'],
  ]);
  const trial = await trialOn(
    cluster,
    `
cluster: { kind: local, proxy: true }
topics: [{ name: t, partitions: 1 }]
producers: [{ name: writer, topic: t, rate: ${rate}/s, value: { bytes: 100 }, client: { acks: all, linger.ms: 5 } }]
phases: { warmup: ${warmup}s, measure: ${seconds}s, drain: 20s }
`,
  );
  const last = (await java).stdout.trim().split('\n').at(-1)!;
  await cluster.admin!.deleteTopics([topic]);
  const told = (pattern: RegExp): number => Number(pattern.exec(last)?.[1]);
  const serviceAck = restoreHistogram(trial.totals.latency.serviceAck!);
  return {
    ours: {
      mean: serviceAck.mean! / 1000,
      p50: serviceAck.rawPercentile(0.5)! / 1000,
      p99: serviceAck.rawPercentile(0.99)! / 1000,
    },
    theirs: {
      mean: told(/([\d.]+) ms avg latency/),
      p50: told(/(\d+) ms 50th/),
      p99: told(/(\d+) ms 99th/),
    },
  };
}

async function trialOn(cluster: Cluster, text: string): Promise<TrialResult> {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-truth-'));
  try {
    const loaded = parseScenario(text, {
      file: 'truth.yaml',
      env: process.env,
      bootstrapGiven: false,
      readFile: () => {
        throw new Error('no files here');
      },
    });
    const opened = { cluster, failure: new Promise<never>(() => undefined) };
    const { result } = await runTrial(loaded, { resultsDirectory: directory, env: process.env, opened });
    if (result.outcome.state !== 'completed') throw new Error(`a run ${JSON.stringify(result.outcome)}`);
    return result.trials[0]!;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function section(
  shifts: ReadonlyMap<string, readonly Shift[]>,
  besides: ReadonlyMap<string, readonly Beside[]>,
): Section {
  const write = (millis: number): string => millis.toFixed(2);
  const shiftRows = [...shifts].map(([name, samples]) => [
    name,
    ...latencies.map((latency) =>
      spread(
        samples.map((sample) => sample[latency]),
        write,
      ),
    ),
  ]);
  const besideNotes = [...besides].flatMap(([name, samples]) =>
    (['mean', 'p50', 'p99'] as const).map((which) => {
      const of = (who: 'ours' | 'theirs'): string =>
        spread(
          samples.map((sample) => sample[who][which]),
          write,
        );
      return `${name} beside ProducerPerformance, ${which}, ms: serviceAck ${of('ours')}, Kafka’s ${of('theirs')}`;
    }),
  );
  return {
    title: 'Ground truth: what p50 grows by beyond a delay that the proxy adds to requests, ms',
    alignments: ['left', 'right', 'right', 'right'],
    rows: [['added', ...latencies], ...shiftRows],
    notes: ['asked for: within 0.2 ms (idle machine)', ...besideNotes],
    samples: { shifts: Object.fromEntries(shifts), besides: Object.fromEntries(besides) },
  };
}

/** `npm run self-bench -- truth [--rounds N] [--quick]`: by itself, as it wants a machine that nobody else uses. */
async function main(): Promise<void> {
  const { rounds, quick } = readOptions(process.argv.slice(2), []);
  console.log(`${describeMachine()}; load average before: ${loadAverage()}; rounds: ${rounds}`);
  const { signal } = new AbortController();
  const status = (line: string): void => {
    if (process.stderr.isTTY) console.error(line);
  };
  const { title, rows, alignments, notes } = await truth({
    ...{ rounds, quick, signal, status },
    ...{ warmupSeconds: 0, seconds: 0 },
  });
  console.log([title, ...renderTable(rows, alignments), ...notes].join('\n'));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
