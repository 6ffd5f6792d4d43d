import { BenchError, messageOf } from '../base/errors.ts';
import type { RunResult } from '../results/schema.ts';
import type { PhaseName } from './observer.ts';

type Outcome = RunResult['outcome'];

/** Of a run that did not end by itself: the first cause stands, whatever fails because of it. */
export function outcomeAfter(
  error: unknown,
  before: Outcome,
  { phase, interruptedIn }: { readonly phase: PhaseName; readonly interruptedIn: PhaseName | undefined },
): Outcome {
  if (before.state !== 'completed') return before;
  const interrupted = error instanceof BenchError && error.code === 'interrupted';
  const hint = error instanceof BenchError && error.hint !== undefined ? ` (${error.hint})` : '';
  return {
    state: interrupted ? 'aborted' : 'failed',
    phase: interrupted ? (interruptedIn ?? phase) : phase,
    reason: `${messageOf(error)}${hint}`,
  };
}
