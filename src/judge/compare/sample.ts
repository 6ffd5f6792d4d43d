import type { RunResult, TrialResult } from '../../results/schema.ts';

/** One trial, the unit of every comparison, and the run that it belongs to. */
export interface Sample {
  readonly run: Omit<RunResult, 'trials'>;
  readonly trial: TrialResult;
  /** Where the result was read from; null where it was not. */
  readonly file: string | null;
}

/** One trial of each side that ran next to each other, in random order. */
export interface Block {
  readonly base: Sample;
  readonly candidate: Sample;
}

export function samplesOf(run: RunResult, file: string | null = null): Sample[] {
  return run.trials.map((trial) => ({ run, trial, file }));
}

/**
 * Pairs what ran in the same block of the same experiment. Null where it did not: then the sides are samples of
 * their own. A trial whose block is incomplete is in no pair.
 */
export function blocksOf(base: readonly Sample[], candidate: readonly Sample[]): Block[] | null {
  const sides = [base, candidate].map(byBlock);
  const [first, second] = sides;
  if (!first || !second) return null;
  const blocks = [...first].flatMap(([key, sample]) => {
    const partner = second.get(key);
    return partner ? [{ base: sample, candidate: partner }] : [];
  });
  return blocks.length > 0 ? blocks : null;
}

function byBlock(samples: readonly Sample[]): Map<string, Sample> | null {
  const blocks = new Map<string, Sample>();
  for (const sample of samples) {
    const { experimentId } = sample.run;
    const { block } = sample.trial;
    const key = `${experimentId} ${block}`;
    if (experimentId === undefined || block === undefined || blocks.has(key)) return null;
    blocks.set(key, sample);
  }
  return blocks;
}

/** How messages name a trial: its file, else its run, with its number where the run has several. */
export function nameOf({ run, trial, file }: Sample): string {
  const of = file ?? run.runId;
  return trial.index === 0 ? of : `${of}, trial ${trial.index + 1}`;
}
