import type { metadataV12 } from '@platformatic/kafka';
import { metadataOf } from './topic-metadata.ts';
import type { MetadataResponse } from './topic-metadata.ts';
import type { Wire } from './wire.ts';

/**
 * Metadata of the named topics as those brokers tell it who know most. One that is cut off from the controllers goes on
 * telling what it knew, with itself as a leader: its log ends early, and messages behind that end would look lost.
 */
export async function freshMetadata(wire: Wire, topics: readonly string[]): Promise<MetadataResponse> {
  const fresh = freshest(await wire.answers((broker) => metadataOf(wire, topics, broker)));
  wire.learn(fresh.brokers);
  return fresh;
}

/** Brokers as most of the answers list them, each partition from the answer with its highest leader epoch. */
export function freshest(answers: readonly MetadataResponse[]): MetadataResponse {
  const lists = answers.map((answer) => idsOf(answer));
  const counts = lists.map((list) => lists.filter((other) => other === list).length);
  const base = answers[counts.indexOf(Math.max(...counts))];
  if (!base) throw new Error('no metadata to choose from');
  return {
    ...base,
    topics: base.topics.map((topic) => ({
      ...topic,
      partitions: widest(answers, topic).map((partition) =>
        answers
          .flatMap((answer) => partitionIn(answer, topic, partition.partitionIndex) ?? [])
          .reduce((newest, other) => (other.leaderEpoch > newest.leaderEpoch ? other : newest), partition),
      ),
    })),
  };
}

/** Partitions of the answer that knows of the most: they are only ever added. */
function widest(
  answers: readonly MetadataResponse[],
  topic: metadataV12.MetadataResponseTopic,
): readonly metadataV12.MetadataResponsePartition[] {
  return answers
    .flatMap(({ topics }) => topics.filter((each) => isSame(each, topic)))
    .reduce(
      (most, { partitions }) => (partitions.length > most.length ? partitions : most),
      topic.partitions,
    );
}

function isSame(a: metadataV12.MetadataResponseTopic, b: metadataV12.MetadataResponseTopic): boolean {
  return a.name === b.name && a.topicId === b.topicId;
}

function idsOf({ brokers }: MetadataResponse): string {
  return brokers
    .map(({ nodeId }) => nodeId)
    .sort((a, b) => a - b)
    .join(' ');
}

function partitionIn(
  { topics }: MetadataResponse,
  topic: metadataV12.MetadataResponseTopic,
  index: number,
): metadataV12.MetadataResponsePartition | undefined {
  return topics
    .find((each) => isSame(each, topic))
    ?.partitions.find((partition) => partition.partitionIndex === index);
}
