import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import type { RunObserver } from '../../src/trial/observer.ts';
import { silent } from '../../src/trial/observer.ts';
import type { RunOptions } from '../../src/trial/run-options.ts';
import { runScenario } from '../../src/experiment/run-scenario.ts';
import { runTrial, type RunOutcome } from '../../src/trial/trial.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import type { ShownMessage } from '../../src/protocol/report.ts';
import { ownCache } from '../own-cache.ts';

/** Runs a scenario given as text, with its result in a directory that goes with the test. */
export function runText(
  text: string,
  options: Partial<RunOptions> = {},
  /** A cluster that is open already, and the files that the scenario names. */
  { cluster, readFile }: { readonly cluster?: Cluster; readonly readFile?: (path: string) => string } = {},
): Promise<RunOutcome> {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-run-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const env = options.env ?? environmentOfItsOwn();
  const loaded = parseScenario(text, {
    file: 'test.yaml',
    env,
    bootstrapGiven: options.bootstrap !== undefined || cluster !== undefined,
    readFile: readFile ?? noFiles,
  });
  // Any test can be run through another source of acknowledgements.
  const ackSource = process.env['KAFKA_BENCH_TEST_ACK_SOURCE'] as RunOptions['ackSource'];
  const all = { resultsDirectory: directory, env, ackSource, ...options };
  if (cluster === undefined) return runScenario(loaded, all);
  return runTrial(loaded, { ...all, opened: { cluster, failure: new Promise(() => undefined) } });
}

function environmentOfItsOwn(): NodeJS.ProcessEnv {
  const { env, remove } = ownCache();
  onTestFinished(remove);
  return env;
}

const noFiles = (): never => {
  throw new Error('no files here');
};

/** An observer that keeps what it is shown. */
export function collectShown(): { observer: RunObserver; shown: ShownMessage[] } {
  const shown: ShownMessage[] = [];
  return { shown, observer: { ...silent, shown: (message) => shown.push(message) } };
}
