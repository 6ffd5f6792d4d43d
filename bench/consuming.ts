import { tmpdir } from 'node:os';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../src/cluster/cluster.ts';
import { joinLatency } from '../src/judge/performance/latencies.ts';
import { runScenario } from '../src/experiment/run-scenario.ts';
import { least, most } from '../src/judge/performance/span.ts';
import type { BareConsumer } from './bare-consumer.child.ts';
import { runChild } from './child.ts';
import { openBenchCluster } from './local-cluster.ts';
import { plansOf, runWorkers, scenarioOf } from './pipeline.ts';
import { interleave, ratios, spread, writeRatio, throughputCells } from './rounds.ts';
import type { Context, Section } from './section.ts';

const partitions = 3;
const sizes = [100, 1024] as const;

interface Consumed {
  readonly perSecond: number;
  readonly cpuPerMessage: number;
}

/** The most that one consumer process reads from a real broker here, beside the binding alone. */
export async function consuming(context: Context): Promise<Section> {
  const cluster = await openBenchCluster(context);
  if ('missing' in cluster) return section(new Map(), [`not measured: ${cluster.missing}`]);
  try {
    const topics = [];
    for (const bytes of sizes) topics.push(await fill(cluster, bytes, context));
    return section(
      await interleave(
        topics.flatMap((topic) => alternatives(cluster, topic, context)),
        context,
      ),
      [],
    );
  } finally {
    await cluster.close();
  }
}

interface Topic {
  readonly name: string;
  readonly bytes: number;
  readonly messages: number;
  /** Whose messages are in it. */
  readonly runId: string;
}

/** A run of ours, as a user would start it; it keeps its topic. */
async function fill(cluster: Cluster, bytes: number, { quick, signal, status }: Context): Promise<Topic> {
  const name = `bench-${bytes}-${process.pid}`;
  const messages = (quick ? 100_000 : 1_000_000) / (bytes > 1000 ? 2 : 1);
  const results = mkdtempSync(join(tmpdir(), 'kafka-bench-self-'));
  status(`filling a topic with ${messages} messages of ${bytes} B`);
  try {
    const { result } = await runScenario(
      scenarioOf(`name: fill
topics: [{ name: ${name}, partitions: ${partitions}, replicationFactor: 1, reuse: true }]
producers: [{ name: filler, topic: ${name}, messages: ${messages}, value: { bytes: ${bytes} }, client: { acks: 1 } }]
verify: { audit: off }`),
      { resultsDirectory: results, env: process.env, bootstrap: cluster.bootstrap, keep: true, stop: signal },
    );
    const written = result.trials[0]?.totals.producers.messages;
    if (written !== messages) throw new Error(`the topic got ${written ?? 0} of ${messages} messages`);
    return { name, bytes, messages, runId: result.runId };
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

const names = { ours: 'kafka-bench', bare: 'bare consume(1000)' } as const;

function alternatives(cluster: Cluster, topic: Topic, { signal }: Context) {
  const { name, messages } = topic;
  return [
    { name: `${topic.bytes} ${names.ours}`, measure: () => measureOurs(cluster, topic) },
    {
      name: `${topic.bytes} ${names.bare}`,
      measure: (): Promise<Consumed> =>
        runChild<BareConsumer>(
          'bare-consumer.child.ts',
          { bootstrap: cluster.bootstrap, topic: name, partitions, messages },
          signal,
        ),
    },
  ];
}

/** With the run number of the filling run: every envelope is checked and every message timed. */
async function measureOurs(cluster: Cluster, { name, messages, runId }: Topic): Promise<Consumed> {
  const plans = await plansOf(
    `topics: [{ name: ${name}, reuse: true }]
consumers: [{ name: reader, topic: ${name}, idleTimeout: 500ms, client: { auto.offset.reset: earliest } }]`,
    cluster,
    runId,
  );
  // The messages are from before: a measured phase that began before them makes them measured ones.
  const workers = await runWorkers(plans.map((plan) => ({ ...plan, warmup: -3600e6 })));
  const clients = workers.flatMap((worker) => worker.clients).filter((client) => client.side === 'consumer');
  const received = clients.reduce((sum, { measured }) => sum + measured.received, 0);
  const timed = joinLatency(workers, 'measured', 'endToEnd')?.count ?? 0;
  if (received !== messages || timed !== messages) {
    throw new Error(`received ${received} and timed ${timed} of ${messages} messages`);
  }
  const from = least(clients.map(({ firstReceived }) => firstReceived)) ?? NaN;
  const to = most(clients.map(({ lastReceived }) => lastReceived)) ?? NaN;
  return {
    perSecond: (received / (to - from)) * 1e6,
    cpuPerMessage: workers.reduce((sum, worker) => sum + worker.process.cpu, 0) / received,
  };
}

function section(samples: ReadonlyMap<string, readonly Consumed[]>, notes: readonly string[]): Section {
  const rows = sizes.flatMap((bytes) => {
    const of = (name: string) => samples.get(`${bytes} ${name}`) ?? [];
    const rates = (name: string) => of(name).map(({ perSecond }) => perSecond);
    return Object.values(names).map((name) => [
      `${bytes} B`,
      name,
      ...throughputCells(of(name)),
      name === names.ours ? '' : spread(ratios(rates(names.ours), rates(name)), writeRatio),
    ]);
  });
  return {
    title: `Consume ceiling: one process, from a local Apache Kafka with ${partitions} partitions`,
    alignments: ['right', 'left', 'right', 'right', 'right'],
    rows: samples.size === 0 ? [] : [['', '', 'k msg/s', 'CPU µs/msg', 'ours ÷ this'], ...rows],
    notes,
    samples: Object.fromEntries(samples),
  };
}
