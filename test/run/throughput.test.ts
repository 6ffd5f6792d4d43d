import { readFileSync } from 'node:fs';
import { join, dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { monotonic, sleep } from '../../src/base/clock.ts';
import { exitCodeFor } from '../../src/cli/run.ts';
import { openCluster } from '../../src/cluster/open.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import type { RunOutcome } from '../../src/trial/trial.ts';
import { missing } from '../requirements.ts';
import { kafkaTool } from './kafka-tools.ts';
import { runText } from './scenario-run.ts';

interface Look {
  readonly at: number;
  readonly end: number;
}

/** Where the log ends, asked again and again while a run goes on: what its throughput is held against. */
class LogWatch {
  readonly #looks: Look[] = [];
  #over = false;
  readonly #done: Promise<void>;

  constructor(cluster: Cluster, topic: string) {
    this.#done = (async () => {
      while (!this.#over) {
        const before = monotonic.now();
        const name = (await cluster.admin!.listTopics()).find((each) => each.startsWith(`${topic}-`));
        const offsets = name === undefined ? [] : await cluster.admin!.offsets(name).catch(() => []);
        const end = offsets.reduce((sum, partition) => sum + partition.end, 0);
        this.#looks.push({ at: (before + monotonic.now()) / 2, end });
        await sleep(20);
      }
    })();
  }

  async close(): Promise<void> {
    this.#over = true;
    await this.#done;
  }

  /** On a straight line between the looks before and after. */
  endAt(time: number): number {
    const after = this.#looks.findIndex(({ at }) => at >= time);
    const [first, second] = [this.#looks[after - 1]!, this.#looks[after]!];
    return first.end + ((second.end - first.end) * (time - first.at)) / (second.at - first.at);
  }
}

/** µs on CLOCK_MONOTONIC, as the evidence has it. */
function measureStartOf({ result, files }: RunOutcome): number {
  const evidence = result.trials[0]!.delivery.evidence!;
  const manifest = readFileSync(join(dirname(files.result), evidence, 'manifest.json'), 'utf8');
  return (JSON.parse(manifest) as { measureStart: { monotonic: number } }).measureStart.monotonic;
}

describe.skipIf(missing('java', 'maven'))('what a run on real Kafka says of its rate', () => {
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  let cluster: Cluster;
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    cluster = await openCluster(localRequest({ brokers: 1 }), contextIn(env));
  }, 120_000);
  afterAll(async () => {
    await cluster.close();
    remove();
  }, 60_000);
  const runHere = (text: string, options: Parameters<typeof runText>[1] = {}) =>
    runText(text, { env, bootstrap: cluster.bootstrap, ...options });

  // One message a request, and one request at a time: some thousand a second, far less than what is offered.
  const slow = 'batch.num.messages: 1, max.in.flight: 1';
  const loads = {
    'an open loop that the cluster does not keep up with': `rate: 15k/s, client: { acks: all, ${slow} }`,
    'a closed loop that begins behind the warm-up’s queue': `rate: max, client: { acks: all, ${slow}, queue.buffering.max.messages: 3000 }`,
    'acks=0': `rate: 500/s, client: { acks: 0, linger.ms: 0 }`,
  };
  const cases = Object.entries(loads).flatMap(([name, load]) =>
    (name === 'acks=0' ? (['auto'] as const) : (['tap', 'delivery-reports'] as const)).map(
      (ackSource) => [name, ackSource, load] as const,
    ),
  );
  test.each(cases)(
    '%s, seen by %s: it is what the log grew by',
    async (name, ackSource, load) => {
      const watch = new LogWatch(cluster, 'growth');
      const outcome = await runHere(
        `
topics: [{ name: growth, partitions: 1, replicationFactor: 1 }]
producers: [{ name: writer, topic: growth, value: { bytes: 100 }, ${load} }]
consumers: [{ name: reader, topic: growth }]
phases: { warmup: 1s, measure: 3s, drain: 60s }
`,
        { ackSource },
      ).finally(() => watch.close());
      const trial = outcome.result.trials[0]!;
      const [producer, consumer] = [trial.producers[0]!, trial.consumers[0]!];
      expect(outcome.result.outcome).toEqual({ state: 'completed' });
      expect(producer.durationSeconds).toBe(3);
      const start = measureStartOf(outcome);
      const grown = (watch.endAt(start + 3e6) - watch.endAt(start)) / 3;
      expect(producer.rate.achieved! / grown).toBeGreaterThan(0.93);
      expect(producer.rate.achieved! / grown).toBeLessThan(1.07);
      expect(trial.totals.producers.rate.achieved).toBe(producer.rate.achieved);
      expect(producer.bytesPerSecond! / producer.rate.achieved!).toBeCloseTo(100, 6);
      // Everything that was received within the phase, and nothing of the drain.
      expect(consumer.rate.achieved! / grown).toBeGreaterThan(0.8);
      expect(consumer.rate.achieved! / grown).toBeLessThan(1.07);
      const isBehind = load.includes('15k/s');
      // A machine that others use may be late with a schedule that the cluster keeps up with.
      if (name !== 'acks=0')
        expect(trial.validity.reasons.some(({ code }) => code === 'late')).toBe(isBehind);
      if (isBehind) expect(producer.rate.achieved).toBeLessThan(12_000);
    },
    90_000,
  );

  test('a run that stopped waiting for its messages says so, and is not green', async () => {
    const { result } = await runHere(`
topics: [{ name: cut, partitions: 1, replicationFactor: 1 }]
producers: [{ name: writer, topic: cut, messages: 20k, client: { ${slow} } }]
phases: { drain: 500ms }
`);
    const trial = result.trials[0]!;
    const { unanswered, indeterminate } = trial.producers[0]!;
    expect(unanswered).toBeGreaterThan(1000);
    expect(trial.errors.reduce((sum, { count }) => sum + count, 0)).toBe(indeterminate);
    expect(trial.errors).toContainEqual({
      ...{ code: '_DESTROY', phase: 'measure', scope: 'writer', count: unanswered },
    });
    const cutOff = trial.validity.reasons.find(({ code }) => code === 'cut-off');
    expect(cutOff).toMatchObject({ severity: 'invalid', value: unanswered });
    expect(cutOff!.metrics).toContain('throughput');
    expect(trial.delivery).toMatchObject({
      verdict: 'UNKNOWN',
      reasons: [
        expect.stringMatching(
          /^writer ended before .* of its messages had an answer \(phases\.drain is 500 ms\)/,
        ),
      ],
    });
    expect(exitCodeFor(result)).toBe(3);
  }, 60_000);

  test.each([
    ['an open loop', 'rate: 200/s'],
    ['a closed loop', 'rate: max'],
  ])(
    'a producer that died of a fatal error is not green: %s',
    async (_, rate) => {
      // A message that the broker refuses for good is a gap, which this client was told never to leave.
      const { result } = await runHere(`
topics: [{ name: fatal, partitions: 1, replicationFactor: 1, config: { max.message.bytes: 1000 } }]
producers:
  - name: writer
    topic: fatal
    ${rate}
    value: { bytes: [{ size: 100, weight: 99 }, { size: 2000, weight: 1 }] }
    client: { acks: all, enable.idempotence: true, enable.gapless.guarantee: true, batch.num.messages: 1 }
phases: { measure: 4s, drain: 2s }
`);
      const trial = result.trials[0]!;
      expect(trial.producers[0]!.acked).toBeGreaterThan(0);
      const fatal = trial.validity.reasons.find(({ code }) => code === 'fatal-error');
      expect(fatal).toMatchObject({
        severity: 'invalid',
        message: expect.stringMatching(/gap-?less/i) as string,
      });
      expect(trial.delivery.verdict).not.toBe('PASS');
      expect(trial.delivery.reasons.join()).toMatch(/writer died of a fatal error: .*gap-?less/i);
      expect(exitCodeFor(result)).not.toBe(0);
      if (rate === 'rate: 200/s') expect(trial.producers[0]!.refused).toBeGreaterThan(0);
    },
    60_000,
  );

  test('a consumer that was fenced is not green either', async () => {
    const { result } = await runHere(`
topics: [{ name: fenced, partitions: 2, replicationFactor: 1 }]
producers: [{ name: writer, topic: fenced, rate: 100/s }]
consumers:
  - { name: first, topic: fenced, group: g, client: { group.instance.id: same, session.timeout.ms: 6000 } }
  - { name: second, topic: fenced, group: g, start: 2s, client: { group.instance.id: same, session.timeout.ms: 6000, auto.offset.reset: earliest } }
phases: { measure: 6s, drain: 10s }
`);
    const trial = result.trials[0]!;
    const fatal = trial.validity.reasons.find(({ code }) => code === 'fatal-error');
    expect(fatal?.message).toMatch(/fenced/i);
    expect(exitCodeFor(result)).not.toBe(0);
  }, 90_000);

  test('a quota is said to be the limit, on both sides, with how long it held them back', async () => {
    const configure = (...change: string[]) =>
      kafkaTool(
        env,
        'kafka.admin.ConfigCommand',
        ...[
          '--bootstrap-server',
          cluster.bootstrap,
          '--alter',
          '--entity-type',
          'clients',
          '--entity-default',
        ],
        ...change,
      );
    const rates = 'producer_byte_rate=100000,consumer_byte_rate=100000';
    await configure('--add-config', rates);
    const { result } = await runHere(`
topics: [{ name: limited, partitions: 1, replicationFactor: 1 }]
producers: [{ name: writer, topic: limited, rate: 400/s, value: { bytes: 1000 }, client: { linger.ms: 0, queue.buffering.max.messages: 200 } }]
consumers: [{ name: reader, topic: limited, client: { max.partition.fetch.bytes: 50000 } }]
phases: { measure: 5s, drain: 1s }
verify: { audit: off }
`).finally(() => configure('--delete-config', rates.replaceAll(/=\d+/g, '')));
    const trial = result.trials[0]!;
    const throttled = trial.validity.reasons.filter(({ code }) => code === 'throttled');
    expect(throttled.map(({ message }) => message.split(':')[0])).toEqual(['writer', 'reader']);
    for (const { severity, value } of throttled) {
      expect(severity).toBe('warn');
      expect(value).toBeGreaterThan(100_000);
    }
    expect(trial.producers[0]!.librdkafka.throttled).toBeGreaterThan(100_000);
    expect(trial.producers[0]!.queueFullTime).toBeGreaterThan(0);
    expect(trial.validity.reasons.map(({ code }) => code)).toContain('queue-full');
  }, 90_000);
});
