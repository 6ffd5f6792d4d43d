import { BenchError } from '../base/errors.ts';
import { joinTrials } from './join-trials.ts';
import type { RunFiles } from '../results/journal.ts';
import type { RunResult } from '../results/schema.ts';
import { writeResult } from '../results/write.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { RunOutcome } from '../trial/trial.ts';

/** The one result of several trials, beside the files of the first; written anew with each: a crash costs one trial. */
export class SeriesResult {
  readonly #loaded: LoadedScenario;
  readonly #experimentId: string | undefined;
  readonly #results: RunResult[] = [];
  #files: RunFiles | undefined;
  #unwritten: BenchError | undefined;

  /** @param experimentId the same for all sides that are interleaved */
  constructor(loaded: LoadedScenario, experimentId?: string) {
    this.#loaded = loaded;
    this.#experimentId = experimentId;
  }

  /** How many trials there are. */
  get length(): number {
    return this.#results.length;
  }

  add({ result, files }: RunOutcome): void {
    this.#results.push(result);
    this.#files ??= files;
    this.#unwritten = undefined;
    try {
      writeResult(this.#files.result, this.joined.result, this.#loaded.secrets);
    } catch (error) {
      // What was measured can still be shown.
      if (!(error instanceof BenchError)) throw error;
      this.#unwritten = error;
    }
  }

  get joined(): RunOutcome {
    if (!this.#files) throw new Error('no trial has been run');
    const result = joinTrials(this.#results, this.#loaded.scenario.expect);
    const experiment = this.#experimentId === undefined ? {} : { experimentId: this.#experimentId };
    const unwritten = this.#unwritten === undefined ? {} : { unwritten: this.#unwritten };
    return { result: { ...result, ...experiment }, files: this.#files, ...unwritten };
  }
}
