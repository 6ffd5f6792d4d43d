import { BenchError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import type {
  Admin,
  NewTopic,
  OffsetWatch,
  PartitionOffset,
  TopicDescription,
  TopicIdentity,
} from './admin.ts';
import { clusterFailure, errorCodes, kafkaErrors, mayHaveHappened } from './failure.ts';
import { freshMetadata } from './fresh-metadata.ts';
import {
  activeGroup,
  commitOffsets,
  committedOffsets,
  describeGroup,
  hasMembers,
  listGroups,
} from './groups.ts';
import { WireOffsetWatch } from './offset-watch.ts';
import { readLogEnds, readOffsets, readOffsetsAt } from './offsets.ts';
import { requests } from './requests.ts';
import { topicConfigs, type TopicConfig } from './topic-configs.ts';
import { describe, metadataOf, refresh } from './topic-metadata.ts';
import type { MetadataResponse } from './topic-metadata.ts';
import { topicVisible, topicsGone } from './topic-settling.ts';
import { mostAsked, UnsupportedRequest } from './wire.ts';
import type { Address, Wire } from './wire.ts';

/** The least that librdkafka speaks: members choose their ids. */
const consumerGroupHeartbeat = { key: 68, version: 1 };
/** Key type of FindCoordinator. */
const groupKey = 0;
/** Topics that a hint lists. */
const mostNamed = 8;

export class KafkaAdmin implements Admin {
  readonly #wire: Wire;
  readonly #bootstrap: string;

  constructor(wire: Wire, bootstrap: string) {
    this.#wire = wire;
    this.#bootstrap = bootstrap;
  }

  /** Rejects with the client's error where no broker answers. */
  refresh(): Promise<MetadataResponse> {
    return refresh(this.#wire);
  }

  brokers() {
    return this.#attempt('cannot list the brokers', async () => {
      const { brokers } = await this.#wire.retrying(() => freshMetadata(this.#wire, []));
      return brokers
        .map(({ nodeId, host, port }) => ({ id: nodeId, host, port }))
        .sort((a, b) => a.id - b.id);
    });
  }

  async serves(broker: number): Promise<boolean> {
    const lists = async (asked: { host: string; port: number }): Promise<boolean> => {
      const { brokers } = await metadataOf(this.#wire, [], asked);
      return brokers.some(({ nodeId }) => nodeId === broker);
    };
    try {
      const known = (await this.refresh()).brokers;
      const itself = known.find(({ nodeId }) => nodeId === broker);
      if (!itself || !(await lists(itself))) return false;
      // A broker that was cut off lists itself until it has caught up: the others must have taken it back.
      const others = known.filter(({ nodeId }) => nodeId !== broker).slice(0, mostAsked - 1);
      const answers = await Promise.allSettled(others.map(lists));
      const heard = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      // Where no other answers, its own word is all there is.
      return heard.length === 0 || heard.filter(Boolean).length * 2 > heard.length;
    } catch {
      return false;
    }
  }

  controller() {
    return this.#attempt('cannot find the controller', async () => {
      try {
        const partitions = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
        const quorum = await this.#wire.any(requests.describeQuorum, partitions);
        return known(quorum.topics[0]?.partitions[0]?.leaderId);
      } catch (error) {
        // Brokers with ZooKeeper do not know it. In KRaft, metadata names a random broker: better nothing.
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

  hasConsumerProtocol() {
    return this.#attempt('cannot ask brokers for their protocol', async () => {
      const known = await this.#wire.versions(consumerGroupHeartbeat.key);
      return known !== null && known.max >= consumerGroupHeartbeat.version;
    });
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
      if (!topic || topic.errorCode === kafkaErrors.unknownTopicOrPartition) throw await this.#noTopic(name);
      return describe(topic);
    });
  }

  topicIdentities(names: readonly string[]): Promise<ReadonlyMap<string, TopicIdentity | null>> {
    return this.#attempt(`cannot describe topic ${names.join(', ')}`, async () => {
      const identities = new Map<string, TopicIdentity | null>();
      if (names.length === 0) return identities;
      const { topics } = await this.#wire.retrying(() => freshMetadata(this.#wire, names));
      for (const { name, topicId: id, errorCode, partitions } of topics) {
        if (errorCode === kafkaErrors.unknownTopicOrPartition) identities.set(name ?? '', null);
        else if (partitions.length > 0) identities.set(name ?? '', { id, partitions: partitions.length });
      }
      return identities;
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
      let perhapsMade = false;
      const ask = async (broker: Address): Promise<number> => {
        try {
          const answer = await this.#wire.at(
            broker,
            requests.createTopics,
            [request],
            this.#wire.timeoutMillis,
            false,
          );
          return answer.topics[0]?.numPartitions ?? topic.partitions;
        } catch (error) {
          if (perhapsMade && errorCodes(error).includes(kafkaErrors.topicAlreadyExists))
            return topic.partitions;
          perhapsMade ||= mayHaveHappened(error);
          throw error;
        }
      };
      const partitions = await this.#wire.retrying(() => this.#wire.anyBroker(ask));
      await topicVisible(this.#wire, topic.name, Math.max(1, partitions));
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
      await topicsGone(this.#wire, names);
    });
  }

  offsets(topic: string) {
    return this.#ofLeaders(topic, readOffsets);
  }

  logEnds(topic: string) {
    return this.#ofLeaders(topic, readLogEnds);
  }

  #ofLeaders<T>(
    topic: string,
    read: (wire: Wire, brokers: MetadataResponse['brokers'], of: TopicDescription) => Promise<T>,
  ): Promise<T> {
    return this.#attempt(`cannot read the offsets of topic ${topic}`, async () => {
      return this.#wire.retrying(async () => {
        const metadata = await freshMetadata(this.#wire, [topic]);
        const found = metadata.topics[0];
        if (!found || found.errorCode === kafkaErrors.unknownTopicOrPartition)
          throw await this.#noTopic(topic);
        return read(this.#wire, metadata.brokers, describe(found));
      });
    });
  }

  offsetsFor(topic: string, timestamp: number) {
    return this.#offsetsAt(topic, timestamp);
  }

  startOffsets(topic: string) {
    return this.#offsetsAt(topic, 'start');
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

  topicConfig(name: string): Promise<TopicConfig> {
    return this.#attempt(`cannot read the configuration of topic ${name}`, () =>
      this.#wire.retrying(async () => {
        try {
          return (await topicConfigs(this.#wire, [name], null)).get(name) ?? {};
        } catch (error) {
          if (errorCodes(error).includes(kafkaErrors.unknownTopicOrPartition))
            throw await this.#noTopic(name);
          throw error;
        }
      }),
    );
  }

  topicConfigs(names: readonly string[], keys: readonly string[]): Promise<ReadonlyMap<string, TopicConfig>> {
    return this.#attempt(`cannot read the configuration of topic ${names.join(', ')}`, () =>
      this.#wire.retrying(() => topicConfigs(this.#wire, names, keys)),
    );
  }

  watchOffsets(): OffsetWatch {
    return new WireOffsetWatch(this.#wire);
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  #offsetsAt(topic: string, at: 'start' | 'end' | number): Promise<ReadonlyMap<number, number>> {
    return this.#attempt(`cannot read the offsets of topic ${topic}`, () =>
      this.#wire.retrying(async () => {
        const { brokers, topics } = await freshMetadata(this.#wire, [topic]);
        const found = topics[0];
        if (!found || found.errorCode === kafkaErrors.unknownTopicOrPartition) return new Map();
        return readOffsetsAt(this.#wire, brokers, describe(found), at);
      }),
    );
  }

  /** With the name that was meant, or some of those that there are. */
  async #noTopic(name: string): Promise<BenchError> {
    const known = await this.listTopics().catch(() => null);
    const near = nearest(name, known ?? []);
    const some = known?.slice(0, mostNamed).join(', ') ?? '';
    const there = some === '' ? 'no topics' : `${some}${known!.length > mostNamed ? ', …' : ''}`;
    return new BenchError('cluster', `there is no topic ${name} (bootstrap ${this.#bootstrap})`, {
      ...(known !== null && {
        hint: near === undefined ? `the cluster has ${there}` : `did you mean ${near}?`,
      }),
    });
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
