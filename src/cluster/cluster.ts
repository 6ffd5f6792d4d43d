import type { Admin } from './admin/admin.ts';
import type { BrokerAction, ClusterKind } from '../base/choices.ts';
import type { ProxyControl } from './proxy/proxy-control.ts';

export type { BrokerAction, ClusterKind } from '../base/choices.ts';
export type { ProxyFault, ProxyFaultKind } from './proxy/fault.ts';
export type { ProxyControl } from './proxy/proxy-control.ts';
export type { BrokerTraffic } from './proxy/traffic.ts';

/**
 * What the brokers of a cluster that we start have been warmed with, by shape of the load. Nothing once one of them
 * has been started anew: what a JVM has compiled goes with it.
 */
export interface Warmth {
  known(): Promise<ReadonlySet<string>>;
  remember(shapes: readonly string[]): Promise<void>;
}

export interface Broker {
  readonly id: number;
  /** The compose service's name; local brokers carry the same names, external ones are called by host:port. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** A cluster that a run can use. What a provider started it stops, and only that. */
export interface Cluster {
  readonly kind: ClusterKind;
  /** Why this provider was taken, in one clause: the first line of output and the result carry it. */
  readonly why: string;
  /** `host:port,host:port` for clients on this machine. */
  readonly bootstrap: string;
  /** The same past the proxy, where there is one: it outlives the run. */
  readonly directBootstrap?: string;
  readonly brokers: readonly Broker[];
  /** Kafka's version where it is known (`4.3.0`), else null. */
  readonly version: string | null;
  /** Connection and security properties every librdkafka client needs, bootstrap.servers included. */
  readonly clientConfig: Readonly<Record<string, string | number | boolean>>;
  readonly actions: ReadonlySet<BrokerAction>;
  /** Whether brokers run on this machine and compete with the harness for its cores. */
  readonly sharesMachine: boolean;
  /** Null for the mock, which has no admin requests: topics appear when first named, with 4 partitions. */
  readonly admin: Admin | null;
  /** What stands between clients and brokers, where the request asked for it; `bootstrap` leads through it. */
  readonly proxy?: ProxyControl;
  /** Absent: never warmed, as brokers that we do not start and the mock. */
  readonly warmth?: Warmth;
  /** Of brokers on this machine, where the provider knows them: their CPU use is not "another process". */
  processIds?(): Promise<readonly number[]>;
  /** Resolves when it has taken effect, with a clause where it did not go as asked. */
  act(action: BrokerAction, broker: string): Promise<string | undefined>;
  /** Stops what this provider started unless `keep`; idempotent. */
  close(options?: { keep?: boolean }): Promise<void>;
}
