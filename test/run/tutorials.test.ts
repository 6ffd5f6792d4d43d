import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodeFor } from '../../src/cli/run.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { runScenario } from '../../src/experiment/run-scenario.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { parseSetting } from '../../src/scenario/settings.ts';
import { missing } from '../requirements.ts';

const scenarioFile = (name: string): string =>
  resolve(import.meta.dirname, '../../scenarios', `${name}.yaml`);

/** What cannot be processed is skipped then. */
const withoutDeadLetters =
  'consumers.booking={ name: booking, topic: payments, group: booking, commit: { every: 10 }, processing: { failures: 1% }, validate: { json: [timestamp] } }';

/** Each scenario, and what breaks its lesson: it must be told apart from the lesson holding. */
const lessons: readonly (readonly [file: string, broken: string, metric: string])[] = [
  ['pub-sub', 'consumers.subscriber.stop={ at: 4s, how: leave }', 'subscriber.received'],
  ['broadcast', 'consumers.mail.group=billing', 'mail.processed'],
  ['load-balancing', 'topics.jobs.partitions=1', 'share.max'],
  ['single-and-batch', 'consumers.batch.group=single_message_group', 'single.processed'],
  ['persistence', 'consumers.reader.stop.how=kill', 'redelivered'],
  // Somebody starts it again.
  ['lag', 'consumers.stopped.stop={ at: 2250ms, how: leave, restartAfter: 500ms }', 'stopped.lag'],
  // One partition for three members.
  ['scaling', 'topics.jobs.partitions=1', 'workers.share.min@19s..22s'],
  ['dead-letter', withoutDeadLetters, 'undelivered'],
  // Not framed: what JSON begins with is no zero byte.
  ['avro', "producers.sensor.value={ json: { id: '${uuid}' } }", 'store.invalid'],
  // Whoever does not reckon with the default meets it in every old message.
  ['avro-evolution', 'consumers.billing.validate.json.properties.currency.enum=[CHF]', 'billing.invalid'],
];
/** Beside the mutation itself: what lets a lost commit show. */
const more: Record<string, string[]> = {
  persistence: ['consumers.reader.commit={ every: 1000 }', 'consumers.reader.client.session.timeout.ms=6000'],
};

describe.skipIf(missing('java', 'maven'))('the tutorials’ lessons', { timeout: 120_000 }, () => {
  let cluster: Cluster;
  let env: NodeJS.ProcessEnv;
  let remove: () => void;
  const results = mkdtempSync(join(tmpdir(), 'kafka-bench-lessons-'));
  beforeAll(async () => {
    ({ env, remove } = await isolatedEnvironment());
    cluster = await openCluster(localRequest({ brokers: 2 }), contextIn(env));
  }, 180_000);
  afterAll(async () => {
    await cluster.close();
    remove();
    rmSync(results, { recursive: true, force: true });
  });

  /** KAFKA_BENCH_GROUP_PROTOCOL=consumer: the same lessons by KIP-848. */
  const inProtocol = async (file: string): Promise<string[]> => {
    const protocol = process.env['KAFKA_BENCH_GROUP_PROTOCOL'];
    if (protocol === undefined) return [];
    const { scenario } = await loadScenario(scenarioFile(file), { env, bootstrapGiven: true });
    return scenario.consumers.map(({ name }) => `consumers.${name}.client.group.protocol=${protocol}`);
  };

  const run = async (file: string, settings: readonly string[]) => {
    const loaded = await loadScenario(scenarioFile(file), {
      env,
      bootstrapGiven: true,
      settings: settings.map(parseSetting),
    });
    const { result } = await runScenario(loaded, {
      resultsDirectory: results,
      env,
      bootstrap: cluster.bootstrap,
    });
    return { result, code: exitCodeFor(result, loaded.scenario.delivery) };
  };

  test.each(lessons)('%s holds', async (file) => {
    const { result, code } = await run(file, await inProtocol(file));
    expect(result.expectations.filter(({ ok }) => ok !== true)).toEqual([]);
    expect(code).toBe(0);
  });

  test.each(lessons)('%s is seen broken by %s', async (file, broken, metric) => {
    const { result, code } = await run(file, [broken, ...(more[file] ?? [])]);
    expect(code).toBe(1);
    expect(result.expectations.filter(({ ok }) => ok === false).map((each) => each.metric)).toContain(metric);
  });
});
