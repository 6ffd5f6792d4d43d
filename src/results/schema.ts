import { z } from 'zod';
import { clusterKinds } from '../base/choices.ts';
import { trial } from './schema/trial.ts';

/**
 * Readers accept the same major version. A new optional field, or a number that is now measured rightly, is a minor one
 * (CHANGELOG.md says which); a field that is gone or means something else is a major one.
 */
export const schemaVersion = '1.1';

const warning = z.object({ code: z.string(), message: z.string() });

const outcome = z.discriminatedUnion('state', [
  z.object({ state: z.literal('completed') }),
  z.object({ state: z.literal('aborted'), phase: z.string(), reason: z.string() }),
  z.object({ state: z.literal('failed'), phase: z.string(), reason: z.string() }),
]);

const environment = z.object({
  cpu: z.string(),
  cores: z.int(),
  memory: z.int().describe('bytes'),
  kernel: z.string(),
  node: z.string(),
  librdkafka: z.string().nullable(),
  kafkaJavascript: z.string(),
  features: z.array(z.string()).describe('compiled into librdkafka'),
  fingerprint: z.string().describe('SHA-256 over what must agree for two results to be compared'),
});

const cluster = z.object({
  kind: z.enum(clusterKinds),
  why: z.string(),
  brokers: z.array(z.object({ id: z.int(), name: z.string(), host: z.string(), port: z.int() })),
  version: z.string().nullable(),
  durability: z.array(
    z.object({
      topic: z.string(),
      partitions: z.int(),
      replicationFactor: z.int().nullable(),
      minInSyncReplicas: z.int().nullable(),
      uncleanLeaderElection: z.boolean().nullable(),
    }),
  ),
});

const scenario = z.object({
  name: z.string(),
  file: z.string().nullable(),
  sha256: z.string().describe('of the resolved scenario'),
  seed: z.number(),
  resolved: z.unknown(),
});

const expectation = z.object({
  metric: z.string(),
  bound: z.string(),
  value: z.number().nullable(),
  ok: z.boolean().nullable().describe('null: the metric was invalid or could not be measured'),
  reason: z.string().optional(),
});

export const runResult = z
  .object({
    schemaVersion: z.string(),
    runId: z.string(),
    experimentId: z.string().optional(),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime(),
    outcome,
    tool: z.object({ version: z.string(), git: z.string().nullable() }),
    environment,
    cluster,
    scenario,
    shard: z.object({ index: z.int(), count: z.int() }),
    clock: z.object({
      source: z.literal('CLOCK_MONOTONIC'),
      resolution: z.number().describe('microseconds: the smallest step seen between two readings'),
      offsetBound: z.number().optional().describe('microseconds, between hosts'),
    }),
    trials: z.array(trial),
    expectations: z.array(expectation),
    warnings: z.array(warning),
  })
  .describe('The result of one kafka-bench run');

export type RunResult = z.output<typeof runResult>;
export type TrialResult = RunResult['trials'][number];
export type ProducerResult = TrialResult['producers'][number];
export type ConsumerResult = TrialResult['consumers'][number];
export type GroupResult = TrialResult['groups'][number];
export type GroupLagResult = NonNullable<GroupResult['lag']>;
export type DeliveryResult = TrialResult['delivery'];
export type FaultResult = TrialResult['faults'][number];
export type HistogramJson = NonNullable<ProducerResult['latency']['serviceAck']>;
export type Expectation = RunResult['expectations'][number];
export type Environment = RunResult['environment'];

export function resultJsonSchema(): object {
  return z.toJSONSchema(runResult, {
    target: 'draft-07',
    io: 'input',
    // A matter of TypeScript; in JSON Schema the word means what a server alone may set.
    override: ({ jsonSchema }) => delete jsonSchema.readOnly,
  });
}
