import { expect, it } from 'vitest';
import type { Admin } from '../../cluster/admin/admin.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { describeDurability } from './durability.ts';
import type { RunTopics } from '../plan/topics.ts';

const topics = {
  byName: new Map([['t', { spec: {}, name: 't-1', partitions: 3, created: true }]]),
  warnings: [],
} as unknown as RunTopics;

const unknown = {
  topic: 't-1',
  partitions: 3,
  replicationFactor: null,
  minInSyncReplicas: null,
  uncleanLeaderElection: null,
};

function clusterOf(admin: Partial<Admin> | null): Cluster {
  return { admin } as unknown as Cluster;
}

it('tells what the brokers apply', async () => {
  const admin: Partial<Admin> = {
    describeTopic: (name) =>
      Promise.resolve({
        name,
        partitions: [{ partition: 0, leader: 1, leaderEpoch: 0, replicas: [1, 2, 3], inSyncReplicas: [1] }],
      }),
    topicConfig: () =>
      Promise.resolve({ 'min.insync.replicas': '2', 'unclean.leader.election.enable': 'false' }),
  };
  expect(await describeDurability(clusterOf(admin), topics)).toEqual([
    { ...unknown, replicationFactor: 3, minInSyncReplicas: 2, uncleanLeaderElection: false },
  ]);
});

it('knows nothing of the mock, of settings that are not told, and of an account that may not ask', async () => {
  expect(await describeDurability(clusterOf(null), topics)).toEqual([unknown]);
  const silent: Partial<Admin> = {
    describeTopic: (name) => Promise.resolve({ name, partitions: [] }),
    topicConfig: () => Promise.resolve({}),
  };
  expect(await describeDurability(clusterOf(silent), topics)).toEqual([unknown]);
  const refused: Partial<Admin> = {
    describeTopic: () => Promise.reject(new Error('TOPIC_AUTHORIZATION_FAILED')),
    topicConfig: () => Promise.resolve({}),
  };
  expect(await describeDurability(clusterOf(refused), topics)).toEqual([unknown]);
});
