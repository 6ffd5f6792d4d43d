/** What the rest of the house asks of a cluster outside producing and consuming. */
export interface Admin {
  /** Brokers now registered. */
  brokers(): Promise<readonly { id: number; host: string; port: number }[]>;
  /**
   * Whether a broker answers at its own address and lists itself as registered, and most others that answer list it too.
   * One whose process has just been started again does not list itself, though others may still list it by its last
   * registration; one that was cut off lists itself before the others do. False also where the question failed.
   */
  serves(broker: number): Promise<boolean>;
  /** Node id of the active controller, null where the cluster does not tell. */
  controller(): Promise<number | null>;
  /** Broker id of a consumer group's coordinator; also of a group that does not exist yet. */
  coordinator(group: string): Promise<number | null>;
  /** Whether brokers have the group protocol of KIP-848 as librdkafka speaks it; they may still refuse it. */
  hasConsumerProtocol(): Promise<boolean>;
  listTopics(options?: { internal?: boolean }): Promise<readonly string[]>;
  describeTopic(name: string): Promise<TopicDescription>;
  /** Which topic each name stands for now, null where there is none; a name that no broker answers for is left out. */
  topicIdentities(names: readonly string[]): Promise<ReadonlyMap<string, TopicIdentity | null>>;
  /** Resolves when every partition has a leader that clients can see. */
  createTopic(topic: NewTopic): Promise<void>;
  /** Deleting a topic that is not there is not an error. */
  deleteTopics(names: readonly string[]): Promise<void>;
  /** Of each partition, by partition number. */
  offsets(topic: string): Promise<readonly PartitionOffsets[]>;
  /**
   * Where the leaders' logs end, replicated or not, by partition: at or behind the high watermark. Partitions of which
   * the leader does not tell are left out.
   */
  logEnds(topic: string): Promise<ReadonlyMap<number, number>>;
  /** Effective topic configuration, broker defaults included. */
  topicConfig(name: string): Promise<Readonly<Record<string, string>>>;
  /**
   * `keys` of each topic that brokers tell of, with one request; topics that are not there, or that the account may not
   * describe, are left out. Rejects where nothing is told.
   */
  topicConfigs(
    names: readonly string[],
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>;
  /** First offset whose record is at least as late as `timestamp` (ms since 1970), or −1 where there is none; by partition. */
  offsetsFor(topic: string, timestamp: number): Promise<ReadonlyMap<number, number>>;
  /** Where logs begin, by partition; those without a leader are left out, as is a topic that is not there. */
  startOffsets(topic: string): Promise<ReadonlyMap<number, number>>;
  /** High watermarks by partition; those without a leader are left out, as is a topic that is not there. */
  endOffsets(topic: string): Promise<ReadonlyMap<number, number>>;
  /** Groups of all brokers that answer, by name. */
  listGroups(): Promise<readonly GroupListing[]>;
  /** Null where there is no such group. Rejects for groups that are not of consumers, as those of Kafka Connect. */
  describeGroup(group: string): Promise<GroupDescription | null>;
  /** What a group has committed, by topic and partition; empty also where there is no such group. */
  committedOffsets(group: string): Promise<readonly PartitionOffset[]>;
  /** Commits for a group without members, which need not exist. Rejects where it has members. */
  commitOffsets(group: string, offsets: readonly PartitionOffset[]): Promise<void>;
  /** For whoever reads the same offsets every second. */
  watchOffsets(): OffsetWatch;
  close(): Promise<void>;
}

/**
 * Reads committed offsets and ends of logs again and again with one request each: it keeps in mind whom to ask until
 * an answer fails. Nothing is repeated and nothing waited for longer than `patience`; a broker that still owes an
 * answer is not asked again meanwhile.
 */
export interface OffsetWatch {
  /** Null where there was no answer in time. */
  committed(group: string, patienceMillis: number): Promise<readonly PartitionOffset[] | null>;
  /** High watermarks by partition, of those whose leaders answered in time. */
  ends(topic: string, patienceMillis: number): Promise<ReadonlyMap<number, number>>;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface PartitionOffset extends TopicPartition {
  readonly offset: number;
}

export interface GroupListing {
  readonly group: string;
  readonly state: string;
}

export interface GroupDescription {
  readonly group: string;
  /** `group.protocol` of its members. */
  readonly protocol: 'classic' | 'consumer';
  /** Kafka's name: Empty, Stable, PreparingRebalance, CompletingRebalance, Assigning, Reconciling. */
  readonly state: string;
  /** In the broker's order. */
  readonly members: readonly GroupMember[];
}

export interface GroupMember {
  readonly consumerId: string;
  readonly clientId: string;
  /** As the broker saw it: `/127.0.0.1`. */
  readonly host: string;
  readonly assignment: readonly TopicPartition[];
}

export interface PartitionOffsets {
  readonly partition: number;
  /** Where the log begins. */
  readonly start: number;
  /** The next one: the high watermark. */
  readonly end: number;
  /** The last stable offset: readers of committed records come no further. */
  readonly stable: number;
}

export interface NewTopic {
  readonly name: string;
  /** −1: the broker's default. */
  readonly partitions: number;
  /** −1: the broker's default. */
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

/** A topic that is deleted and made again has another id. */
export interface TopicIdentity {
  readonly id: string;
  /** How many there are. */
  readonly partitions: number;
}

export interface TopicDescription {
  readonly name: string;
  readonly partitions: readonly PartitionDescription[];
}

export interface PartitionDescription {
  readonly partition: number;
  /** Broker id, −1 without a leader. */
  readonly leader: number;
  /** Rises with each change of the leader. */
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
}
