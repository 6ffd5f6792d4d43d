import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RunObserver } from '../../src/run/observer.ts';
import { silent } from '../../src/run/observer.ts';
import type { RunOptions } from '../../src/run/run-options.ts';
import { runScenario } from '../../src/run/run-scenario.ts';
import type { RunOutcome } from '../../src/run/run.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import type { ShownMessage } from '../../src/worker/protocol.ts';

/** Runs a scenario given as text, with its result in a directory that goes with the test. */
export function runText(text: string, options: Partial<RunOptions> = {}): Promise<RunOutcome> {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-run-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const env = options.env ?? process.env;
  const loaded = parseScenario(text, {
    file: 'test.yaml',
    env,
    bootstrapGiven: options.bootstrap !== undefined,
    readFile: () => {
      throw new Error('no files here');
    },
  });
  // Any test can be run through another source of acknowledgements.
  const ackSource = process.env['KAFKA_BENCH_TEST_ACK_SOURCE'] as RunOptions['ackSource'];
  return runScenario(loaded, { resultsDirectory: directory, env, ackSource, ...options });
}

/** An observer that keeps what it is shown. */
export function collectShown(): { observer: RunObserver; shown: ShownMessage[] } {
  const shown: ShownMessage[] = [];
  return { shown, observer: { ...silent, shown: (message) => shown.push(message) } };
}
