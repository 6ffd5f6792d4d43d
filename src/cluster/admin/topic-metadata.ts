import type { metadataV12 } from '@platformatic/kafka';
import type { TopicDescription } from './admin.ts';
import { requests } from './requests.ts';
import type { Address, Wire } from './wire.ts';

export type MetadataResponse = metadataV12.MetadataResponse;

/**
 * Metadata of the named topics (null: all), from one broker or from any that answers. A topic without leaders or
 * not there is part of the answer (`errorCode`), not a failure: the client rejects, but keeps the whole response.
 */
export async function metadataOf(
  wire: Wire,
  topics: readonly string[] | null,
  broker?: Address,
): Promise<MetadataResponse> {
  const names = topics && [...topics];
  try {
    return broker
      ? await wire.at(broker, requests.metadata, names, false, false)
      : await wire.anyOnce(requests.metadata, names, false, false);
  } catch (error) {
    const response = (error as { response?: MetadataResponse }).response;
    if (response?.topics) return response;
    throw error;
  }
}

/** Brokers and no topics; the wire remembers where the brokers are. */
export async function refresh(wire: Wire): Promise<MetadataResponse> {
  const metadata = await wire.anyOnce(requests.metadata, [], false, false);
  wire.learn(metadata.brokers);
  return metadata;
}

export function describe(topic: metadataV12.MetadataResponseTopic): TopicDescription {
  return {
    name: topic.name ?? '',
    partitions: topic.partitions
      .map((partition) => ({
        partition: partition.partitionIndex,
        leader: partition.leaderId,
        leaderEpoch: partition.leaderEpoch,
        replicas: partition.replicaNodes,
        inSyncReplicas: partition.isrNodes,
      }))
      .sort((a, b) => a.partition - b.partition),
  };
}
