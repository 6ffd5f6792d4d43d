/** One partition of a topic of the run, under the name that the scenario uses. */
export interface PartitionView {
  readonly topic: string;
  readonly partition: number;
  /** Broker id, −1 without a leader. */
  readonly leader: number;
  /** The first is the preferred leader. */
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

/** One look at the cluster. */
export interface ClusterView {
  /** Ids of brokers that are registered and not fenced. */
  readonly brokers: readonly number[];
  readonly partitions: readonly PartitionView[];
}

/** What faults ask about the cluster. Handed in: this room talks to no broker. */
export interface FaultMetadata {
  /** Rejects when no broker answers. */
  look(): Promise<ClusterView>;
  /** Node id of the active controller, null where the cluster does not tell. */
  controller(): Promise<number | null>;
  /** Whether a broker answers itself and most others list it as registered; absent where nobody can ask. */
  readonly serves?: (broker: number) => Promise<boolean>;
  /** Broker id; absent where nobody can ask. */
  coordinatorOf?(group: string): Promise<number | null>;
}

/** The part of an admin client that `adminMetadata` needs. */
export interface MetadataAdmin {
  brokers(): Promise<readonly { id: number }[]>;
  serves(broker: number): Promise<boolean>;
  controller(): Promise<number | null>;
  coordinator(group: string): Promise<number | null>;
  describeTopic(name: string): Promise<{
    partitions: readonly {
      partition: number;
      leader: number;
      replicas: readonly number[];
      inSyncReplicas: readonly number[];
    }[];
  }>;
}

/** What the cluster calls what the scenario names. */
export interface ClusterNames {
  readonly topics: ReadonlyMap<string, string>;
  readonly groups: ReadonlyMap<string, string>;
}

/** `FaultMetadata` of an admin client. */
export function adminMetadata(admin: MetadataAdmin, { topics, groups }: ClusterNames): FaultMetadata {
  return {
    controller: () => admin.controller(),
    serves: (broker) => admin.serves(broker),
    coordinatorOf: (group) => admin.coordinator(groups.get(group) ?? group),
    async look() {
      const [brokers, ...described] = await Promise.all([
        admin.brokers(),
        ...[...topics].map(async ([topic, name]) => {
          const { partitions } = await admin.describeTopic(name);
          return partitions.map(({ partition, leader, replicas, inSyncReplicas }): PartitionView => ({
            topic,
            partition,
            leader,
            replicas,
            inSync: inSyncReplicas,
          }));
        }),
      ]);
      return { brokers: brokers.map((broker) => broker.id), partitions: described.flat() };
    },
  };
}

/** Whether every partition is led by its first replica: after a broker's return the imbalance check does that. */
export function hasPreferredLeaders(view: ClusterView): boolean {
  return view.partitions.every(({ leader, replicas }) => leader === replicas[0]);
}

/** Whether a broker is registered and in sync wherever it has a replica. */
export function isBackInSync(view: ClusterView, broker: number): boolean {
  return (
    view.brokers.includes(broker) &&
    view.partitions.every(({ replicas, inSync }) => !replicas.includes(broker) || inSync.includes(broker))
  );
}
