import { describe, expect, it } from 'vitest';
import {
  auditedDelivery,
  faultPhases,
  faultResult,
  partitionOfFault,
  producerResult,
  runResultOf,
  trialResult,
} from '../results/sample.case.ts';
import type { FaultResult, TrialResult } from '../results/schema.ts';
import { renderFaults } from './faults.ts';
import type { Paint } from './paint.ts';
import { renderSummary } from './summary.ts';

const marks: Paint = {
  bold: (text) => text,
  dim: (text) => `<dim>${text}</dim>`,
  good: (text) => text,
  bad: (text) => `<bad>${text}</bad>`,
  warn: (text) => `<warn>${text}</warn>`,
};

const lines = (faults: readonly FaultResult[], more: Partial<TrialResult> = {}, paint?: Paint) =>
  renderFaults(trialResult({ faults: [...faults], ...more }), paint);
const text = (...faults: readonly FaultResult[]) => lines(faults, {}, marks).join('\n');
const widthOf = (line: string) => Array.from(line).length;

const byHand = faultResult({
  id: 'observed-kafka3',
  source: 'observed',
  action: 'down',
  target: 'kafka3',
  resolved: ['kafka3'],
  planned: null,
  started: 70.4,
  healing: null,
  ended: null,
  observed: 'kafka3 gone from metadata; stopped after 2.32 s',
  partitions: [
    partitionOfFault({
      partition: 2,
      unavailable: 2_310_000,
      isrFull: null,
      leaders: [{ at: 69.9, from: 3, to: -1 }],
    }),
  ],
  watched: null,
  recovered: null,
  drained: null,
});

const withoutEffect = faultResult({
  id: 'nothing',
  action: 'kill',
  target: 'leaderOf orders/0',
  planned: 90,
  started: 90,
  injected: null,
  healing: null,
  ended: null,
  effective: false,
  observed: 'kafka2 was stopped already: kill would change nothing',
  partitions: [],
  watched: null,
  recovered: null,
  drained: null,
});

const everything = [
  faultResult({ notes: ['stopped by SIGKILL: it did not end within 30 s'] }),
  byHand,
  withoutEffect,
];

describe('renderFaults', () => {
  it('is nothing where nothing broke', () => {
    expect(lines([])).toEqual([]);
  });

  it('is a timeline, partitions, and what service was like before, during and after', async () => {
    const shown = lines(everything, { phases: faultPhases() });
    await expect(`${shown.join('\n')}\n`).toMatchFileSnapshot('./golden/faults.txt');
    for (const line of shown) expect(widthOf(line), line).toBeLessThanOrEqual(80);
  });

  const counted = (errors: number, duplicates: number | null, redelivered: number | null) => ({
    errors: errors === 0 ? [] : [{ code: '_MSG_TIMED_OUT', scope: 'writer', count: errors }],
    duplicates,
    redelivered,
  });
  const phasesWith = (...counts: readonly ReturnType<typeof counted>[]) =>
    faultPhases().map((phase, i) => ({ ...phase, ...counts[i] }));
  const tableOf = (phases: TrialResult['phases']) => {
    const shown = lines([faultResult()], { phases });
    return shown.slice(shown.findIndex((line) => line.includes('received')));
  };

  it('counts what failed and what came twice beside it, each where there was any', () => {
    const none = tableOf(phasesWith(counted(0, 0, null), counted(0, 0, null), counted(0, 0, null)));
    expect(none).toEqual(tableOf(faultPhases()));
    const failed = tableOf(phasesWith(counted(0, null, 0), counted(6286, null, 0), counted(10, null, 0)));
    expect(failed).toEqual([
      '                   acked  received  ack p99  endToEnd p99  errors',
      'before   0-20 s  5 000/s   4 990/s  3.96 ms       7.92 ms       0',
      'during  20-38 s  4 810/s   4 800/s   1.58 s        3.17 s   6 286',
      'after   38-60 s  5 143/s   5 133/s  4.95 ms       9.90 ms      10',
    ]);
  });

  it('counts it below where that would be wider than 80 columns', async () => {
    const phases = phasesWith(counted(0, 0, 0), counted(6286, 2794, 12), counted(1_000_000, 0, 0));
    const shown = tableOf(phases);
    await expect(`${shown.join('\n')}\n`).toMatchFileSnapshot('./golden/faults-counted.txt');
    for (const line of shown) expect(widthOf(line), line).toBeLessThanOrEqual(80);
    expect(shown[0]).not.toContain('errors');
    expect(shown.join('\n')).toMatch(/errors +duplicates +redelivered/);
  });

  it('stands in the summary, between latencies and delivery', async () => {
    const trial = trialResult({
      faults: [faultResult()],
      phases: faultPhases(),
      delivery: auditedDelivery(),
    });
    const summary = renderSummary(runResultOf({ trials: [trial] }));
    await expect(`${summary}\n`).toMatchFileSnapshot('./golden/summary-faults.txt');
  });

  it('calls out what nobody planned and what did nothing', () => {
    expect(text(byHand)).toContain('<warn>70.4 s down kafka3 (OBSERVED): gone from metadata;');
    expect(text(byHand)).toContain('lasted to the end');
    expect(text(withoutEffect)).toContain(
      '<bad>90.0 s kill leaderOf orders/0 (kafka2) (planned): NO EFFECT;',
    );
    expect(text(withoutEffect)).not.toContain('back');
    const never = faultResult({
      ...withoutEffect,
      planned: null,
      started: null,
      resolved: [],
      observed: 'never fired',
    });
    expect(text(never)).toContain('<bad>kill leaderOf orders/0 (planned): NO EFFECT; never fired</bad>');
    const interrupted = faultResult({
      ...withoutEffect,
      started: null,
      effective: null,
      observed: 'never fired: interrupted',
    });
    expect(text(interrupted)).not.toMatch(/NO EFFECT|bad/);
  });

  it.each<[string, Partial<FaultResult>]>([
    ['rate and p99 back 3 s after, drained after 14 s', {}],
    ['rate and p99 were back with it, no backlog', { recovered: 0, drained: 0 }],
    ['<bad>rate and p99 NOT back within 22.8 s</bad>', { recovered: null }],
    [
      'too little was sent after it to tell of recovery, drained after 14 s',
      { recovered: null, watched: 3e6 },
    ],
    ['<bad>backlog NEVER drained</bad>', { drained: null }],
    ['nothing steady before it', { watched: null, recovered: null, drained: null }],
  ])('says %s', (expected, more) => {
    expect(text(faultResult(more))).toContain(expected);
  });

  it('shows the first line of a note: a broker that does not start tells its whole log', () => {
    const fault = faultResult({
      notes: ['could not start kafka2: not ready in time\njava.nio.file\n\tat java'],
    });
    expect(lines([fault])).toContain('    could not start kafka2: not ready in time …');
    expect(lines([fault]).join()).not.toContain('java');
  });

  it('does not speak of a backlog that nobody could see', () => {
    const trial = trialResult({ consumers: [], faults: [faultResult({ drained: null })] });
    expect(renderFaults(trial).join()).not.toMatch(/drained|backlog/);
  });

  it('shows the worst of many partitions, in order, and how many more there are', () => {
    const partitions = Array.from({ length: 20 }, (_, partition) =>
      partitionOfFault({ partition, unavailable: partition === 3 ? 0 : 60_000 * (partition + 1) }),
    );
    const shown = lines([faultResult({ partitions })]);
    const rows = shown.filter((line) => line.startsWith('orders/'));
    expect(rows.map((row) => row.split(' ')[0])).toEqual(
      Array.from({ length: 12 }, (_, i) => `orders/${i + 8}`),
    );
    expect(shown).toContain('and 7 more');
  });

  it('names the fault of each partition where there are several, and both ends of many elections', () => {
    const leaders = [1, 2, 3].map((at) => ({ at, from: at, to: at + 1 }));
    const busy = faultResult({ partitions: [partitionOfFault({ leaders })] });
    expect(lines([busy]).join('\n')).toContain('1→2 1.0 s … 3→4 3.0 s');
    expect(lines([busy]).some((line) => line.startsWith('outage'))).toBe(false);
    expect(lines([busy, byHand]).some((line) => line.startsWith('outage '))).toBe(true);
  });

  it('has no table of parts where there is only one, and takes serviceAck where there is no due time', () => {
    const phases = faultPhases();
    expect(lines([faultResult()], { phases: phases.slice(0, 1) }).join()).not.toContain('received');
    const closed = phases.map((phase) => ({ ...phase, latency: { ...phase.latency, ack: null } }));
    const producers = [producerResult({ ackSource: 'socket-write' })];
    const table = lines([faultResult()], { phases: closed, producers }).join('\n');
    expect(table).toMatch(/sent +received +serviceAck p99 +endToEnd p99/);
  });
});
