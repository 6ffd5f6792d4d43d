import type { Direction, ProxyFault } from './fault.ts';
import type { DirectionTraffic } from './lane.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where clients reach a broker, and where it is. */
export interface Route {
  /** The broker's name: kafka1 … */
  readonly broker: string;
  /** What the broker advertises to clients. */
  readonly listen: Address;
  readonly forward: Address;
}

/** What went through the proxy to and from one broker since it was opened: the proof that a fault had effect. */
export interface BrokerTraffic extends Readonly<Record<Direction, Readonly<DirectionTraffic>>> {
  readonly broker: string;
  /** Whether the port takes connections: not while it is cut, nor while there is no broker behind it. */
  readonly listening: boolean;
  readonly connections: { readonly open: number; readonly accepted: number; readonly reset: number };
  readonly dropped: { readonly requests: number; readonly responses: number };
  /** As they stand; one that was set for both directions is listed once for each. */
  readonly faults: readonly ProxyFault[];
}
