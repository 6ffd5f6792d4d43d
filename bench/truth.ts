import { pathToFileURL } from 'node:url';
import type { Cluster } from '../src/cluster/cluster.ts';
import { restoreHistogram } from '../src/measure/summary.ts';
import { renderTable } from '../src/report/table.ts';
import type { TrialResult } from '../src/results/schema.ts';
import { openBenchCluster } from './local-cluster.ts';
import { describeMachine, loadAverage } from './machine.ts';
import { readOptions } from './options.ts';
import { interleave, spread } from './rounds.ts';
import type { Context, Section } from './section.ts';
import { beside, trialOn, witnesses, type Beside } from './witnesses.ts';

/** Delays that the proxy adds to requests, ms. */
const delays = [1, 10, 20] as const;
const latencies = ['serviceAck', 'ack', 'endToEnd'] as const;

type Shift = Record<(typeof latencies)[number], number>;
/** Results held against what is known: a delay that the proxy adds, and witnesses of the same load. */
export async function truth(context: Context): Promise<Section> {
  const cluster = await openBenchCluster(context, { proxy: true });
  if ('missing' in cluster) {
    const notes = [`left out: ${cluster.missing}`];
    return { title: 'Ground truth', alignments: [], rows: [[]], notes, samples: {} };
  }
  try {
    const shifts = await interleave(
      delays.map((delay) => ({
        name: `${delay} ms added`,
        measure: () => shifted(cluster, context, delay),
      })),
      context,
    );
    const left = new Map(
      witnesses.flatMap(({ name, unusable }) => {
        const reason = unusable?.() ?? null;
        return reason === null ? [] : [[name, reason] as const];
      }),
    );
    const besides = await interleave(
      witnesses
        .filter(({ name }) => !left.has(name))
        .map((witness) => ({
          name: `${witness.rate}/s beside ${witness.name}`,
          measure: () => beside(cluster, witness, context.quick),
        })),
      context,
    );
    return section(
      shifts,
      besides,
      [...left].map(([name, reason]) => `${name} left out: ${reason}`),
    );
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

function section(
  shifts: ReadonlyMap<string, readonly Shift[]>,
  besides: ReadonlyMap<string, readonly Beside[]>,
  leftOut: readonly string[],
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
      return `${name}, ${which}, ms: serviceAck ${of('ours')}, theirs ${of('theirs')}`;
    }),
  );
  return {
    title: 'Ground truth: what p50 grows by beyond a delay that the proxy adds to requests, ms',
    alignments: ['left', 'right', 'right', 'right'],
    rows: [['added', ...latencies], ...shiftRows],
    notes: ['asked for: within 0.2 ms (idle machine)', ...besideNotes, ...leftOut],
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
