import type { LoadedScenario } from '../scenario/load.ts';
import type { OpenedCluster } from '../trial/open-for-run.ts';
import type { RunOptions } from '../trial/run-options.ts';
import { runTrial, type RunOutcome, type TrialPlace } from '../trial/trial.ts';
import { SeriesResult } from './series-result.ts';

export interface SeriesOptions {
  /** Open already, and left open; without it each trial opens a cluster and closes it. */
  readonly opened?: OpenedCluster | undefined;
  readonly experimentId?: string;
}

/** Trials of one scenario, in one result. */
export class TrialSeries {
  readonly #loaded: LoadedScenario;
  readonly #options: RunOptions;
  readonly #opened: OpenedCluster | undefined;
  readonly #result: SeriesResult;

  constructor(loaded: LoadedScenario, options: RunOptions, { opened, experimentId }: SeriesOptions = {}) {
    this.#loaded = loaded;
    this.#options = options;
    this.#opened = opened;
    this.#result = new SeriesResult(loaded, experimentId);
  }

  /** @throws BenchError where nothing could be measured at all: no cluster, no place for results */
  async run(place: Omit<TrialPlace, 'index'>): Promise<RunOutcome> {
    const options = { ...this.#options, opened: this.#opened };
    const outcome = await runTrial(this.#loaded, {
      ...options,
      place: { ...place, index: this.#result.length },
    });
    this.#result.add(outcome);
    const { unwritten } = this.#result.joined;
    return { ...outcome, ...(unwritten && { unwritten }) };
  }

  /** Of all trials so far. */
  get joined(): RunOutcome {
    return this.#result.joined;
  }
}
