import type { AckSourceChoice, ClusterChoice, ClusterKind } from '../base/choices.ts';
import type { RunObserver } from './observer.ts';

export interface RunOptions {
  /** Where the result goes; created when missing. */
  readonly resultsDirectory: string;
  readonly env: NodeJS.ProcessEnv;
  /** Overrides the scenario's cluster. */
  readonly bootstrap?: string | undefined;
  readonly cluster?: ClusterChoice | ClusterKind | undefined;
  /** Leave the cluster and the topics as they are at the end. */
  readonly keep?: boolean | undefined;
  /** Single messages handed to the observer, at most; 0: none. */
  readonly showMessagesPerSecond?: number | undefined;
  /** How producers learn what became of their messages. */
  readonly ackSource?: AckSourceChoice | undefined;
  readonly observer?: RunObserver | undefined;
  /** Ends the run early, in order: stop sending, drain, write what there is. */
  readonly stop?: AbortSignal | undefined;
  /** Ends it at once. */
  readonly cut?: AbortSignal | undefined;
}
