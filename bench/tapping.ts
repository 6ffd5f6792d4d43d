import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../src/cluster/cluster.ts';
import { openMock } from '../src/cluster/mock/open-mock.ts';
import { joinLatency } from '../src/judge/performance/latencies.ts';
import { startMockHost } from '../src/trial/workers/mock-host.ts';
import { closedLoopSpan, perSecondOver } from '../src/judge/performance/span.ts';
import type { BareProducer } from './bare-producer.child.ts';
import { runChild } from './child.ts';
import { openBenchCluster } from './local-cluster.ts';
import { plansOf, runWorkers } from './pipeline.ts';
import { interleave, ratios, spread, writeRatio, throughputCells } from './rounds.ts';
import type { Context, Section } from './section.ts';

const sizes = [100, 1024] as const;

interface Produced {
  readonly perSecond: number;
  readonly cpuPerMessage: number;
}

/** What knowing each message's fate costs: by the tap, by delivery reports, and not at all. */
export async function tapping(context: Context): Promise<Section> {
  const mock = await openMock(
    { kind: 'mock', controllers: 'combined', config: {} },
    { env: process.env, startMock: (brokers) => startMockHost(brokers, () => undefined) },
    'bench',
  );
  const local = await openBenchCluster(context);
  const clusters: [string, Cluster][] = [
    ['mock', mock],
    ...('missing' in local ? [] : [['Kafka', local] as [string, Cluster]]),
  ];
  try {
    const samples = await interleave(
      clusters.flatMap(([name, cluster]) =>
        sizes.flatMap((bytes) => alternatives(name, cluster, bytes, context)),
      ),
      context,
    );
    const notes = 'missing' in local ? [`not measured on Kafka: ${local.missing}`] : [];
    return section(
      samples,
      clusters.map(([name]) => name),
      notes,
    );
  } finally {
    await mock.close();
    if (!('missing' in local)) await local.close();
  }
}

const names = {
  tap: 'tap, timed and on record',
  reports: 'delivery reports, the same',
  silent: 'bare with envelope, no reports',
} as const;

function alternatives(where: string, cluster: Cluster, bytes: number, context: Context) {
  const { warmupSeconds, seconds, signal } = context;
  const silent = async (): Promise<Produced> => {
    // A topic like the others', made for this one.
    const [plan] = await plansOf(scenario(bytes, context), cluster);
    const topic = plan?.role === 'produce' ? plan.clients[0]!.topic : '';
    const { bootstrap } = cluster;
    const load = { bootstrap, topic, bytes, reports: false, envelope: true, chunk: 1000 };
    return runChild<BareProducer>('bare-producer.child.ts', { ...load, warmupSeconds, seconds }, signal);
  };
  return [
    { name: `${where} ${bytes} ${names.tap}`, measure: () => measure('tap', cluster, bytes, context) },
    {
      name: `${where} ${bytes} ${names.reports}`,
      measure: () => measure('delivery-reports', cluster, bytes, context),
    },
    { name: `${where} ${bytes} ${names.silent}`, measure: silent },
  ];
}

const scenario = (bytes: number, { warmupSeconds, seconds }: Context): string =>
  `producers:
  - { name: ceiling, topic: ours-${bytes}, rate: max, value: { bytes: ${bytes} }, client: { acks: 1 } }
phases: { warmup: ${warmupSeconds}s, measure: ${seconds}s }`;

/** A worker as every run forks it, with evidence of each message on disk. */
async function measure(
  ackSource: 'tap' | 'delivery-reports',
  cluster: Cluster,
  bytes: number,
  context: Context,
): Promise<Produced> {
  const plans = await plansOf(scenario(bytes, context), cluster);
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-self-'));
  try {
    const workers = await runWorkers(
      plans.map((plan) => {
        if (plan.role === 'consume') return plan;
        const topics = plan.clients.map(({ topic }) => topic);
        return { ...plan, ackSource, evidence: { directory, topics } };
      }),
    );
    const clients = workers.flatMap((each) => each.clients).filter((client) => client.side === 'producer');
    const acked = clients.reduce((sum, { measured }) => sum + measured.acked, 0);
    const all = clients.reduce((sum, { measured, warmup }) => sum + measured.acked + warmup.acked, 0);
    const timed = joinLatency(workers, 'measured', 'serviceAck')?.count ?? 0;
    if (timed !== acked) throw new Error(`${acked} acknowledged, ${timed} of them timed`);
    if (clients.some((client) => client.ackSource !== ackSource)) throw new Error(`not by ${ackSource}`);
    return {
      perSecond: perSecondOver(acked, closedLoopSpan(clients)) ?? NaN,
      cpuPerMessage: workers.reduce((sum, worker) => sum + worker.process.cpu, 0) / all,
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function section(
  samples: ReadonlyMap<string, readonly Produced[]>,
  clusters: readonly string[],
  notes: readonly string[],
): Section {
  const rows = clusters.flatMap((where) =>
    sizes.flatMap((bytes) => {
      const of = (name: string) => samples.get(`${where} ${bytes} ${name}`)!;
      const rates = (name: string) => of(name).map(({ perSecond }) => perSecond);
      return Object.values(names).map((name) => [
        where,
        `${bytes} B`,
        name,
        ...throughputCells(of(name)),
        name === names.tap ? '' : spread(ratios(rates(names.tap), rates(name)), writeRatio),
      ]);
    }),
  );
  return {
    title: 'What knowing costs: one producing process, closed loop, acks=1',
    alignments: ['left', 'right', 'left', 'right', 'right', 'right'],
    rows: [['', '', '', 'k msg/s', 'CPU µs/msg', 'tap ÷ this'], ...rows],
    notes,
    samples: Object.fromEntries(samples),
  };
}
