import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Histogram } from '../../src/measure/histogram.ts';
import { hlogHeader } from '../../src/measure/hlog.ts';
import { slotOf } from '../../src/measure/slots.ts';
import { missing } from '../requirements.ts';
import { endOffsets, kafkaTool } from '../run/kafka-tools.ts';
import { distribution, SharedCluster } from './truth.case.ts';

const run = promisify(execFile);
const seconds = 4;
const rate = 1000;

describe.skipIf(missing('java', 'maven'))('beside other programs', { retry: 2, timeout: 60_000 }, () => {
  const kafka = new SharedCluster();

  test('Kafka’s ProducerPerformance sees the latencies that serviceAck holds', async () => {
    const { env, cluster } = kafka;
    const topic = `performance-${Date.now()}`;
    await cluster.admin!.createTopic({ name: topic, partitions: 1, replicationFactor: 1, config: {} });
    // At the same time, so that whatever disturbs the machine disturbs both. Batches of 50 ms make for a
    // distribution that is known without either: evenly over 0 to 50 ms, and the broker's own time on top.
    const [printed, { trial, result }] = await Promise.all([
      kafkaTool(
        env,
        'org.apache.kafka.tools.ProducerPerformance',
        ...['--bootstrap-server', cluster.bootstrap, '--topic', topic],
        ...['--num-records', String((seconds + 2) * rate), '--warmup-records', String(2 * rate)],
        ...['--throughput', String(rate), '--record-size', '100'],
        ...['--command-property', 'acks=all', 'linger.ms=50', 'batch.size=100000'],
      ),
      kafka.trial(
        `
cluster: { kind: local }
topics: [{ name: orders, partitions: 1 }]
producers:
  - { name: writer, topic: orders, rate: ${rate}/s, value: { bytes: 100 }, client: { acks: all, linger.ms: 50 } }
phases: { warmup: 2s, measure: ${seconds}s, drain: 20s }
`,
        { keep: true },
      ),
    ]);
    const theirs = performanceOf(printed);
    const ours = trial.producers[0]!.latency.serviceAck!;
    expect(theirs.records).toBe(seconds * rate);
    expect(ours.count).toBe(seconds * rate);
    const sent = (seconds + 2) * rate;
    expect(await endOffsets(env, cluster.bootstrap, topic)).toBe(sent);
    expect(await endOffsets(env, cluster.bootstrap, `orders-${result.runId}`)).toBe(sent);
    expect(Math.abs(ours.mean! / 1000 - theirs.mean)).toBeLessThan(8);
    expect(Math.abs(ours.p50! / 1000 - theirs.p50)).toBeLessThan(8);
    expect(Math.abs(ours.p99! / 1000 - theirs.p99)).toBeLessThan(Math.max(25, theirs.p99 / 2));
    for (const p50 of [ours.p50! / 1000, theirs.p50]) {
      expect(p50).toBeGreaterThan(22);
      expect(p50).toBeLessThan(45);
    }
  });

  test('Kafka’s EndToEndLatency sees what endToEnd holds where one message is under way at a time', async () => {
    const { env, cluster } = kafka;
    const topic = `latency-${Date.now()}`;
    const count = 1000;
    await cluster.admin!.createTopic({ name: topic, partitions: 1, replicationFactor: 1, config: {} });
    // It has no rate: each message is sent when the one before has come back. Ours is a closed loop too: an open one
    // has in its percentiles what a closed one never meets.
    const [printed, { trial }] = await Promise.all([
      kafkaTool(
        env,
        'org.apache.kafka.tools.EndToEndLatency',
        ...['--bootstrap-server', cluster.bootstrap, '--topic', topic, '--num-records', String(count)],
        ...['--producer-acks', 'all', '--record-size', '100'],
      ),
      kafka.trial(`
cluster: { kind: local }
topics: [{ name: orders, partitions: 1 }]
producers:
  - { name: writer, topic: orders, rate: max, flush: each, value: { bytes: 100 }, client: { acks: all, linger.ms: 0 } }
consumers:
  - { name: reader, topic: orders, group: readers }
phases: { warmup: 2s, measure: ${seconds}s, drain: 20s }
`),
    ]);
    const told = (pattern: RegExp): number => Number(pattern.exec(printed)?.[1]);
    // Whole milliseconds, cut off.
    const theirs = { p50: told(/50th = (\d+)/), p99: told(/99th = (\d+)/) };
    const ours = trial.consumers[0]!.latency.endToEnd!;
    expect(ours.count).toBe(trial.producers[0]!.acked);
    expect(ours.count).toBeGreaterThan(100);
    expect(await endOffsets(env, cluster.bootstrap, topic)).toBe(count);
    expect(Math.abs(ours.p50! / 1000 - theirs.p50 - 0.5)).toBeLessThan(3);
    const p99 = distribution(ours).rawPercentile(0.99)! / 1000;
    expect(Math.abs(p99 - theirs.p99)).toBeLessThan(Math.max(25, 0.75 * Math.max(p99, theirs.p99)));
  });

  test('HdrHistogram itself reads the histograms and the interval log of a result', async () => {
    const { trial, hlog } = await kafka.trial(`
cluster: { kind: local }
topics: [{ name: orders, partitions: 1 }]
producers:
  - { name: writer, topic: orders, rate: ${rate}/s, value: { bytes: 100 }, client: { acks: all } }
consumers:
  - { name: reader, topic: orders, group: readers }
phases: { measure: 2s, drain: 20s }
`);
    const { latency } = trial.producers[0]!;
    const directory = temporary();
    for (const [name, histogram] of Object.entries({ ...latency, ...trial.consumers[0]!.latency })) {
      if (!histogram) continue;
      const file = join(directory, `${name}.hlog`);
      writeFileSync(file, `${hlogHeader(0)}Tag=${name},0.000,2.000,0.000,${histogram.hdr}\n`);
      const ours = distribution(histogram);
      const rows = await percentileRows(file, name);
      expect(ours.count, name).toBe(2 * rate);
      expectSame(rows, ours, name);
      // Of the numbers that the result shows.
      for (const [q, shown] of [
        [0.5, histogram.p50],
        [0.9, histogram.p90],
        [0.99, histogram.p99],
      ] as const) {
        const above = rows.find(({ percentile }) => percentile >= q)!;
        const below = rows.findLast(({ percentile }) => percentile <= q)!;
        expect(slotOf(shown!), `${name} ${q}`).toBeLessThanOrEqual(slotOf(above.value));
        expect(slotOf(shown!), `${name} ${q}`).toBeGreaterThanOrEqual(slotOf(below.value));
      }
    }
    // The log of the run: its seconds, added up by HdrHistogram, are the histogram of the result.
    expectSame(await percentileRows(hlog, 'writer.ack'), distribution(latency.ack), 'writer.ack of the log');
  });

  interface Row {
    /** µs */
    readonly value: number;
    readonly percentile: number;
    /** Samples up to the value. */
    readonly total: number;
  }

  /** The rows of HdrHistogram's own reader; its jar comes with Kafka's. */
  async function percentileRows(file: string, tag: string): Promise<readonly Row[]> {
    const out = join(temporary(), 'out');
    await run('java', [
      ...['-cp', join(kafka.env['KAFKA_HOME']!, 'libs', '*'), 'org.HdrHistogram.HistogramLogProcessor'],
      ...['-i', file, '-o', out, '-tag', tag, '-outputValueUnitRatio', '1'],
    ]);
    return readFileSync(`${out}.hgrm`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .filter((columns) => columns.length >= 3 && columns.slice(0, 3).every(Number.isFinite))
      .map(([value, percentile, total]) => ({ value: value!, percentile: percentile!, total: total! }));
  }

  function expectSame(rows: readonly Row[], ours: Histogram, what: string): void {
    expect(rows.length, what).toBeGreaterThan(10);
    expect(rows.at(-1)!.total, what).toBe(ours.count);
    for (const { value, percentile, total } of rows) {
      const slot = slotOf(value);
      const { indices, counts } = ours.toSparse();
      const upTo = counts.filter((_, i) => indices[i]! <= slot).reduce((sum, count) => sum + count, 0);
      expect(upTo, `${what}: samples up to ${value} µs`).toBe(total);
      expect(slotOf(ours.rawPercentile(percentile)!), `${what}: percentile ${percentile}`).toBe(slot);
    }
  }
});

/** Its last line: `4000 steady state records sent, 995.8 records/sec (0.10 MB/sec), 11.34 ms avg latency, … 11 ms 50th, …`. */
function performanceOf(printed: string) {
  const last = printed.trim().split('\n').at(-1)!;
  const number = (pattern: RegExp): number => Number(pattern.exec(last)?.[1]);
  return {
    records: number(/^(\d+) steady state records sent/),
    mean: number(/([\d.]+) ms avg latency/),
    p50: number(/(\d+) ms 50th/),
    p99: number(/(\d+) ms 99th/),
  };
}

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-truth-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
