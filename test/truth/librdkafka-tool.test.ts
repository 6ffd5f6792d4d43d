import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing } from '../requirements.ts';
import { distribution, SharedCluster } from './truth.case.ts';

const run = promisify(execFile);
const rate = 200;
const warmup = 1;
const seconds = 4;
const linger = 50;

const binding = dirname(
  createRequire(import.meta.url).resolve('@confluentinc/kafka-javascript/package.json'),
);
const library = join(binding, 'build', 'deps', 'librdkafka.so.1');

/** A prebuilt binding carries librdkafka inside, where only Node can use it. */
function noLibrary(): boolean {
  if (existsSync(library)) return false;
  process.stderr.write('skipped: the binding was not built here, so there is no librdkafka to link with\n');
  return true;
}

/**
 * rdkafka_performance stamps each message with the wall clock and writes what its delivery report, or a consumer of
 * its own, saw pass since. Same library, same settings, same time: what remains between its numbers and ours is what
 * this harness adds. Up to 50 ms of each latency are the batch's, which spreads them evenly.
 */
describe.skipIf(missing('java', 'maven', 'c-compiler') || noLibrary())(
  'beside librdkafka’s own rdkafka_performance',
  { retry: 2, timeout: 60_000 },
  () => {
    const kafka = new SharedCluster();
    const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-witness-'));
    const program = join(directory, 'rdkafka_performance');
    beforeAll(() => compile(directory, program));
    afterAll(() => rmSync(directory, { recursive: true, force: true }));

    test.each(['tap', 'delivery-reports'] as const)(
      'serviceAck and endToEnd at the same rate, observed by %s',
      async (ackSource) => {
        const { cluster } = kafka;
        const topic = `performance-${Date.now()}`;
        await cluster.admin!.createTopic({ name: topic, partitions: 1, replicationFactor: 1, config: {} });
        const sent = (warmup + seconds) * rate;
        const latencies = (mode: '-P' | '-C', ...args: string[]) =>
          measure(
            program,
            join(directory, `${ackSource}${mode}`),
            ...[mode, '-t', topic, '-p', '0', '-b', cluster.bootstrap, '-c', String(sent), ...args],
          );
        const [acknowledged, received, { trial }] = await Promise.all([
          latencies('-P', '-r', String(rate), '-s', '100', '-a', '-1', '-X', `linger.ms=${linger}`),
          latencies('-C', '-o', 'beginning'),
          kafka.trial(
            `
cluster: { kind: local }
topics: [{ name: orders, partitions: 1 }]
producers:
  - { name: writer, topic: orders, rate: ${rate}/s, value: { bytes: 100 }, client: { acks: all, linger.ms: ${linger} } }
consumers:
  - { name: reader, topic: orders, group: readers }
phases: { warmup: ${warmup}s, measure: ${seconds}s, drain: 20s }
`,
            { ackSource },
          ),
        ]);
        expect(trial.producers[0]!.ackSource).toBe(ackSource);
        for (const [what, theirs, histogram] of [
          ['serviceAck', acknowledged, trial.producers[0]!.latency.serviceAck],
          ['endToEnd', received, trial.consumers[0]!.latency.endToEnd],
        ] as const) {
          expect(theirs.length, what).toBe(seconds * rate);
          const ours = distribution(histogram);
          expect(ours.count, what).toBe(seconds * rate);
          const of = (q: number) => ({
            ours: ours.rawPercentile(q)! / 1000,
            theirs: theirs[Math.ceil(q * theirs.length) - 1]!,
          });
          const [p50, p99] = [of(0.5), of(0.99)];
          expect(Math.abs(p50.ours - p50.theirs), `${what} p50`).toBeLessThan(8);
          expect(Math.abs(p99.ours - p99.theirs), `${what} p99`).toBeLessThan(Math.max(25, p99.theirs / 2));
          // Known without either: half of the batch's time, and the broker's on top.
          for (const median of [p50.ours, p50.theirs]) {
            expect(median, what).toBeGreaterThan(0.4 * linger);
            expect(median, what).toBeLessThan(linger);
          }
        }
      },
    );
  },
);

/** ms that it wrote down of each message after the warm-up, in rising order. */
async function measure(program: string, file: string, ...args: string[]): Promise<readonly number[]> {
  await run(program, [...args, '-l', '-A', file, '-q'], { timeout: 50_000 });
  const micros = readFileSync(file, 'utf8').trim().split('\n').map(Number);
  return micros
    .slice(warmup * rate)
    .map((latency) => latency / 1000)
    .sort((a, b) => a - b);
}

/** Its includes ask for what librdkafka's `configure` writes, of which it needs nothing. */
async function compile(directory: string, program: string): Promise<void> {
  mkdirSync(join(directory, 'include', 'here'), { recursive: true });
  writeFileSync(join(directory, 'include', 'config.h'), '');
  await run('cc', [
    ...['-O2', '-w', '-o', program],
    ...['-I', join(directory, 'include', 'here'), '-I', join(binding, 'deps', 'librdkafka', 'src')],
    join(import.meta.dirname, 'librdkafka', 'rdkafka_performance.c'),
    ...[library, `-Wl,-rpath,${dirname(library)}`, '-lpthread'],
  ]);
}
