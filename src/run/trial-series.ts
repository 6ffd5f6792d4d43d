import { joinTrials } from '../results/join-trials.ts';
import { writeResult } from '../results/write.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { OpenedCluster } from './open-for-run.ts';
import type { RunOptions } from './run-options.ts';
import { runTrial, type RunOutcome, type TrialPlace } from './run.ts';

export interface SeriesOptions {
  /** Open already, and left open; without it each trial opens a cluster and closes it. */
  readonly opened?: OpenedCluster | undefined;
  /** The same for all sides that are interleaved. */
  readonly experimentId?: string;
}

/** Trials of one scenario in one result, which is written anew after each: a crash costs one trial. */
export class TrialSeries {
  readonly #loaded: LoadedScenario;
  readonly #options: RunOptions;
  readonly #series: SeriesOptions;
  readonly #outcomes: RunOutcome[] = [];

  constructor(loaded: LoadedScenario, options: RunOptions, series: SeriesOptions = {}) {
    this.#loaded = loaded;
    this.#options = options;
    this.#series = series;
  }

  /** @throws BenchError where nothing could be measured at all: no cluster, no place for results */
  async run(place: Omit<TrialPlace, 'index'>): Promise<RunOutcome> {
    const { opened } = this.#series;
    const index = this.#outcomes.length;
    const outcome = await runTrial(this.#loaded, { ...this.#options, opened, place: { ...place, index } });
    this.#outcomes.push(outcome);
    const { result, files } = this.joined;
    writeResult(files.result, result, this.#loaded.secrets);
    return outcome;
  }

  /** Of all trials so far. */
  get joined(): RunOutcome {
    const [first] = this.#outcomes;
    if (!first) throw new Error('no trial has been run');
    const results = this.#outcomes.map(({ result }) => result);
    const { experimentId } = this.#series;
    const result = joinTrials(results, this.#loaded.scenario.expect);
    return { result: { ...result, ...(experimentId !== undefined && { experimentId }) }, files: first.files };
  }
}
