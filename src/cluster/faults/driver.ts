import type { BrokerAction } from '../cluster.ts';
import type { NetworkChange, NetworkFeature } from './fault.ts';
import type { Undo, Undone } from './undo.ts';

/** As the provider sees the broker's process or container. */
export type BrokerState = 'running' | 'paused' | 'stopped';

/** As a watch sees it: it may also have left its network, as far as the provider knows. */
export type WatchedState = BrokerState | 'disconnected';

export interface NamedBroker {
  readonly id: number;
  readonly name: string;
}

/** How faults reach the brokers of one cluster. */
export interface FaultDriver {
  /** `process`, `compose`, `docker`, `exec` … as reports name it. */
  readonly name: string;
  /** Every node that can be named, brokers first; ids as in metadata. */
  readonly brokers: readonly NamedBroker[];
  readonly actions: ReadonlySet<BrokerAction>;
  /** Resolves when it is in place (ended, frozen, registered again), with a note where it did not go as asked. */
  act(action: BrokerAction, broker: string): Promise<string | undefined>;
  /** How to undo `action` without this process; written down before `act`. */
  undoOf(action: 'stop' | 'kill' | 'pause', broker: string): Undo;
  /** Undoes; safe to repeat. */
  undo(undo: Undo): Promise<Undone>;
  /** Absent where only metadata can tell. */
  state?(broker: string): Promise<BrokerState>;
  /**
   * All states at one price, cheap enough for twice a second; absent where they are not. One that ended and runs again
   * since the last question is `stopped` once more.
   */
  readonly states?: () => Promise<ReadonlyMap<string, WatchedState>>;
  /** How a broker's process ended last, in words; undefined where no end was seen. Absent where nobody tells. */
  readonly ending?: (broker: string) => string | undefined;
  /** Empties a stopped broker's log directory; resolves with what went, in words. Absent where it cannot. */
  wipe?(broker: string): Promise<string>;
  readonly network?: NetworkDriver;
  /** Ends what watches; changes nothing on the cluster. */
  close?(): void;
}

/** Faults on connections. */
export interface NetworkDriver {
  readonly features: ReadonlySet<NetworkFeature>;
  /** Throws BenchError('scenario') where what is asked is impossible; changes nothing. */
  check(change: NetworkChange): void;
  /**
   * How to undo without this process; null where that ends it too. `broker` is null for a change between groups of
   * brokers.
   */
  undoOf(change: NetworkChange, broker: string | null): Undo | null;
  /** Resolves when it is in place, with a note where it did not go as asked. */
  inject(change: NetworkChange, broker: string | null): Promise<string | undefined>;
  /** Resolves with what is left to be done later, when the run may be over; null where nothing is. */
  heal(change: NetworkChange, broker: string | null): Promise<Undo | null>;
  /** What shows that connections are hit since it was injected, null while nothing does. */
  observed(change: NetworkChange, broker: string | null): Promise<string | null>;
}
