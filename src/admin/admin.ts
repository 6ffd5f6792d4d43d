/** What the rest of the house asks of a cluster outside producing and consuming. */
export interface Admin {
  /** Brokers now registered. */
  brokers(): Promise<readonly { id: number; host: string; port: number }[]>;
  /** Node id of the active controller, null where the cluster does not tell. */
  controller(): Promise<number | null>;
  /** Broker id of a consumer group's coordinator; also of a group that does not exist yet. */
  coordinator(group: string): Promise<number | null>;
  listTopics(options?: { internal?: boolean }): Promise<readonly string[]>;
  describeTopic(name: string): Promise<TopicDescription>;
  /** Resolves when every partition has a leader that clients can see. */
  createTopic(topic: NewTopic): Promise<void>;
  /** Deleting a topic that is not there is not an error. */
  deleteTopics(names: readonly string[]): Promise<void>;
  /** Of each partition, by partition number. */
  offsets(topic: string): Promise<readonly PartitionOffsets[]>;
  /** Effective topic configuration, broker defaults included. */
  topicConfig(name: string): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
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
