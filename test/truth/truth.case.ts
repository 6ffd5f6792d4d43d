import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { contextIn, isolatedEnvironment, localRequest } from '../../src/cluster/local/real-kafka.case.ts';
import { openCluster } from '../../src/cluster/open.ts';
import type { Histogram } from '../../src/measure/histogram.ts';
import { slotFloor } from '../../src/measure/slots.ts';
import { restoreHistogram } from '../../src/measure/summary.ts';
import type { HistogramJson, RunResult, TrialResult } from '../../src/results/schema.ts';
import type { RunOptions } from '../../src/trial/run-options.ts';
import { runTrial } from '../../src/trial/trial.ts';
import { parseScenario } from '../../src/scenario/load.ts';

/** A local cluster of one broker for all tests of a file, and runs on it that may break it. */
export class SharedCluster {
  env: NodeJS.ProcessEnv = {};
  cluster!: Cluster;

  /** To be called inside `describe`. */
  constructor(proxy = false) {
    let remove: () => void = () => undefined;
    beforeAll(async () => {
      ({ env: this.env, remove } = await isolatedEnvironment());
      this.cluster = await openCluster(localRequest({ brokers: 1, proxy }), contextIn(this.env));
    }, 120_000);
    afterAll(async () => {
      await this.cluster.close();
      remove();
    }, 60_000);
  }

  /** One trial as the command runs it, on this cluster: its faults may be those of a cluster of its own. */
  async trial(
    text: string,
    options: Partial<RunOptions> = {},
  ): Promise<{ result: RunResult; trial: TrialResult; hlog: string }> {
    const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-truth-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const { env, cluster } = this;
    const loaded = parseScenario(text, {
      file: 'truth.yaml',
      env,
      bootstrapGiven: false,
      readFile: () => {
        throw new Error('no files here');
      },
    });
    const opened = { cluster, failure: new Promise<never>(() => undefined) };
    const { result, files } = await runTrial(loaded, {
      resultsDirectory: directory,
      env,
      opened,
      ...options,
    });
    expect(result.outcome).toEqual({ state: 'completed' });
    return { result, trial: result.trials[0]!, hlog: files.hlog };
  }
}

/** Of a histogram in a result, which must be there. */
export function distribution(histogram: HistogramJson | null | undefined): Histogram {
  if (!histogram) throw new Error('the result has no such histogram');
  return restoreHistogram(histogram);
}

/** Samples in [from, to), ms; each bound as exact as the slot that it falls into (0.1 %). */
export function between(histogram: Histogram, from: number, to: number): number {
  let sum = 0;
  const { indices, counts } = histogram.toSparse();
  for (const [i, slot] of indices.entries()) {
    const millis = slotFloor(slot) / 1000;
    if (millis >= from && millis < to) sum += counts[i]!;
  }
  return sum;
}

/** Of numbers in rising order, as histograms here count: the smallest with at least that share of all up to it. */
export function sortedPercentile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
}
