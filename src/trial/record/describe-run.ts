import type { Cluster } from '../../cluster/cluster.ts';
import { evaluateExpectations, expectationsOfRun } from '../../judge/gates/expect.ts';
import { schemaVersion, type RunResult, type TrialResult } from '../../results/schema.ts';
import type { LoadedScenario } from '../../scenario/load.ts';
import { describeClock, describeEnvironment, describeTool } from './environment.ts';

export interface RunFacts {
  readonly runId: string;
  readonly startedAt: Date;
  readonly outcome: RunResult['outcome'];
  readonly loaded: LoadedScenario;
  readonly cluster: Cluster;
  readonly durability: RunResult['cluster']['durability'];
  /** What a worker said of its librdkafka; null where none got so far. */
  readonly client: { readonly librdkafka: string; readonly features: readonly string[] } | null;
  readonly trial: TrialResult;
  readonly warnings: RunResult['warnings'];
}

const mockWarning = {
  code: 'mock-cluster',
  message: 'measured against librdkafka’s mock: it says what this harness can do, nothing about Kafka',
};

/** The result of one run, complete: what ran where and with what, its trial, its gates, its doubts. */
export function describeRun(facts: RunFacts): RunResult {
  const { loaded, cluster, trial } = facts;
  const { scenario, file, sha256, seed, resolved } = loaded;
  return {
    schemaVersion,
    runId: facts.runId,
    startedAt: facts.startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    outcome: facts.outcome,
    tool: describeTool(),
    environment: describeEnvironment(facts.client),
    cluster: {
      kind: cluster.kind,
      why: cluster.why,
      brokers: cluster.brokers.map(({ id, name, host, port }) => ({ id, name, host, port })),
      version: cluster.version,
      durability: facts.durability,
    },
    scenario: { name: scenario.name, file, sha256, seed, resolved },
    shard: { index: 0, count: 1 },
    clock: describeClock(),
    trials: [trial],
    expectations: expectationsOfRun(evaluateExpectations(scenario.expect, trial), facts.outcome),
    warnings: [...facts.warnings, ...(cluster.kind === 'mock' ? [mockWarning] : [])],
  };
}
