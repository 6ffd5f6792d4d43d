import type { describeConfigsV4 } from '@platformatic/kafka';
import { sleep } from '../base/clock.ts';
import { BenchError } from '../base/errors.ts';
import type { Admin, NewTopic, PartitionOffset, TopicDescription } from './admin.ts';
import { clusterFailure, errorCodes, kafkaErrors } from './failure.ts';
import { freshMetadata } from './fresh-metadata.ts';
import {
  activeGroup,
  commitOffsets,
  committedOffsets,
  describeGroup,
  hasMembers,
  listGroups,
} from './groups.ts';
import { readOffsets, readOffsetsAt } from './offsets.ts';
import { requests } from './requests.ts';
import { describe, metadataOf } from './topic-metadata.ts';
import type { MetadataResponse } from './topic-metadata.ts';
import { UnsupportedRequest } from './wire.ts';
import type { Address, Wire } from './wire.ts';

/** Resource type of DescribeConfigs. */
const topicResource = 2 as const;
/** Key type of FindCoordinator. */
const groupKey = 0;

export class KafkaAdmin implements Admin {
  readonly #wire: Wire;
  readonly #bootstrap: string;

  constructor(wire: Wire, bootstrap: string) {
    this.#wire = wire;
    this.#bootstrap = bootstrap;
  }

  /** Brokers and, unless told otherwise, no topics; remembers where the brokers are. */
  async refresh(): Promise<MetadataResponse> {
    const metadata = await this.#wire.anyOnce(requests.metadata, [], false, false);
    this.#wire.learn(metadata.brokers);
    return metadata;
  }

  brokers() {
    return this.#attempt('cannot list the brokers', async () => {
      const { brokers } = await this.#wire.retrying(() => freshMetadata(this.#wire, []));
      return brokers
        .map(({ nodeId, host, port }) => ({ id: nodeId, host, port }))
        .sort((a, b) => a.id - b.id);
    });
  }

  controller() {
    return this.#attempt('cannot find the controller', async () => {
      try {
        const partitions = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
        const quorum = await this.#wire.any(requests.describeQuorum, partitions);
        return known(quorum.topics[0]?.partitions[0]?.leaderId);
      } catch (error) {
        // Kafka before 3.9 does not speak our version. Its metadata names a random broker in KRaft: better nothing.
        if (error instanceof UnsupportedRequest) return null;
        throw error;
      }
    });
  }

  coordinator(group: string) {
    return this.#attempt(`cannot find the coordinator of group ${group}`, () =>
      this.#wire.retrying(async () => {
        const { coordinators } = await this.#wire.anyOnce(requests.findCoordinator, groupKey, [group]);
        return known(coordinators[0]?.nodeId);
      }),
    );
  }

  listTopics(options: { internal?: boolean } = {}) {
    return this.#attempt('cannot list the topics', async () => {
      const { topics } = await this.#wire.retrying(() => metadataOf(this.#wire, null));
      return topics
        .filter((topic) => topic.errorCode !== kafkaErrors.unknownTopicOrPartition)
        .filter((topic) => options.internal === true || !topic.isInternal)
        .map((topic) => topic.name ?? '')
        .sort();
    });
  }

  describeTopic(name: string): Promise<TopicDescription> {
    return this.#attempt(`cannot describe topic ${name}`, async () => {
      const { topics } = await this.#wire.retrying(() => freshMetadata(this.#wire, [name]));
      const topic = topics[0];
      if (!topic || topic.errorCode === kafkaErrors.unknownTopicOrPartition) throw this.#noTopic(name);
      return describe(topic);
    });
  }

  createTopic(topic: NewTopic): Promise<void> {
    return this.#attempt(`cannot create topic ${topic.name}`, async () => {
      const request = {
        name: topic.name,
        numPartitions: topic.partitions,
        replicationFactor: topic.replicationFactor,
        assignments: [],
        configs: Object.entries(topic.config).map(([name, value]) => ({ name, value })),
      };
      const partitions = await this.#wire.retrying(async (attempt) => {
        try {
          const answer = await this.#wire.anyOnce(
            requests.createTopics,
            [request],
            this.#wire.timeoutMillis,
            false,
          );
          return answer.topics[0]?.numPartitions ?? topic.partitions;
        } catch (error) {
          // An earlier attempt whose answer was lost may have made it.
          if (attempt > 0 && errorCodes(error).includes(kafkaErrors.topicAlreadyExists))
            return topic.partitions;
          throw error;
        }
      });
      await this.#visible(topic.name, Math.max(1, partitions));
    });
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#attempt(`cannot delete topic ${names.join(', ')}`, async () => {
      if (names.length === 0) return;
      await this.#wire.retrying(async () => {
        try {
          await this.#wire.anyOnce(
            requests.deleteTopics,
            names.map((name) => ({ name })),
            this.#wire.timeoutMillis,
          );
        } catch (error) {
          const codes = errorCodes(error);
          if (codes.length === 0 || codes.some((code) => code !== kafkaErrors.unknownTopicOrPartition))
            throw error;
        }
      });
      await this.#gone(names);
    });
  }

  offsets(topic: string) {
    return this.#attempt(`cannot read the offsets of topic ${topic}`, async () => {
      return this.#wire.retrying(async () => {
        const metadata = await freshMetadata(this.#wire, [topic]);
        const found = metadata.topics[0];
        if (!found || found.errorCode === kafkaErrors.unknownTopicOrPartition) throw this.#noTopic(topic);
        return readOffsets(this.#wire, metadata.brokers, describe(found));
      });
    });
  }

  offsetsFor(topic: string, timestamp: number) {
    return this.#offsetsAt(topic, timestamp);
  }

  endOffsets(topic: string) {
    return this.#offsetsAt(topic, 'end');
  }

  listGroups() {
    return this.#attempt('cannot list the groups', () =>
      this.#wire.retrying(async () => listGroups(this.#wire, (await this.refresh()).brokers)),
    );
  }

  describeGroup(group: string) {
    return this.#attempt(`cannot describe group ${group}`, () =>
      this.#wire.retrying(() => describeGroup(this.#wire, group)),
    );
  }

  committedOffsets(group: string) {
    return this.#attempt(`cannot read what group ${group} has committed`, () =>
      this.#wire.retrying(() => committedOffsets(this.#wire, group)),
    );
  }

  commitOffsets(group: string, offsets: readonly PartitionOffset[]) {
    return this.#attempt(`cannot commit offsets for group ${group}`, () =>
      this.#wire.retrying(async () => {
        try {
          await commitOffsets(this.#wire, group, offsets);
        } catch (error) {
          throw errorCodes(error).some((code) => hasMembers.includes(code)) ? activeGroup(group) : error;
        }
      }),
    );
  }

  topicConfig(name: string): Promise<Readonly<Record<string, string>>> {
    const resource: describeConfigsV4.DescribeConfigsRequestResource = {
      resourceType: topicResource,
      resourceName: name,
      configurationKeys: null,
    };
    return this.#attempt(`cannot read the configuration of topic ${name}`, () =>
      this.#wire.retrying(async () => {
        try {
          const { results } = await this.#wire.anyOnce(requests.describeConfigs, [resource], false, false);
          const configs = results[0]?.configs ?? [];
          // Sensitive values come as null.
          return Object.fromEntries(
            configs.flatMap(({ name: key, value }) =>
              typeof value === 'string' ? [[key, value] as const] : [],
            ),
          );
        } catch (error) {
          if (errorCodes(error).includes(kafkaErrors.unknownTopicOrPartition)) throw this.#noTopic(name);
          throw error;
        }
      }),
    );
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  #offsetsAt(topic: string, at: 'end' | number): Promise<ReadonlyMap<number, number>> {
    return this.#attempt(`cannot read the offsets of topic ${topic}`, () =>
      this.#wire.retrying(async () => {
        const { brokers, topics } = await freshMetadata(this.#wire, [topic]);
        const found = topics[0];
        if (!found || found.errorCode === kafkaErrors.unknownTopicOrPartition) return new Map();
        return readOffsetsAt(this.#wire, brokers, describe(found), at);
      }),
    );
  }

  /** Waits until every broker that answers shows a leader for each partition: clients may ask any of them. */
  async #visible(name: string, partitions: number): Promise<void> {
    const deadline = performance.now() + this.#wire.timeoutMillis;
    const ready = async (broker: Address): Promise<boolean> => {
      try {
        const { topics } = await metadataOf(this.#wire, [name], broker);
        const leaders = topics[0]?.partitions.filter((partition) => partition.leaderId >= 0).length ?? 0;
        return leaders >= partitions;
      } catch (error) {
        // A broker that is down or paused cannot hold up the topic.
        return errorCodes(error).length === 0;
      }
    };
    for (;;) {
      const { brokers } = await this.#wire.retrying(() => this.refresh());
      if (brokers.length > 0 && (await Promise.all(brokers.map(ready))).every(Boolean)) return;
      if (performance.now() > deadline) {
        throw new BenchError('cluster', `topic ${name} has partitions without a leader`, {
          hint: 'check that enough brokers are up for its replication factor',
        });
      }
      await sleep(50);
    }
  }

  /** Deletion is asynchronous; without this wait the same name could not be created again. Gives up silently. */
  async #gone(names: readonly string[]): Promise<void> {
    const deadline = performance.now() + Math.min(5_000, this.#wire.timeoutMillis);
    while (performance.now() < deadline) {
      const { topics } = await this.#wire.retrying(() => metadataOf(this.#wire, [...names]));
      if (topics.every((topic) => topic.errorCode === kafkaErrors.unknownTopicOrPartition)) return;
      await sleep(50);
    }
  }

  #noTopic(name: string): BenchError {
    return new BenchError('cluster', `there is no topic ${name} (bootstrap ${this.#bootstrap})`);
  }

  async #attempt<T>(what: string, operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw clusterFailure(what, this.#bootstrap, error);
    }
  }
}

function known(id: number | undefined): number | null {
  return id === undefined || id < 0 ? null : id;
}
