import { Histogram } from '../src/measure/histogram.ts';
import { openMock } from '../src/cluster/mock/open-mock.ts';
import type { Cluster } from '../src/cluster/cluster.ts';
import { joinLatency } from '../src/judge/performance/latencies.ts';
import { startMockHost } from '../src/trial/workers/mock-host.ts';
import { runChild } from './child.ts';
import type { PaceLoop } from './pace-loop.child.ts';
import type { PacedProducer } from './paced-producer.child.ts';
import { policyName, type Policy } from './pacers.ts';
import { plansOf } from './pipeline.ts';
import { interleave, median, spread } from './rounds.ts';
import type { Context, Section } from './section.ts';

const shipped: Policy = { kind: 'shipped' };
const others: readonly Policy[] = [
  { kind: 'slices', shortest: 50, longest: 250 },
  { kind: 'slices', shortest: 100, longest: 500 },
  { kind: 'slices', shortest: 500, longest: 1000 },
  { kind: 'timer' },
  { kind: 'spin' },
];

interface Paced {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly ackP50: number;
  readonly ackP99: number;
  /** Of the whole process, librdkafka included. */
  readonly cores: number;
}

/** How late messages are handed over, and what waiting for their time costs. */
export async function pacing(context: Context): Promise<Section> {
  const policies = context.quick ? [shipped, others[3]!] : [shipped, ...others];
  const cluster = await openMock(
    { kind: 'mock', controllers: 'combined', config: {} },
    openContext(context),
    'bench',
  );
  try {
    const loops = [null, ...policies].map((policy) => ({
      name: policy === null ? 'idle' : policyName(policy),
      measure: () =>
        runChild<PaceLoop>(
          'pace-loop.child.ts',
          { policy, perSecond: 1000, seconds: context.seconds },
          context.signal,
        ),
    }));
    const costs = await interleave(loops, context);
    const runs = policies.flatMap((policy) =>
      ratesOf(policy, context.quick).map((perSecond) => ({
        name: `${policyName(policy)} at ${perSecond}/s`,
        measure: () => measurePaced(cluster, policy, perSecond, context),
      })),
    );
    const paced = await interleave(runs, context);
    return section(policies, context.quick, costs, paced);
  } finally {
    await cluster.close();
  }
}

function openContext({ signal }: Context) {
  return {
    env: process.env,
    signal,
    startMock: (brokers: number) => startMockHost(brokers, () => undefined),
  };
}

function ratesOf(policy: Policy, quick: boolean): readonly number[] {
  return policy.kind === 'shipped' && !quick ? [1000, 5000, 10_000, 20_000] : [1000, 10_000];
}

async function measurePaced(
  cluster: Cluster,
  policy: Policy,
  perSecond: number,
  { warmupSeconds, seconds, signal }: Context,
): Promise<Paced> {
  const [plan] = await plansOf(
    `producers:
  - { name: paced, topic: pacing, rate: ${perSecond}/s, value: { bytes: 100 }, client: { acks: 1 } }
phases: { warmup: ${warmupSeconds}s, measure: ${seconds}s }`,
    cluster,
  );
  if (plan?.role !== 'produce') throw new Error('the scenario has one producer');
  const report = await runChild<PacedProducer>('paced-producer.child.ts', { produce: plan, policy }, signal);
  const delay = joinLatency([report], 'measured', 'scheduleDelay') ?? new Histogram();
  const ack = joinLatency([report], 'measured', 'ack') ?? new Histogram();
  return {
    p50: delay.rawPercentile(0.5) ?? NaN,
    p99: delay.rawPercentile(0.99) ?? NaN,
    p999: delay.rawPercentile(0.999) ?? NaN,
    max: delay.max ?? NaN,
    ackP50: ack.rawPercentile(0.5) ?? NaN,
    ackP99: ack.rawPercentile(0.99) ?? NaN,
    cores: report.process.cpu / report.process.elapsed,
  };
}

function section(
  policies: readonly Policy[],
  quick: boolean,
  costs: ReadonlyMap<string, readonly PaceLoop['result'][]>,
  paced: ReadonlyMap<string, readonly Paced[]>,
): Section {
  const idle = median(costs.get('idle')!.map(({ cores }) => cores));
  const percent = (cores: number): string => `${(cores * 100).toFixed(1)} %`;
  const whole = (micros: number): string => Math.round(micros).toString();
  const rows = policies.flatMap((policy) =>
    ratesOf(policy, quick).map((perSecond) => {
      const samples = paced.get(`${policyName(policy)} at ${perSecond}/s`)!;
      const column = (pick: (sample: Paced) => number): string => whole(median(samples.map(pick)));
      const loop = costs.get(policyName(policy))!.map(({ cores }) => cores - idle);
      return [
        policyName(policy),
        `${perSecond}/s`,
        column(({ p50 }) => p50),
        spread(
          samples.map(({ p99 }) => p99),
          whole,
        ),
        column(({ p999 }) => p999),
        whole(Math.max(...samples.map(({ max }) => max))),
        column(({ ackP50 }) => ackP50),
        column(({ ackP99 }) => ackP99),
        percent(median(samples.map(({ cores }) => cores))),
        perSecond === 1000 ? spread(loop, percent) : '',
      ];
    }),
  );
  return {
    title: 'Pacing: due → handed to librdkafka, in µs; 100 B into the mock, acks=1',
    alignments: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    rows: [
      ['pacer', 'rate', 'p50', 'p99', 'p99.9', 'max', 'ack p50', 'p99', 'process', 'pacer alone'],
      ...rows,
    ],
    notes: ['asked for: pacer alone ≤ 5 % of a core at 1000/s, p99 < 1000 µs at 10000/s (idle machine)'],
    samples: {
      loop: Object.fromEntries([...costs].map(([name, list]) => [name, list.map(({ cores }) => cores)])),
      paced: Object.fromEntries(paced),
    },
  };
}
