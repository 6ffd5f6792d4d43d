import { fromBeginning } from '../../base/auto-offset-reset.ts';
import type { ConsumePlan } from '../../protocol/plan.ts';

/** A consumer group whose committed offsets can be watched. */
export interface WatchedGroup {
  /** On the cluster, as are its topics. */
  readonly name: string;
  readonly topics: readonly string[];
  /** Where it has committed nothing it begins with the log: what lies there is its lag. */
  readonly fromBeginning: boolean;
}

/** Clients without a group and groups that never commit have no lag that a cluster could tell. */
export function watchedGroups(plans: readonly ConsumePlan[]): WatchedGroup[] {
  const clients = plans.flatMap((plan) => plan.clients).filter(({ group }) => group !== null);
  return [...new Set(clients.flatMap(({ group }) => group ?? []))].flatMap((name) => {
    const own = clients.filter(({ group }) => group === name);
    if (own.every(({ commit }) => commit.kind === 'none')) return [];
    return [
      {
        name,
        topics: [...new Set(own.flatMap(({ topics }) => topics))],
        fromBeginning: own.every(({ config }) => fromBeginning.includes(config['auto.offset.reset'])),
      },
    ];
  });
}
