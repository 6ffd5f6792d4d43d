import { openMock } from '../src/cluster/mock/open-mock.ts';
import type { Cluster } from '../src/cluster/cluster.ts';
import { joinLatency } from '../src/judge/performance/latencies.ts';
import { startMockHost } from '../src/trial/workers/mock-host.ts';
import { closedLoopSpan, perSecondOver } from '../src/judge/performance/span.ts';
import type { BareProducer } from './bare-producer.child.ts';
import { runChild } from './child.ts';
import { plansOf, runWorkers } from './pipeline.ts';
import { interleave, median, ratios, spread, writeRatio, throughputCells } from './rounds.ts';
import type { Context, Section } from './section.ts';

const sizes = [100, 1024] as const;

interface Produced {
  readonly perSecond: number;
  readonly cpuPerMessage: number;
  /** serviceAck, µs. */
  readonly p50: number | null;
  readonly p99: number | null;
}

/** The most that one producer process sends, each acknowledgement timed, beside the binding alone. */
export async function producing(context: Context): Promise<Section> {
  const cluster = await openMock(
    { kind: 'mock', controllers: 'combined', config: {} },
    { env: process.env, startMock: (brokers) => startMockHost(brokers, () => undefined) },
    'bench',
  );
  try {
    const samples = await interleave(
      sizes.flatMap((bytes) => alternatives(cluster, bytes, context)),
      context,
    );
    return section(samples);
  } finally {
    await cluster.close();
  }
}

const names = {
  ours: 'kafka-bench',
  reports: 'bare, dr_cb and latency',
  silent: 'bare, no reports',
} as const;

function alternatives(cluster: Cluster, bytes: number, context: Context) {
  const { warmupSeconds, seconds } = context;
  const bare = (reports: boolean): Promise<Produced> =>
    runChild<BareProducer>(
      'bare-producer.child.ts',
      {
        bootstrap: cluster.bootstrap,
        topic: `bare-${bytes}`,
        bytes,
        reports,
        chunk: reports ? 75 : 1000,
        warmupSeconds,
        seconds,
      },
      context.signal,
    );
  return [
    { name: `${bytes} ${names.ours}`, measure: () => measureOurs(cluster, bytes, context) },
    { name: `${bytes} ${names.reports}`, measure: () => bare(true) },
    { name: `${bytes} ${names.silent}`, measure: () => bare(false) },
  ];
}

async function measureOurs(
  cluster: Cluster,
  bytes: number,
  { warmupSeconds, seconds }: Context,
): Promise<Produced> {
  const plans = await plansOf(
    `producers:
  - { name: ceiling, topic: ours-${bytes}, rate: max, value: { bytes: ${bytes} }, client: { acks: 1 } }
phases: { warmup: ${warmupSeconds}s, measure: ${seconds}s }`,
    cluster,
  );
  const workers = await runWorkers(plans);
  const clients = workers.flatMap((worker) => worker.clients).filter((client) => client.side === 'producer');
  const acked = clients.reduce((sum, { measured }) => sum + measured.acked, 0);
  const all = clients.reduce((sum, { measured, warmup }) => sum + measured.acked + warmup.acked, 0);
  const latency = joinLatency(workers, 'measured', 'serviceAck');
  if (latency?.count !== acked)
    throw new Error(`${acked} acknowledged, ${latency?.count ?? 0} of them timed`);
  return {
    perSecond: perSecondOver(acked, closedLoopSpan(clients)) ?? NaN,
    cpuPerMessage: workers.reduce((sum, worker) => sum + worker.process.cpu, 0) / all,
    p50: latency.rawPercentile(0.5),
    p99: latency.rawPercentile(0.99),
  };
}

function section(samples: ReadonlyMap<string, readonly Produced[]>): Section {
  const millis = (micros: number): string => (Number.isNaN(micros) ? '-' : (micros / 1000).toFixed(1));
  const rows = sizes.flatMap((bytes) => {
    const of = (name: string) => samples.get(`${bytes} ${name}`)!;
    const rates = (name: string) => of(name).map(({ perSecond }) => perSecond);
    return Object.values(names).map((name) => [
      `${bytes} B`,
      name,
      ...throughputCells(of(name)),
      millis(median(of(name).map(({ p50 }) => p50 ?? NaN))),
      millis(median(of(name).map(({ p99 }) => p99 ?? NaN))),
      name === names.ours ? '' : spread(ratios(rates(names.ours), rates(name)), writeRatio),
    ]);
  });
  return {
    title: 'Produce ceiling: one process, closed loop, into the mock, acks=1',
    alignments: ['right', 'left', 'right', 'right', 'right', 'right', 'right'],
    rows: [['', '', 'k msg/s', 'CPU µs/msg', 'ack p50 ms', 'p99', 'ours ÷ this'], ...rows],
    notes: [],
    samples: Object.fromEntries(samples),
  };
}
