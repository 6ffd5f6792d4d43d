import { BenchError } from '../../base/errors.ts';
import type { GroupDescription, GroupListing, PartitionOffset } from './admin.ts';
import { kafkaErrors } from './failure.ts';
import { decodeAssignment } from './member-assignment.ts';
import { requests } from './requests.ts';
import { UnsupportedRequest } from './wire.ts';
import type { Address, Wire } from './wire.ts';

/** Key type of FindCoordinator. */
const groupKey = 0;
/** Generation and leader epoch of whoever is no member. */
const none = -1;
/** DescribeGroups v5 says so of groups that are not there. */
const dead = 'Dead';

/** Errors of a commit from outside that say that the group has members. */
export const hasMembers: readonly number[] = [
  kafkaErrors.illegalGeneration,
  kafkaErrors.unknownMember,
  kafkaErrors.rebalanceInProgress,
  kafkaErrors.staleMemberEpoch,
];

/** Groups of all brokers that answer; each knows those that it coordinates. Rejects where none answers. */
export async function listGroups(wire: Wire, brokers: readonly Address[]): Promise<GroupListing[]> {
  const answers = await Promise.allSettled(
    brokers.map((broker) => wire.at(broker, requests.listGroups, [], [])),
  );
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (found.length === 0 && failed) throw failed.reason as Error;
  return found
    .flatMap(({ groups }) => groups)
    .map(({ groupId, groupState }) => ({ group: groupId, state: groupState }))
    .sort((a, b) => (a.group < b.group ? -1 : 1));
}

/**
 * Asks as Kafka's own clients do: for a group of the consumer protocol first, then for a classic one. Null where
 * there is neither. Rejects with the client's error.
 */
export async function describeGroup(wire: Wire, group: string): Promise<GroupDescription | null> {
  const coordinator = await coordinatorOf(wire, group);
  return (
    (await describeConsumerGroup(wire, coordinator, group)) ??
    (await describeClassic(wire, coordinator, group)) ??
    // An empty classic group becomes one of the consumer protocol when such a member joins, also between the two.
    (await describeConsumerGroup(wire, coordinator, group))
  );
}

async function describeConsumerGroup(
  wire: Wire,
  coordinator: Address,
  group: string,
): Promise<GroupDescription | null> {
  try {
    const found = await wire.at(coordinator, requests.consumerGroupDescribe, group);
    if (found.errorCode !== 0) return null;
    const members = found.members.map((member) => ({
      consumerId: member.memberId,
      clientId: member.clientId,
      host: member.clientHost,
      assignment: member.assignment,
    }));
    return { group, protocol: 'consumer', state: found.state, members };
  } catch (error) {
    // Brokers before Kafka 3.7 know only classic groups.
    if (error instanceof UnsupportedRequest) return null;
    throw error;
  }
}

async function describeClassic(
  wire: Wire,
  coordinator: Address,
  group: string,
): Promise<GroupDescription | null> {
  const { groups } = await wire.at(coordinator, requests.describeGroups, [group], false);
  const found = groups[0];
  if (!found || found.groupState === dead) return null;
  if (found.protocolType !== 'consumer' && found.protocolType !== '') {
    throw new BenchError('cluster', `${group} is not a group of consumers but of type ${found.protocolType}`);
  }
  const members = found.members.map((member) => ({
    consumerId: member.memberId,
    clientId: member.clientId,
    host: member.clientHost,
    assignment: decodeAssignment(member.memberAssignment),
  }));
  return { group, protocol: 'classic', state: found.groupState, members };
}

/** By topic and partition. Rejects with the client's error. */
export async function committedOffsets(wire: Wire, group: string): Promise<PartitionOffset[]> {
  return committedAt(wire, await coordinatorOf(wire, group), group);
}

/** One request to a coordinator that is known. */
export async function committedAt(
  wire: Wire,
  coordinator: Address,
  group: string,
): Promise<PartitionOffset[]> {
  const asked = [{ groupId: group, memberId: null, memberEpoch: none, topics: null }];
  const { groups } = await wire.at(coordinator, requests.offsetFetch, asked, false);
  return (groups[0]?.topics ?? [])
    .flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, committedOffset }) => ({
        topic: name,
        partition: partitionIndex,
        offset: Number(committedOffset),
      })),
    )
    .filter(({ offset }) => offset >= 0)
    .sort(byPlace);
}

/** Rejects with the client's error: one of `hasMembers` where the group is in use. */
export async function commitOffsets(
  wire: Wire,
  group: string,
  offsets: readonly PartitionOffset[],
): Promise<void> {
  const coordinator = await coordinatorOf(wire, group);
  const topics = [...new Set(offsets.map(({ topic }) => topic))].map((name) => ({
    name,
    partitions: offsets
      .filter(({ topic }) => topic === name)
      .map(({ partition, offset }) => ({
        partitionIndex: partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: none,
        committedMetadata: '',
      })),
  }));
  await wire.at(coordinator, requests.offsetCommit, group, none, '', null, topics);
}

export function activeGroup(group: string, state?: string): BenchError {
  const now = state === undefined ? 'it has members' : `its state is ${state}`;
  return new BenchError('cluster', `offsets can only be reset while group ${group} is inactive, but ${now}`, {
    hint: 'stop its consumers and wait until the broker has noticed (session.timeout.ms)',
  });
}

export async function coordinatorOf(wire: Wire, group: string): Promise<Address> {
  const { coordinators } = await wire.anyOnce(requests.findCoordinator, groupKey, [group]);
  const found = coordinators[0];
  if (!found) throw new Error(`no broker answers for group ${group}`);
  return { host: found.host, port: found.port };
}

/** By topic as Java compares strings, then by partition. */
export function byPlace(
  a: { topic: string; partition: number },
  b: { topic: string; partition: number },
): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1;
}
