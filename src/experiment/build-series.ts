import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BenchError } from '../base/errors.ts';
import { runFiles } from '../results/journal.ts';
import { readResult } from '../results/read.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { OpenedCluster } from '../trial/open-for-run.ts';
import type { RunOptions } from '../trial/run-options.ts';
import type { RunOutcome, TrialPlace } from '../trial/trial.ts';
import { SeriesResult } from './series-result.ts';

export interface BuildOptions {
  /** The checkout of kafka-bench that runs the trials, each in a process of its own. */
  readonly checkout: string;
  /** `path=value`, handed on as they were given. */
  readonly settings: readonly string[];
  /** Without one each trial has a mock of its own. */
  readonly opened: OpenedCluster | undefined;
  readonly experimentId: string;
}

/** Trials of one scenario as another checkout runs them, in one result; the counterpart of TrialSeries. */
export class BuildSeries {
  readonly #loaded: LoadedScenario;
  readonly #options: RunOptions;
  readonly #build: BuildOptions;
  readonly #result: SeriesResult;

  constructor(loaded: LoadedScenario, options: RunOptions, build: BuildOptions) {
    this.#loaded = loaded;
    this.#options = options;
    this.#build = build;
    this.#result = new SeriesResult(loaded, build.experimentId);
  }

  /** @throws BenchError where the other checkout writes no result */
  async run({ block, order }: Omit<TrialPlace, 'index'>): Promise<RunOutcome> {
    const { resultsDirectory } = this.#options;
    const index = this.#result.length;
    const name = `build-${order}-${index}`;
    const directory = join(resultsDirectory, name);
    mkdirSync(directory, { recursive: true });
    const said = await this.#bench(directory);
    const found = readdirSync(directory).find((entry) => entry.endsWith('.json'));
    if (found === undefined) {
      throw new BenchError('results', `${this.#build.checkout} wrote no result: ${said}`, {
        hint: 'run the scenario there by hand: node bin/kafka-bench.mjs run',
      });
    }
    const { result } = await readResult(join(directory, found));
    const place = { index, order, ...(block !== undefined && { block }) };
    const trials = result.trials.map((trial) => {
      const { evidence } = trial.delivery;
      // The joined result lies one directory above what the trial left.
      const delivery = { ...trial.delivery, ...(evidence != null && { evidence: join(name, evidence) }) };
      return { ...trial, delivery, ...place };
    });
    const started = new Date(result.startedAt);
    const files = runFiles(resultsDirectory, started, this.#loaded.scenario.name, result.runId);
    const outcome = { result: { ...result, trials }, files };
    this.#result.add(outcome);
    return outcome;
  }

  get joined(): RunOutcome {
    return this.#result.joined;
  }

  /** Resolves with the last line that it said, whatever its exit code: the result tells how it went. */
  #bench(directory: string): Promise<string> {
    const { checkout, settings, opened } = this.#build;
    const where = opened ? ['--bootstrap', opened.cluster.bootstrap] : ['--cluster', 'mock'];
    const args = [
      ...[join(checkout, 'bin', 'kafka-bench.mjs'), 'run', resolve(this.#loaded.file)],
      ...['--results', resolve(directory), '--quiet', ...where],
      ...settings.flatMap((setting) => ['--set', setting]),
      ...(this.#options.ackSource === undefined ? [] : ['--ack-source', this.#options.ackSource]),
    ];
    const { stop } = this.#options;
    return new Promise((told, failed) => {
      const child = spawn(process.execPath, args, {
        cwd: checkout,
        env: this.#options.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      const hear = (part: string): void => void (text = `${text}${part}`.slice(-4000));
      child.stdout.setEncoding('utf8').on('data', hear);
      child.stderr.setEncoding('utf8').on('data', hear);
      const end = (): void => void child.kill('SIGINT');
      stop?.addEventListener('abort', end, { once: true });
      child.once('error', (error) =>
        failed(new BenchError('results', `cannot run ${checkout}: ${error.message}`)),
      );
      child.once('close', () => {
        stop?.removeEventListener('abort', end);
        told(text.trim().split('\n').at(-1) ?? '');
      });
    });
  }
}
