import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { openCluster } from '../../src/cluster/open.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import { silent } from '../../src/trial/observer.ts';
import { missing } from '../requirements.ts';
import { runText } from './scenario-run.ts';

const text = `
topics: [{ name: orders, partitions: 2 }]
phases: { measure: 4s, drain: 3s }
producers:
  - { name: writer, topic: orders, rate: 300/s, value: { bytes: 100 } }
  # Its queue is full long before its schedule is handed over, and librdkafka gives nothing up.
  - { name: full, topic: orders, rate: 300/s, value: { bytes: 100 }, client: { queue.buffering.max.messages: 100, message.timeout.ms: 0 } }
consumers:
  - { name: each, topic: orders, group: each, mode: single, commit: each }
  - { name: every, topic: orders, group: every, commit: { every: 10 } }
  - { name: auto, topic: orders, group: auto, commit: auto, client: { auto.commit.interval.ms: 500 } }
`;

describe.skipIf(missing('java', 'maven'))('a run ends, whatever the brokers do', () => {
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

  // A paused one last: it is killed with its cluster.
  for (const action of ['kill', 'pause'] as const) {
    test(`all of them are gone in mid-run and stay away (${action})`, async () => {
      if (action === 'pause') await cluster.act('start', 'kafka1');
      let gone: Promise<unknown> | undefined;
      const { result } = await runText(text, {
        observer: {
          ...silent,
          progress: ({ received }) => {
            if (received > 300) gone ??= cluster.act(action, 'kafka1');
          },
        },
        env,
        bootstrap: cluster.bootstrap,
      });
      await gone;
      // What it met is said, and what was measured is there.
      expect(result.outcome).toEqual({ state: 'completed' });
      const trial = result.trials[0]!;
      for (const { acked, indeterminate, rejected, attempted, name } of trial.producers) {
        expect(acked, name).toBeGreaterThan(0);
        expect(acked + indeterminate + rejected, name).toBe(attempted);
      }
      expect(trial.producers[1]!.attempted).toBeLessThan(1200);
      for (const consumer of trial.consumers) expect(consumer.messages, consumer.name).toBeGreaterThan(0);
      expect(trial.delivery.verdict).toBe('UNKNOWN');
      const codes = result.warnings.map(({ code }) => code);
      expect(codes).toContain('drain-incomplete');
      expect(codes).toContain('topics-left');
      // The producer whose queue was full gave up by itself, with what it had not handed over.
      expect(codes).toContain('client cut-off full-0');
    }, 150_000);
  }
});
