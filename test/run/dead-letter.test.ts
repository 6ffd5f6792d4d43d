import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { runScenario } from '../../src/experiment/run-scenario.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { parseSetting } from '../../src/scenario/settings.ts';
import { missing } from '../requirements.ts';
import { printedRecords } from './kafka-tools.ts';

const attempts = { invalid: '1', failing: '3' };
const missingField = "the value must have required property 'timestamp'";

describe.skipIf(missing('java', 'maven'))(
  'dead letters, read by Kafka’s console consumer',
  { timeout: 120_000 },
  () => {
    let cluster: Cluster;
    let env: NodeJS.ProcessEnv;
    let remove: () => void;
    const results = mkdtempSync(join(tmpdir(), 'kafka-bench-dead-letters-'));
    beforeAll(async () => {
      ({ env, remove } = await isolatedEnvironment());
      cluster = await openCluster(localRequest({ brokers: 1 }), contextIn(env));
    }, 180_000);
    afterAll(async () => {
      await cluster.close();
      remove();
      rmSync(results, { recursive: true, force: true });
    });

    const run = async (...settings: string[]) => {
      const file = resolve(import.meta.dirname, '../../scenarios/dead-letter.yaml');
      const loaded = await loadScenario(file, {
        env,
        bootstrapGiven: true,
        settings: ['producers.writer.messages=300', 'producers.old-writer.rate=50/s', ...settings].map(
          parseSetting,
        ),
      });
      const { bootstrap } = cluster;
      const { result } = await runScenario(loaded, { resultsDirectory: results, env, bootstrap, keep: true });
      return { result, trial: result.trials[0]!, suffix: result.runId };
    };

    test('each carries what is needed to find its original, and is the original', async () => {
      const { trial, suffix } = await run(
        'consumers.booking.processing.failures=5%',
        'producers.writer.headers={ trace: "trace ${seq}" }',
      );
      const booking = trial.consumers[0]!;
      expect(trial.delivery.verdict).toBe('PASS');
      const { bootstrap } = cluster;
      const [dead, originals] = await Promise.all([
        printedRecords(env, bootstrap, `payments-dead-${suffix}`, booking.deadLettered!),
        printedRecords(env, bootstrap, `payments-${suffix}`, 320),
      ]);
      expect([dead.length, originals.length]).toEqual([booking.deadLettered, 320]);
      expect(booking.deadLettered).toBe(20 + booking.failed!);
      expect(booking.failed).toBeGreaterThan(0);

      const found = new Set(
        dead.map(({ headers, ...letter }) => {
          const original = originals.find(
            ({ partition, offset }) =>
              String(partition) === headers['__dlq.errors.partition'] &&
              String(offset) === headers['__dlq.errors.offset'],
          );
          expect(letter).toMatchObject({
            key: original?.key,
            value: original?.value,
            timestamp: original?.timestamp,
          });
          const isInvalid = !('timestamp' in (JSON.parse(letter.value) as object));
          expect('trace' in original!.headers).toBe(!isInvalid);
          expect(headers).toEqual({
            ...original!.headers,
            '__dlq.errors.topic': `payments-${suffix}`,
            '__dlq.errors.partition': String(original?.partition),
            '__dlq.errors.offset': String(original?.offset),
            '__dlq.errors.group': `booking-${suffix}`,
            '__dlq.errors.delivery.count': isInvalid ? attempts.invalid : attempts.failing,
            '__dlq.errors.message': isInvalid ? missingField : 'processing failed',
          });
          return original;
        }),
      );
      expect(found.size).toBe(dead.length);
    });

    test('a dead letter that cannot be written ends the run, and its original is not committed', async () => {
      const { result, suffix } = await run('topics.payments-dead.config.max.message.bytes=100');
      expect(result.outcome).toMatchObject({
        state: 'failed',
        reason: expect.stringMatching(
          /the dead letter of payments-\w+\/\d@\d+ could not be written to payments-dead-\w+: MSG_SIZE_TOO_LARGE/,
        ) as string,
      });
      const [, partition, offset] = /payments-\w+\/(\d)@(\d+)/.exec(JSON.stringify(result.outcome))!;
      const committed = await cluster.admin!.committedOffsets(`booking-${suffix}`);
      const at = committed.find((each) => each.partition === Number(partition));
      expect(at?.offset ?? 0).toBeLessThanOrEqual(Number(offset));
    });
  },
);
