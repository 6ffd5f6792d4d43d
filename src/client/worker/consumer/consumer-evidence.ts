import type { Clock, Micros } from '../../../base/clock.ts';
import type { ReceivedMessage, TopicPartition } from '../../kafka/binding.ts';
import {
  emptyRecord,
  recordKinds,
  type EvidenceRecord,
  type RecordKind,
} from '../../../protocol/evidence/record.ts';
import type { EvidenceFile } from '../evidence-file.ts';

export interface MemberIdentity {
  /** Number of the group in the run's list. */
  readonly group: number;
  /** Unique in the run; a client that joins again is a new member. */
  readonly member: number;
  /** The run's list of topics: records name them by their place in it. */
  readonly topics: readonly string[];
}

/**
 * What one consuming client was given, processed and committed. Records are appended in the order of their times:
 * the verifier merges the members of a group by them.
 */
export class ConsumerEvidence {
  readonly #identity: MemberIdentity;
  readonly #file: EvidenceFile;
  readonly #clock: Clock;
  /** Offsets processed since the last flush, by topic and partition. */
  readonly #open = new Map<string, (EvidenceRecord | undefined)[]>();
  /** What came while a commit was under way: it stands behind the commit. */
  #held: EvidenceRecord[] | null = null;

  constructor(identity: MemberIdentity, file: EvidenceFile, clock: Clock) {
    this.#identity = identity;
    this.#file = file;
    this.#clock = clock;
  }

  assigned(partitions: readonly TopicPartition[]): void {
    this.#each(recordKinds.assigned, partitions, this.#clock.now());
  }

  revoked(partitions: readonly TopicPartition[]): void {
    this.#each(recordKinds.revoked, partitions, this.#clock.now());
  }

  processed({ topic, partition, offset, leaderEpoch = -1 }: ReceivedMessage): void {
    let open = this.#open.get(topic);
    if (open === undefined) this.#open.set(topic, (open = []));
    const run = open[partition];
    if (run !== undefined) {
      if (run.offset + run.count === offset && run.value === leaderEpoch) {
        run.count++;
        return;
      }
      this.#append(run, this.#clock.now());
    }
    open[partition] = {
      ...this.#record(recordKinds.processed, topic, partition),
      offset,
      value: leaderEpoch,
    };
  }

  /** Its dead letter has been acknowledged. */
  deadLettered({ topic, partition, offset }: ReceivedMessage): void {
    this.#append({ ...this.#record(recordKinds.deadLettered, topic, partition), offset }, this.#clock.now());
  }

  /** Its processing failed, and it was left behind. */
  skipped({ topic, partition, offset }: ReceivedMessage): void {
    this.#append({ ...this.#record(recordKinds.skipped, topic, partition), offset }, this.#clock.now());
  }

  /** A message of this run was handed to the client with a checksum that fails. */
  broken({ topic, partition, offset }: ReceivedMessage): void {
    this.#append({ ...this.#record(recordKinds.broken, topic, partition), offset }, this.#clock.now());
  }

  /**
   * Offsets are about to be committed: what was processed is on record first, and a killed consumer leaves proof. The
   * time of the request counts, whenever it is answered: the broker refuses requests of a past generation, while a
   * stalled process may read a confirmation late.
   *
   * @returns to be told, once, whether the broker confirmed it
   */
  committing(positions: readonly TopicPartition[]): (confirmed: boolean) => void {
    this.flush();
    const requestedAt = this.#clock.now();
    const held: EvidenceRecord[] = [];
    this.#held = held;
    return (confirmed) => {
      this.#held = null;
      if (confirmed) this.#each(recordKinds.committed, positions, requestedAt);
      for (const record of held) this.#file.append(record);
    };
  }

  /** Whenever what was processed must survive this process. */
  flush(): void {
    this.#flushRuns();
    this.#file.flush();
  }

  close(): void {
    this.#flushRuns();
    this.#file.close();
  }

  #each(kind: RecordKind, partitions: readonly TopicPartition[], at: Micros): void {
    this.#flushRuns();
    for (const { topic, partition, offset } of partitions) {
      this.#append({ ...this.#record(kind, topic, partition), offset: offset ?? -1 }, at);
    }
  }

  #flushRuns(): void {
    const at = this.#clock.now();
    for (const open of this.#open.values()) {
      open.forEach((run, partition) => {
        if (run === undefined) return;
        this.#append(run, at);
        open[partition] = undefined;
      });
    }
  }

  #append(record: EvidenceRecord, at: Micros): void {
    // A topic that is not of this run: nothing is claimed about it.
    if (record.topic < 0) return;
    record.time = at * 1000;
    if (this.#held === null) this.#file.append(record);
    else this.#held.push(record);
  }

  #record(kind: RecordKind, topic: string, partition: number): EvidenceRecord {
    const { group, member, topics } = this.#identity;
    return { ...emptyRecord(), kind, topic: topics.indexOf(topic), partition, client: member, part: group };
  }
}
