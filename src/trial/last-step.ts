import { sleep } from '../base/clock.ts';
import { messageOf, type Warning } from '../base/errors.ts';

/** Of a cluster that was started for a run: `docker compose down` may take two minutes. */
export const closeMillis = 180_000;

export interface LastStep {
  /** In a warning: `the cluster could not be closed …`. */
  readonly what: string;
  /** Absent: the work waits for nobody. */
  readonly limitMillis?: number;
  readonly work: () => Promise<void>;
}

/**
 * One step of the end of a run. A step that fails, or is not done within its limit, must keep neither the next one nor
 * the result from happening: what it met is a warning, and the work itself goes on unheard.
 */
export async function lastStep({ what, limitMillis, work }: LastStep): Promise<readonly Warning[]> {
  // Deferred, so that what is thrown at once is a failure like any other.
  const done = Promise.resolve()
    .then(work)
    .then(
      () => null,
      (error: unknown) => messageOf(error),
    );
  const over = new AbortController();
  const late =
    limitMillis === undefined
      ? []
      : [sleep(limitMillis, over.signal).then(() => `not done within ${limitMillis / 1000} s`)];
  const met = await Promise.race([done, ...late]);
  over.abort();
  return met === null ? [] : [{ code: 'ending', message: `${what}: ${met}` }];
}
