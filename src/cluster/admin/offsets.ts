import type { PartitionDescription, PartitionOffsets, TopicDescription } from './admin.ts';
import { requests } from './requests.ts';
import type { Address, Wire } from './wire.ts';

/** Special timestamps of ListOffsets. */
const earliest = -2n;
const latest = -1n;

/** Isolation levels: the end is the high watermark, or the last stable offset. */
const readUncommitted = 0;
const readCommitted = 1;
const asConsumer = -1;

interface Node extends Address {
  readonly nodeId: number;
}

/** First, next and last stable offset of each partition, asked of its leader. Rejects with the client's error. */
export async function readOffsets(
  wire: Wire,
  brokers: readonly Node[],
  topic: TopicDescription,
): Promise<PartitionOffsets[]> {
  const byLeader = new Map<number, PartitionDescription[]>();
  for (const partition of topic.partitions) {
    byLeader.set(partition.leader, [...(byLeader.get(partition.leader) ?? []), partition]);
  }
  const parts = await Promise.all(
    [...byLeader].map(async ([leader, partitions]) => {
      const node = brokers.find((broker) => broker.nodeId === leader);
      if (!node) throw new Error(`partition ${partitions[0]!.partition} has no leader`);
      const [starts, ends, stables] = await Promise.all([
        listOffsets(wire, node, topic.name, partitions, earliest, readUncommitted),
        listOffsets(wire, node, topic.name, partitions, latest, readUncommitted),
        listOffsets(wire, node, topic.name, partitions, latest, readCommitted),
      ]);
      return partitions.map(({ partition }) => ({
        partition,
        start: starts.get(partition) ?? 0,
        end: ends.get(partition) ?? 0,
        stable: stables.get(partition) ?? 0,
      }));
    }),
  );
  return parts.flat().sort((a, b) => a.partition - b.partition);
}

/**
 * Of each partition that has a leader: where its log begins or ends, or its first offset not earlier than `at` (ms since
 * 1970), −1 where there is none. Rejects with the client's error.
 */
export async function readOffsetsAt(
  wire: Wire,
  brokers: readonly Node[],
  topic: TopicDescription,
  at: 'start' | 'end' | number,
): Promise<Map<number, number>> {
  const timestamp = at === 'end' ? latest : at === 'start' ? earliest : BigInt(at);
  const offsets = await fromLeaders(brokers, topic, (node, led) =>
    listOffsets(wire, node, topic.name, led, timestamp, readUncommitted),
  );
  return new Map(offsets.sort(([a], [b]) => a - b));
}

/** Of each partition that has a leader: where that one's log ends, replicated or not. Rejects with the client's error. */
export async function readLogEnds(
  wire: Wire,
  brokers: readonly Node[],
  topic: TopicDescription,
): Promise<Map<number, number>> {
  const logs = await fromLeaders(brokers, topic, (node, led) =>
    wire.at(node, requests.leaderLogEnds, topic.name, led),
  );
  return new Map(logs.flatMap(({ partition, end }) => (end < 0 ? [] : [[partition, end] as const])));
}

/** What each broker answers for the partitions that it leads. */
async function fromLeaders<T>(
  brokers: readonly Node[],
  { partitions }: TopicDescription,
  ask: (node: Node, led: readonly PartitionDescription[]) => Promise<Iterable<T>>,
): Promise<T[]> {
  const parts = await Promise.all(
    brokers.map(async (node) => {
      const led = partitions.filter(({ leader }) => leader === node.nodeId);
      return led.length === 0 ? [] : [...(await ask(node, led))];
    }),
  );
  return parts.flat();
}

/** The partitions that a broker leads: where their logs end. One request. Rejects with the client's error. */
export function endsAt(
  wire: Wire,
  node: Address,
  topic: string,
  led: readonly PartitionDescription[],
): Promise<Map<number, number>> {
  return listOffsets(wire, node, topic, led, latest, readUncommitted);
}

async function listOffsets(
  wire: Wire,
  node: Address,
  name: string,
  partitions: readonly PartitionDescription[],
  timestamp: bigint,
  isolation: number,
): Promise<Map<number, number>> {
  // With its epoch, a broker that has lost the partition, and does not know it yet, refuses to answer for it.
  const asked = partitions.map(({ partition, leaderEpoch }) => ({
    partitionIndex: partition,
    currentLeaderEpoch: leaderEpoch,
    timestamp,
  }));
  const { topics } = await wire.at(node, requests.listOffsets, asConsumer, isolation, [
    { name, partitions: asked },
  ]);
  return new Map((topics[0]?.partitions ?? []).map((p) => [p.partitionIndex, Number(p.offset)]));
}
