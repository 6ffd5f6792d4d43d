import type { Cluster } from '../src/cluster/cluster.ts';
import { Crew } from '../src/trial/workers/crew.ts';
import { newRunId } from '../src/trial/plan/names.ts';
import { planWorkers } from '../src/trial/plan/plan.ts';
import { prepareTopics } from '../src/trial/plan/topics.ts';
import { parseScenario, type LoadedScenario } from '../src/scenario/load.ts';
import type { ConsumePlan, ProducePlan } from '../src/protocol/plan.ts';
import type { WorkerReport } from '../src/protocol/report.ts';

/** A scenario in the text that a user would write. */
export function scenarioOf(text: string): LoadedScenario {
  return parseScenario(text, {
    file: 'bench.yaml',
    env: {},
    bootstrapGiven: true,
    readFile: () => {
      throw new Error('no scenario of a benchmark reads files');
    },
  });
}

/** As a run plans it; `runId` is that of the run whose messages are read. */
export async function plansOf(
  text: string,
  cluster: Cluster,
  runId = newRunId(),
): Promise<readonly (ProducePlan | ConsumePlan)[]> {
  const { scenario } = scenarioOf(text);
  const topics = await prepareTopics(cluster, scenario, runId);
  return planWorkers({ scenario, seed: 1, runId, cluster, topics, showMessagesPerSecond: 0, evidence: null });
}

/** Runs the plans in the worker processes that every run forks, to their end. */
export async function runWorkers(
  plans: readonly (ProducePlan | ConsumePlan)[],
): Promise<readonly WorkerReport[]> {
  const crew = new Crew(plans, {
    interval: () => undefined,
    shown: () => undefined,
    warning: ({ code, message }) => {
      throw new Error(`${code}: ${message}`);
    },
  });
  try {
    await Promise.race([crew.ready(), crew.failure]);
    crew.start();
    await Promise.race([Promise.all([crew.producersFinished(), crew.consumersFinished()]), crew.failure]);
    return crew.reports;
  } finally {
    await crew.end(0);
  }
}
