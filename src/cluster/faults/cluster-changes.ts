import type { ClusterView } from './metadata.ts';

export type ClusterChange =
  | { readonly kind: 'broker-gone' | 'broker-back'; readonly broker: number }
  | {
      readonly kind: 'leader';
      readonly topic: string;
      readonly partition: number;
      /** Broker ids, −1 without a leader. */
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly kind: 'in-sync';
      readonly topic: string;
      readonly partition: number;
      readonly from: readonly number[];
      readonly to: readonly number[];
    };

/** What differs between two looks. Partitions that only one of them has are no change: topics come and go. */
export function diffViews(before: ClusterView, after: ClusterView): ClusterChange[] {
  const gone = before.brokers.filter((id) => !after.brokers.includes(id));
  const back = after.brokers.filter((id) => !before.brokers.includes(id));
  const earlier = new Map(before.partitions.map((p) => [`${p.topic}/${p.partition}`, p]));
  return [
    ...gone.map((broker) => ({ kind: 'broker-gone' as const, broker })),
    ...back.map((broker) => ({ kind: 'broker-back' as const, broker })),
    ...after.partitions.flatMap(({ topic, partition, leader, inSync }): ClusterChange[] => {
      const old = earlier.get(`${topic}/${partition}`);
      if (!old) return [];
      return [
        ...(old.leader === leader
          ? []
          : [{ kind: 'leader' as const, topic, partition, from: old.leader, to: leader }]),
        ...(sameMembers(old.inSync, inSync)
          ? []
          : [{ kind: 'in-sync' as const, topic, partition, from: old.inSync, to: inSync }]),
      ];
    }),
  ];
}

function sameMembers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}
