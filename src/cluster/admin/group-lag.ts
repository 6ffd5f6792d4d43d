import type { Admin, GroupDescription, GroupMember, PartitionOffset, TopicPartition } from './admin.ts';
import { byPlace } from './groups.ts';

/** One line of `kafka-consumer-groups --describe`; null is what that prints as `-`. */
export interface PartitionLag extends TopicPartition {
  readonly currentOffset: number | null;
  readonly logEndOffset: number | null;
  readonly lag: number | null;
  /** Where the log begins. */
  readonly logStartOffset: number | null;
  /** Messages of the lag that are gone from the log (retention, DeleteRecords), so that the group will not get them. */
  readonly removed: number | null;
  readonly consumerId: string | null;
  readonly host: string | null;
  readonly clientId: string | null;
}

export interface GroupLag {
  readonly group: string;
  readonly protocol: 'classic' | 'consumer';
  readonly state: string;
  readonly partitions: readonly PartitionLag[];
}

/** How far a group is behind in each partition that it has or had. Null where there is no such group. */
export async function readGroupLag(admin: Admin, group: string): Promise<GroupLag | null> {
  const description = await admin.describeGroup(group);
  if (!description) return null;
  // Ends after commits: the other way round a lag could be negative.
  const committed = await admin.committedOffsets(group);
  const places = [...description.members.flatMap((member) => member.assignment), ...committed];
  const topics = [...new Set(places.map(({ topic }) => topic))];
  // Starts before ends: a log that is cut down between the two has no more removed than it lags.
  const starts = await byTopic(topics, (topic) => admin.startOffsets(topic));
  const ends = await byTopic(topics, (topic) => admin.endOffsets(topic));
  return {
    group,
    protocol: description.protocol,
    state: description.state,
    partitions: partitionLags(description, committed, ({ topic, partition }) => ({
      start: starts.get(topic)?.get(partition),
      end: ends.get(topic)?.get(partition),
    })),
  };
}

type ByTopic = ReadonlyMap<string, ReadonlyMap<number, number>>;

async function byTopic(
  topics: readonly string[],
  read: (topic: string) => Promise<ReadonlyMap<number, number>>,
): Promise<ByTopic> {
  return new Map(await Promise.all(topics.map(async (topic) => [topic, await read(topic)] as const)));
}

/**
 * Members with the most partitions come first, as in Kafka's tool; last what is committed and nobody has. Members
 * without partitions have no line.
 */
export function partitionLags(
  { members }: GroupDescription,
  committed: readonly PartitionOffset[],
  logOf: (place: TopicPartition) => {
    readonly start?: number | undefined;
    readonly end?: number | undefined;
  },
): PartitionLag[] {
  const line = (place: TopicPartition, member: GroupMember | null): PartitionLag => {
    const currentOffset = committed.find((offset) => samePlace(offset, place))?.offset ?? null;
    const { start: logStartOffset = null, end: logEndOffset = null } = logOf(place);
    return {
      topic: place.topic,
      partition: place.partition,
      currentOffset,
      logEndOffset,
      lag: currentOffset === null || logEndOffset === null ? null : logEndOffset - currentOffset,
      logStartOffset,
      removed:
        currentOffset === null || logStartOffset === null
          ? null
          : Math.max(0, logStartOffset - currentOffset),
      consumerId: member?.consumerId ?? null,
      host: member?.host ?? null,
      clientId: member?.clientId ?? null,
    };
  };
  const assigned = members.flatMap((member) => member.assignment);
  return [
    ...[...members]
      .sort((a, b) => b.assignment.length - a.assignment.length)
      .flatMap((member) => [...member.assignment].sort(byPlace).map((place) => line(place, member))),
    ...committed
      .filter((offset) => !assigned.some((place) => samePlace(place, offset)))
      .sort(byPlace)
      .map((offset) => line(offset, null)),
  ];
}

function samePlace(a: TopicPartition, b: TopicPartition): boolean {
  return a.topic === b.topic && a.partition === b.partition;
}
