import type { Security } from './admin/security.ts';
import type { ClusterChoice, ControllerChoice } from '../base/choices.ts';
import type { Broker, ClusterKind } from './cluster.ts';

/** What a run asks for; a scenario's `cluster` and `security`, resolved. */
export interface ClusterRequest {
  readonly kind: ClusterChoice | ClusterKind;
  readonly brokers?: number | undefined;
  readonly controllers: ControllerChoice;
  /** Kafka's, where we choose it: a release (`4.3.0`) or a line (`3.9`). */
  readonly version?: string | undefined;
  readonly bootstrap?: string | undefined;
  /** Broker properties; they override ours. */
  readonly config: Readonly<Record<string, string>>;
  readonly security?: Security | undefined;
  /** Clients reach the brokers through the built-in TCP proxy, `cluster.proxy`. */
  readonly proxy?: boolean | undefined;
}

export interface OpenContext {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** Told in one line what takes longer than a moment. */
  readonly progress?: ((line: string) => void) | undefined;
  /** Hosts librdkafka's mock in a process of its own; this room may not load the binding. */
  readonly startMock: (brokers: number) => Promise<MockHost>;
  /** Highest replication factor the scenario names. */
  readonly neededReplication?: number | undefined;
}

export interface MockHost {
  readonly brokers: readonly Broker[];
  stop(): Promise<void>;
}

/** Brokers to start where nobody said how many. */
export function brokerCount(request: ClusterRequest, context: OpenContext): number {
  return Math.max(1, context.neededReplication ?? 1, request.brokers ?? 1);
}
