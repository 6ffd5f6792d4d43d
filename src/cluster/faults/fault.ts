import type { Micros } from '../../base/clock.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A target as the scenario file has it after parsing. */
export type TargetSpec =
  | string
  | {
      readonly leaderOf?: TopicPartition;
      readonly followerOf?: TopicPartition;
      readonly coordinatorOf?: string;
    };

type Direction = 'both' | 'in' | 'out';

export interface PartitionSpec {
  readonly groups: readonly (readonly string[])[];
  readonly direction?: Direction;
}

export interface DegradeSpec {
  readonly target: TargetSpec;
  readonly latency?: Micros;
  readonly jitter?: Micros;
  readonly bandwidth?: string;
  readonly direction?: Direction;
}

export interface DropSpec {
  readonly target: TargetSpec;
  readonly requests?: 'produce' | 'all';
  readonly responses?: 'produce' | 'all';
  readonly share?: number;
  readonly reset?: boolean;
}

/** What a partition's groups call all clients of the run. */
export const clientsSide = 'clients';

/** One entry of a parsed scenario's `faults`: one of at and after, one action. The scenario's schema holds that. */
export interface FaultSpec {
  readonly id?: string;
  readonly at?: Micros;
  readonly after?: { readonly acked?: number; readonly healed?: string; readonly stable?: Micros };
  readonly stop?: TargetSpec;
  readonly start?: TargetSpec;
  readonly kill?: TargetSpec;
  readonly restart?: TargetSpec;
  readonly pause?: TargetSpec;
  readonly rolling?: string;
  readonly wipe?: TargetSpec;
  readonly partition?: PartitionSpec;
  readonly degrade?: DegradeSpec;
  readonly drop?: DropSpec;
  readonly cut?: TargetSpec;
  readonly for?: Micros;
}

/** Actions on one broker, in the order of the grammar. */
export const brokerFaults = ['stop', 'start', 'kill', 'restart', 'pause', 'wipe'] as const;
export type BrokerFault = (typeof brokerFaults)[number];

/** Actions on connections. */
export const networkFaults = ['partition', 'degrade', 'drop', 'cut'] as const;
export type NetworkFeature = (typeof networkFaults)[number];

export type FaultAction = BrokerFault | 'rolling' | NetworkFeature;

/** Whether it leaves something behind that must be undone; the others end by themselves. */
export function needsHealing(action: FaultAction): boolean {
  return action !== 'start' && action !== 'restart' && action !== 'rolling' && action !== 'wipe';
}

export type Target =
  | { readonly kind: 'broker'; readonly name: string }
  | { readonly kind: 'leaderOf' | 'followerOf'; readonly topic: string; readonly partition: number }
  | { readonly kind: 'coordinatorOf'; readonly group: string }
  | { readonly kind: 'controller' }
  | { readonly kind: 'random' };

/** What a network fault does; `target` stands beside it, resolved when it fires. */
export type NetworkChange =
  | ({ readonly action: 'partition' } & PartitionSpec)
  | ({ readonly action: 'degrade' } & Omit<DegradeSpec, 'target'>)
  | ({ readonly action: 'drop' } & Omit<DropSpec, 'target'>)
  | { readonly action: 'cut' };

export type FaultEffect =
  | { readonly action: BrokerFault; readonly target: Target }
  | { readonly action: 'rolling' }
  | { readonly action: NetworkFeature; readonly target: Target | null; readonly change: NetworkChange };

export type Trigger =
  /** From the start of the measured phase. */
  | { readonly kind: 'at'; readonly at: Micros }
  | { readonly kind: 'acked'; readonly acked: number }
  | { readonly kind: 'healed'; readonly fault: string; readonly stable: Micros };

export interface PlannedFault {
  readonly id: string;
  readonly effect: FaultEffect;
  /** As the scenario writes it: `kafka2`, `leaderOf orders/0`. */
  readonly targetText: string;
  readonly trigger: Trigger;
  /** From the moment the fault is in place; null: one-shot. */
  readonly lasts: Micros | null;
}

/** A target as the scenario's author reads it. */
export function targetText(target: Target): string {
  switch (target.kind) {
    case 'broker':
      return target.name;
    case 'leaderOf':
    case 'followerOf':
      return `${target.kind} ${target.topic}/${target.partition}`;
    case 'coordinatorOf':
      return `coordinatorOf ${target.group}`;
    default:
      return target.kind;
  }
}
