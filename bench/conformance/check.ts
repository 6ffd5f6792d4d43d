export type Outcome = 'PASS' | 'FAIL' | 'VACUOUS' | 'ERROR';

/** One thing that a row looks at, with what was found, in words. */
export interface Check {
  /**
   * `never`: what must not happen whatever else does. `condition`: without it the row proves nothing. `shown`: what
   * theory says must then be seen.
   */
  readonly kind: 'never' | 'condition' | 'shown';
  readonly holds: boolean;
  readonly found: string;
}

/**
 * A breach of `never` is a failure even where a condition is missing; what must be seen is asked for only where every
 * condition was met.
 */
export function outcomeOf(checks: readonly Check[]): Outcome {
  const broken = (kind: Check['kind']) => checks.some((check) => check.kind === kind && !check.holds);
  if (broken('never')) return 'FAIL';
  if (broken('condition') || !checks.some(({ kind }) => kind === 'condition')) return 'VACUOUS';
  return broken('shown') ? 'FAIL' : 'PASS';
}
