import type { Cluster } from '../../cluster/cluster.ts';
import type { RunResult } from '../../results/schema.ts';
import type { RunTopics } from '../plan/topics.ts';

type Durability = RunResult['cluster']['durability'][number];

/** What decides whether an acknowledged message survives, as the brokers apply it; null where they do not tell. */
export async function describeDurability(cluster: Cluster, topics: RunTopics): Promise<Durability[]> {
  return Promise.all(
    [...topics.byName.values()].map(async ({ name, partitions }): Promise<Durability> => {
      const unknown: Durability = {
        topic: name,
        partitions,
        replicationFactor: null,
        minInSyncReplicas: null,
        uncleanLeaderElection: null,
      };
      if (!cluster.admin) return unknown;
      try {
        const [described, config] = await Promise.all([
          cluster.admin.describeTopic(name),
          cluster.admin.topicConfig(name),
        ]);
        return {
          ...unknown,
          replicationFactor: described.partitions[0]?.replicas.length ?? null,
          minInSyncReplicas: numberOf(config['min.insync.replicas']),
          uncleanLeaderElection: booleanOf(config['unclean.leader.election.enable']),
        };
      } catch {
        // An account may be allowed to produce and not to describe: the result then says that it is unknown.
        return unknown;
      }
    }),
  );
}

function numberOf(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

function booleanOf(text: string | undefined): boolean | null {
  return text === undefined ? null : text === 'true';
}
