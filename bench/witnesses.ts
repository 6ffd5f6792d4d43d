import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cluster } from '../src/cluster/cluster.ts';
import { resolveJars } from '../src/cluster/local/kafka-jars.ts';
import { restoreHistogram } from '../src/measure/summary.ts';
import type { TrialResult } from '../src/results/schema.ts';
import { runTrial } from '../src/trial/trial.ts';
import { parseScenario } from '../src/scenario/load.ts';
import { capture } from './witness/capture.ts';
import { messageMillis, produceExchanges } from './witness/exchanges.ts';
import { compilePerformance, rdkafkaPerformance, whyNoPerformance } from './witness/rdkafka-performance.ts';

/** ms */
export interface Latency {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
}

export interface Beside {
  /** `serviceAck` */
  readonly ours: Latency;
  readonly theirs: Latency;
}

/** What a witness is asked to look at, beside a producer of ours with the same settings, at the same time. */
interface Load {
  readonly cluster: Cluster;
  readonly directory: string;
  readonly rate: number;
  readonly warmup: number;
  readonly seconds: number;
}

interface Witness {
  readonly name: string;
  readonly rate: number;
  readonly lingerMillis: number;
  /** Why it cannot be had here, or null. */
  readonly unusable?: () => string | null;
  /** Looks on while `ours` runs. */
  readonly look: (load: Load, ours: () => Promise<TrialResult>) => Promise<Beside>;
}

/** Through the proxy, all of them, so that whatever disturbs one disturbs the other. */
export const witnesses: readonly Witness[] = [
  { name: 'ProducerPerformance', rate: 1000, lingerMillis: 5, look: producerPerformance },
  { name: 'ProducerPerformance', rate: 5000, lingerMillis: 5, look: producerPerformance },
  {
    ...{ name: 'rdkafka_performance', rate: 200, lingerMillis: 50 },
    ...{ look: librdkafkaTool, unusable: whyNoPerformance },
  },
  { name: 'packets', rate: 250, lingerMillis: 0, look: packets },
];

export async function beside(cluster: Cluster, witness: Witness, quick: boolean): Promise<Beside> {
  const { rate, lingerMillis } = witness;
  const [warmup, seconds] = quick ? [1, 1] : [3, 8];
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-witness-'));
  try {
    return await witness.look({ cluster, directory, rate, warmup, seconds }, () =>
      trialOn(
        cluster,
        `
cluster: { kind: local, proxy: true }
topics: [{ name: t, partitions: 1 }]
producers:
  - { name: w, topic: t, rate: ${rate}/s, value: { bytes: 100 }, client: { acks: all, linger.ms: ${lingerMillis} } }
phases: { warmup: ${warmup}s, measure: ${seconds}s, drain: 20s }
`,
      ),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function producerPerformance(
  { cluster, rate, warmup, seconds }: Load,
  ours: () => Promise<TrialResult>,
): Promise<Beside> {
  const { libs } = await resolveJars({ env: process.env });
  return onTopic(cluster, async (topic) => {
    const java = promisify(execFile)('java', [
      ...['-Xmx256m', '-cp', join(libs, '*'), 'org.apache.kafka.tools.ProducerPerformance'],
      ...['--bootstrap-server', cluster.bootstrap, '--topic', topic, '--throughput', String(rate)],
      ...['--num-records', String((warmup + seconds) * rate), '--warmup-records', String(warmup * rate)],
      ...['--record-size', '100', '--command-property', 'acks=all', 'linger.ms=5', 'batch.size=100000'],
    ]);
    const [{ stdout }, trial] = await Promise.all([java, ours()]);
    const last = stdout.trim().split('\n').at(-1)!;
    const told = (pattern: RegExp): number => Number(pattern.exec(last)?.[1]);
    return {
      ours: serviceAckOf(trial),
      theirs: {
        mean: told(/([\d.]+) ms avg latency/),
        p50: told(/(\d+) ms 50th/),
        p99: told(/(\d+) ms 99th/),
      },
    };
  });
}

async function librdkafkaTool(
  { cluster, directory, rate, warmup, seconds }: Load,
  ours: () => Promise<TrialResult>,
): Promise<Beside> {
  const program = await compilePerformance(directory);
  return onTopic(cluster, async (topic) => {
    const [{ acknowledged }, trial] = await Promise.all([
      rdkafkaPerformance(program, {
        ...{ bootstrap: cluster.bootstrap, topic, rate, lingerMillis: 50 },
        ...{ count: (warmup + seconds) * rate, skip: warmup * rate },
      }),
      ours(),
    ]);
    return { ours: serviceAckOf(trial), theirs: latencyOf(acknowledged) };
  });
}

async function packets(
  { cluster, directory, rate, warmup }: Load,
  ours: () => Promise<TrialResult>,
): Promise<Beside> {
  const [broker] = cluster.brokers;
  const witness = await capture([broker!.port], directory);
  try {
    const trial = await ours();
    const exchanges = produceExchanges(await witness.end(), broker!.port);
    const sorted = [...messageMillis(exchanges).slice(warmup * rate)].sort((a, b) => a - b);
    return { ours: serviceAckOf(trial), theirs: latencyOf(sorted) };
  } finally {
    witness.abandon();
  }
}

async function onTopic<T>(cluster: Cluster, use: (topic: string) => Promise<T>): Promise<T> {
  const topic = `beside-${Date.now()}`;
  await cluster.admin!.createTopic({ name: topic, partitions: 1, replicationFactor: 1, config: {} });
  try {
    return await use(topic);
  } finally {
    await cluster.admin!.deleteTopics([topic]);
  }
}

function serviceAckOf(trial: TrialResult): Latency {
  const histogram = restoreHistogram(trial.totals.latency.serviceAck!);
  return {
    mean: histogram.mean! / 1000,
    p50: histogram.rawPercentile(0.5)! / 1000,
    p99: histogram.rawPercentile(0.99)! / 1000,
  };
}

function latencyOf(sorted: readonly number[]): Latency {
  const percentile = (q: number): number => sorted[Math.ceil(q * sorted.length) - 1] ?? NaN;
  return {
    mean: sorted.reduce((sum, millis) => sum + millis, 0) / sorted.length,
    p50: percentile(0.5),
    p99: percentile(0.99),
  };
}

/** A trial as the command runs it, on a cluster that stays. */
export async function trialOn(cluster: Cluster, text: string): Promise<TrialResult> {
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
