import { DeadLetters, type DeadLetter } from './dead-letters.ts';
import type { Findings } from '../../protocol/evidence/findings.ts';
import { IntervalSet } from './interval-set.ts';
import type { PartitionTable } from './partition-table.ts';

export interface GroupOptions {
  readonly name: string;
  readonly findings: Findings;
  readonly partitions: PartitionTable;
  /** Default `owed`. */
  readonly backlog?: Backlog;
}

/**
 * What it means that a group did not get what lies at or behind both its last processed offset and its last
 * commit: `owed`, it should have; `excused`, the scenario stopped the group for good; `unread`, the run stopped
 * waiting for a group that still had a backlog, so nobody knows whether it would have come.
 */
export type Backlog = 'owed' | 'excused' | 'unread';

/** What became of an audited record in a group. `unread` and `unattributed` ones are undelivered too, but no loss. */
export type GroupFate =
  'processed' | 'dead-lettered' | 'excused' | 'undelivered' | 'unread' | 'unattributed' | 'not-owed';

export const undelivered: ReadonlySet<GroupFate> = new Set(['undelivered', 'unread', 'unattributed']);

/** Runs of broken messages that are remembered, a partition: with more the verdict is the same, the count too low. */
const brokenKept = 65_536;

/** One member's hold on a partition, from assignment to revocation. */
interface Session {
  /** What the group had committed when the partition was assigned: nothing below may be given out again. */
  readonly floor: number;
  lastOffset: number;
  lastEpoch: number;
}

class GroupPartition {
  processed = new IntervalSet();
  /** What members said that they had put into a dead-letter topic, and what they left behind. */
  deadLettered = new IntervalSet();
  skipped = new IntervalSet();
  /** Somebody else had it or committed in it, or it was made again: nothing follows from what the group did there. */
  isShared = false;
  readonly sessions = new Map<number, Session>();
  /** First offset that the group owes; null where it never had the partition. */
  owedFrom: number | null = null;
  committed = -1;
  readonly broken: { readonly member: number; readonly from: number; to: number }[] = [];
}

/**
 * What one consumer group processed and committed, per partition. Events are entered in the order of their time,
 * over all members: a commit that a member saw succeed binds the next owner of the partition.
 */
export class GroupLedger {
  readonly name: string;
  readonly #findings: Findings;
  readonly #table: PartitionTable;
  readonly #backlog: Backlog;
  readonly #letters = new DeadLetters();
  #redelivered = 0;
  readonly #partitions: (GroupPartition | undefined)[] = [];

  constructor(options: GroupOptions) {
    this.name = options.name;
    this.#findings = options.findings;
    this.#table = options.partitions;
    this.#backlog = options.backlog ?? 'owed';
  }

  /** The group reads this partition, and owes everything from `offset` on. */
  owes(partition: number, offset: number): void {
    this.#at(partition).owedFrom = offset;
  }

  /** Members of somebody else read or committed there, too: what this group did not get, it need not have missed. */
  shares(partition: number): void {
    this.#at(partition).isShared = true;
  }

  /**
   * The topic was deleted and perhaps made again: its offsets are handed out anew, and what was processed before is of
   * another log. Members may go on with messages that they had taken before, so that order says nothing any more.
   */
  remade(partition: number): void {
    const at = this.#at(partition);
    at.processed = new IntervalSet();
    at.deadLettered = new IntervalSet();
    at.skipped = new IntervalSet();
    at.sessions.clear();
    at.committed = -1;
    at.isShared = true;
  }

  assigned(member: number, partition: number): void {
    const at = this.#at(partition);
    at.sessions.set(member, { floor: at.committed, lastOffset: -1, lastEpoch: -1 });
  }

  revoked(member: number, partition: number): void {
    this.#at(partition).sessions.delete(member);
  }

  /** Offsets [offset, offset + count) were processed, whatever they held. `epoch` −1: unknown. */
  processed(member: number, partition: number, offset: number, count: number, epoch: number): void {
    const at = this.#at(partition);
    let session = at.sessions.get(member);
    if (session === undefined) {
      // Without a record of its assignment nothing is known of what it had to begin at.
      session = { floor: -1, lastOffset: -1, lastEpoch: -1 };
      at.sessions.set(member, session);
    }
    const end = offset + count;
    if (at.isShared) {
      at.processed.add(offset, end);
      return;
    }
    this.#checkProgress(at, session, member, partition, offset, epoch);
    session.lastOffset = offset + count - 1;
    if (epoch >= 0) session.lastEpoch = epoch;

    const floor = Math.min(Math.max(session.floor, offset), end);
    this.#overlap('committed-redelivery', at, member, partition, offset, floor);
    this.#overlap('redelivery', at, member, partition, floor, end);
  }

  #checkProgress(
    at: GroupPartition,
    session: Session,
    member: number,
    partition: number,
    offset: number,
    epoch: number,
  ): void {
    const witness = (previous: number) => () => ({
      group: this.name,
      member,
      place: this.#place(partition, offset),
      previous,
    });
    if (offset <= session.lastOffset) {
      this.#findings.add('offset-regression', 1, witness(session.lastOffset));
    }
    if (epoch >= 0 && epoch < session.lastEpoch) {
      this.#findings.add('epoch-regression', 1, witness(session.lastEpoch));
    }
  }

  #overlap(
    kind: 'redelivery' | 'committed-redelivery',
    at: GroupPartition,
    member: number,
    partition: number,
    from: number,
    to: number,
  ): void {
    // Asked before the range is in the set, and only where it cannot be new.
    const overlap = from < at.processed.end ? at.processed.firstOverlap(from, to) : null;
    const count = at.processed.add(from, to);
    if (overlap === null) return;
    this.#redelivered += count;
    this.#findings.add(kind, count, () => ({
      group: this.name,
      member,
      place: this.#place(partition, overlap[0]),
      count: overlap[1] - overlap[0],
    }));
  }

  /**
   * A commit of `offset`, the next one to read, was confirmed to the member. Commits are entered in the order in which
   * they were requested: a stalled process may learn of its success long after the next owner's.
   */
  committed(member: number, partition: number, offset: number): void {
    const at = this.#at(partition);
    const previous = at.committed;
    if (offset < previous && !at.isShared) {
      this.#findings.add('commit-regression', 1, () => ({
        group: this.name,
        member,
        place: this.#place(partition, offset),
        previous,
      }));
    }
    at.committed = offset;
  }

  /** Somebody set the group's offset on purpose: what follows is no regression. */
  reset(partition: number, offset: number): void {
    const at = this.#at(partition);
    at.committed = offset;
    at.sessions.clear();
  }

  /** A member says that dead letters of [offset, offset + count) were acknowledged. That alone excuses nothing. */
  deadLettered(partition: number, offset: number, count: number): void {
    this.#at(partition).deadLettered.add(offset, offset + count);
  }

  /** Processing of [offset, offset + count) failed, and the member went on. */
  skipped(partition: number, offset: number, count: number): void {
    this.#at(partition).skipped.add(offset, offset + count);
  }

  /** The audit found a dead letter of this group in its topic; all of them are entered before the first record. */
  deadLetter(letter: DeadLetter, supersedes = false): void {
    this.#letters.add(letter, supersedes);
  }

  /**
   * True where a member said that it had put the message aside, and a dead letter of a later one of its key is in a
   * compacted topic: its own may be gone. A group comes to the messages of a partition in their order.
   */
  isLetterCompacted(partition: number, offset: number, keyHash: number): boolean {
    if (keyHash < 0 || !this.#letters.isSuperseded(partition, offset, keyHash)) return false;
    return this.isClaimed(partition, offset);
  }

  /** True where a member said that it had put the message aside. */
  isClaimed(partition: number, offset: number): boolean {
    return this.#partitions[partition]?.deadLettered.has(offset) ?? false;
  }

  /** True where a member said that it had received the message and did not process it. */
  isPutAside(partition: number, offset: number): boolean {
    return this.isClaimed(partition, offset) || (this.#partitions[partition]?.skipped.has(offset) ?? false);
  }

  /** The audit met this intact message of the run: whether a dead letter of this group leads to it. */
  isDeadLettered(
    partition: number,
    offset: number,
    producer: number,
    incarnation: number,
    sequence: number,
  ): boolean {
    return this.#letters.size > 0 && this.#letters.met(partition, offset, producer, incarnation, sequence);
  }

  /** The same of a message that the audit did not meet. */
  hasLetterOf(
    partition: number,
    offset: number,
    producer: number,
    incarnation: number,
    sequence: number,
  ): boolean {
    return this.#letters.size > 0 && this.#letters.leadTo(partition, offset, producer, incarnation, sequence);
  }

  /**
   * What became of the record that the audit found there; asked in ascending order it is constant time.
   *
   * @param deadLettered of isDeadLettered()
   */
  fateOf(partition: number, offset: number, deadLettered: boolean): GroupFate {
    const at = this.#partitions[partition];
    if (at?.owedFrom == null || offset < at.owedFrom) return 'not-owed';
    if (deadLettered) return 'dead-lettered';
    if (at.processed.has(offset)) return 'processed';
    // What was committed and never processed is no backlog: nobody will get it again.
    const isBacklog = offset >= Math.max(at.processed.end, at.committed);
    if (isBacklog && this.#backlog !== 'owed') return this.#backlog;
    return at.isShared ? 'unattributed' : 'undelivered';
  }

  /** Why the group did not process it, as far as its members say; undefined where they say nothing. */
  excuseOf(partition: number, offset: number): string | undefined {
    const at = this.#partitions[partition];
    if (at?.deadLettered.has(offset)) return 'said to be dead-lettered, and no dead letter leads to it';
    return at?.skipped.has(offset) ? 'received; its processing failed, and it was skipped' : undefined;
  }

  /**
   * Once, when everything has been entered: dead letters whose originals are not where they point.
   *
   * @param known false where nobody knows what is or was at the place that one names: nothing is said of it
   */
  reportStrayLetters(known: (letter: DeadLetter) => boolean): void {
    for (const letter of this.#letters.astray()) {
      const { partition, offset, producer, incarnation, sequence, intact, place } = letter;
      if (partition >= 0 && !known(letter)) continue;
      const { topic, partition: number } = this.#place(partition, offset);
      this.#findings.add('stray-dead-letter', 1, () => ({
        ...{ producer, incarnation, sequence, group: this.name, place },
        note: !intact
          ? 'a dead letter whose checksum fails'
          : partition < 0
            ? 'a dead letter that names no place of this run'
            : `a dead letter that points to ${topic}/${number}@${offset}, where its original is not`,
      }));
    }
  }

  /** The member was handed messages of this run at [offset, offset + count) whose checksums fail. */
  broken(member: number, partition: number, offset: number, count: number): void {
    const { broken } = this.#at(partition);
    const last = broken.at(-1);
    if (last?.member === member && last.to === offset) last.to += count;
    else if (broken.length < brokenKept) broken.push({ member, from: offset, to: offset + count });
  }

  /** Once, when everything has been entered: broken messages, each offset once, but those that the audit `found`. */
  reportBroken(found: (partition: number, offset: number) => boolean): void {
    for (let partition = 0; partition < this.#partitions.length; partition++) {
      const reported = new IntervalSet();
      for (const { member, from, to } of this.#partitions[partition]?.broken ?? []) {
        for (let offset = from; offset < to; offset++) {
          if (reported.add(offset, offset + 1) > 0 || found(partition, offset)) continue;
          this.#findings.add('corrupt', 1, () => ({
            group: this.name,
            member,
            place: this.#place(partition, offset),
          }));
        }
      }
    }
  }

  /** Offsets processed, each once, of whatever was there. */
  get processedOffsets(): number {
    return this.#partitions.reduce((sum, at) => sum + (at?.processed.size ?? 0), 0);
  }

  /** Processed again: each further time. */
  get redelivered(): number {
    return this.#redelivered;
  }

  /** Partitions in which redeliveries and the order of commits are not judged. */
  get sharedPartitions(): number {
    return this.#partitions.filter((at) => at?.isShared).length;
  }

  #at(partition: number): GroupPartition {
    return (this.#partitions[partition] ??= new GroupPartition());
  }

  #place(partition: number, offset: number) {
    const { topic, partition: number } = this.#table.at(partition) ?? { topic: '?', partition };
    return { topic, partition: number, offset };
  }
}
