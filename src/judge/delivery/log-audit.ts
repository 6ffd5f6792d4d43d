import type { OrderCheck } from './anomalies.ts';
import { Compaction } from './compaction.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { Envelope, EnvelopeCheck } from '../../protocol/envelope.ts';
import type { Findings } from '../../protocol/evidence/findings.ts';
import { undelivered, type GroupLedger } from './group-ledger.ts';
import { IntervalSet } from './interval-set.ts';
import type { Ledgers } from './ledgers.ts';
import { LogOrder } from './log-order.ts';
import { couldBeMet, isRead, isTail, type PartitionEnd } from './partition-end.ts';
import type { PartitionTable } from './partition-table.ts';
import type { ProducerLedger } from './producer-ledger.ts';
import { Strays } from './strays.ts';
import { TakenOffsets } from './taken-offsets.ts';
import { describeMessage, placeOf } from './witness.ts';

export type { PartitionEnd } from './partition-end.ts';

export interface AuditOptions {
  /** The number in every envelope of this run. */
  readonly run: number;
  readonly ledgers: Ledgers;
  readonly groups: readonly GroupLedger[];
  readonly partitions: PartitionTable;
  readonly findings: Findings;
  readonly order: OrderCheck;
  /** read_uncommitted: records of aborted transactions are there and mean nothing. Default read_committed. */
  readonly readUncommitted?: boolean;
  /** Keys remembered for `order: key`, default 4 million. */
  readonly keyLimit?: number;
  /** Default: no topic is compacted. */
  readonly compaction?: Compaction;
  /** Whether another record of its key may have taken the place of a group's dead letter. Default: none. */
  readonly mayHaveTaken?: (keyHash: number, group: number, partition: number) => boolean;
}

export interface GroupTally {
  expected: number;
  processed: number;
  undelivered: number;
  /** Of these: unread or unattributed, which nobody can call lost. */
  undecided: number;
  deadLettered: number;
  excused: number;
}

/** Ranges of broken records that are remembered, a partition; more are only counted. */
const rangesKept = 65_536;
class AuditPartition {
  lastOffset = -1;
  lastEpoch = -1;
  /** Broken envelopes that name another run: its number may be what broke. */
  readonly suspect = new IntervalSet();
  readonly corrupt = new IntervalSet();
  /** Suspects that an acknowledgement showed to be corrupt. */
  readonly unmasked = new IntervalSet();
  end: PartitionEnd | null = null;
}

/**
 * The independent read of the log after the drain. It is fed each partition's records in the order in which they
 * come, partitions in any mixture, after all sends and all groups' events have been entered.
 */
export class LogAudit {
  /** Records read; of these ours and intact; without this run's envelope. */
  records = 0;
  ours = 0;
  foreign = 0;
  /** Messages that a member said it had put aside, and no dead letter leads to them. */
  claimsWithoutLetters = 0;
  /** Of these: another record of the key may have taken the dead letter's place in a compacted topic. */
  claimsTaken = 0;
  /** Records of aborted transactions that a reader of uncommitted records met. */
  abortedRecords = 0;
  readonly groups: readonly GroupLedger[];
  readonly groupTallies: readonly GroupTally[];
  readonly compaction: Compaction;
  readonly #options: AuditOptions;
  readonly #partitions: (AuditPartition | undefined)[] = [];
  /** Of the record at hand, by group. */
  readonly #isDeadLettered: boolean[] = [];
  readonly #strays: Strays;
  readonly #order: LogOrder;
  readonly #taken = new TakenOffsets();

  constructor(options: AuditOptions) {
    this.#options = options;
    this.groups = options.groups;
    this.groupTallies = options.groups.map(() => ({
      expected: 0,
      processed: 0,
      undelivered: 0,
      undecided: 0,
      deadLettered: 0,
      excused: 0,
    }));
    this.#strays = new Strays(options.findings, options.partitions);
    const { findings, partitions, order, keyLimit = 4_000_000 } = options;
    const nothing = { policies: new Map(), sent: () => undefined, auditedAt: null };
    this.compaction = options.compaction ?? new Compaction({ ...nothing, partitions });
    const { compaction } = this;
    this.#order = new LogOrder({
      findings,
      partitions,
      compaction,
      keyLimit: order === 'key' ? keyLimit : 0,
    });
  }

  /**
   * The partition has to be audited: as long as it has no end(), the audit is not complete.
   *
   * @param from where messages of the run may lie below (deleted, or left out of an audit of the tail), the first
   *   offset that is read; 0 where it is read whole
   */
  expects(partition: number, from = 0): void {
    this.#at(partition);
    this.#order.readsFrom(partition, from);
  }

  /**
   * One record.
   *
   * @param epoch leader epoch of its batch, −1 where unknown
   * @param check of checkEnvelope(); the envelope is read only where it is not `foreign`
   * @param keyHash of keyHash(), −1 for none. Read only for `order: key` and in compacted partitions
   */
  record(
    partition: number,
    offset: number,
    epoch: number,
    check: EnvelopeCheck,
    envelope: Envelope,
    keyHash: number,
  ): void {
    const at = this.#at(partition);
    this.records++;
    this.#checkProgress(at, partition, offset, epoch);
    const isCompacted = this.compaction.policyOf(partition) !== null;
    if (isCompacted) this.#taken.met(partition, offset);
    if (check === 'foreign' || envelope.run !== this.#options.run) {
      if (isCompacted && this.#options.readUncommitted)
        this.compaction.metUndecided(partition, offset, keyHash);
      else if (isCompacted) this.compaction.met(partition, offset, keyHash);
      this.foreign++;
      if (check === 'corrupt') remember(at.suspect, offset);
      return;
    }
    if (check === 'corrupt') {
      if (isCompacted) this.compaction.met(partition, offset, keyHash);
      remember(at.corrupt, offset);
      this.#options.findings.add('corrupt', 1, () => this.#named(partition, offset, envelope));
      return;
    }
    this.ours++;
    const { producer, incarnation, sequence } = envelope;
    // Asked of every message, also of those that should not be there: its dead letter leads to it all the same.
    for (let i = 0; i < this.groups.length; i++) {
      this.#isDeadLettered[i] = this.#leadsTo(i, envelope, partition, offset, keyHash);
    }
    const ledger = this.#options.ledgers.get(producer, incarnation);
    const isKnown = ledger?.wasAttempted(sequence) ?? false;
    // What was aborted supersedes nothing.
    if (isCompacted && !ledger?.aborted.has(sequence)) {
      this.compaction.met(partition, offset, keyHash, isKnown ? { ledger: ledger!, sequence } : null);
    }
    if (ledger === undefined || !isKnown) {
      this.#options.findings.add('phantom', 1, () => this.#named(partition, offset, envelope));
      return;
    }
    if (ledger.rejected.size > 0 && ledger.rejected.has(sequence)) {
      this.#rejected(ledger, sequence, partition, offset);
      return;
    }
    if (ledger.inLog.add(sequence)) {
      this.#order.met(ledger, sequence, partition, offset, keyHash);
      this.#strays.first(ledger, sequence, partition, offset, keyHash);
    } else {
      ledger.twice.add(sequence);
      this.#options.findings.add('duplicate', 1, () => this.#described(ledger, sequence, partition, offset));
      this.#strays.again(ledger, sequence, partition, offset);
    }
    for (let i = 0; i < this.groups.length; i++) {
      this.#deliver(i, ledger, sequence, partition, offset, keyHash);
    }
  }

  /** The reader has reached the end of the partition, or has given up at `position`. */
  end(partition: number, end: PartitionEnd): void {
    this.#at(partition).end = end;
    if (end.lastStableOffset < end.highWatermark) {
      this.#options.findings.add('hang', end.highWatermark - end.lastStableOffset, () => ({
        place: placeOf(this.#options.partitions, partition, end.lastStableOffset),
        note: `the last stable offset stays at ${end.lastStableOffset}, below the high watermark ${end.highWatermark}`,
      }));
    }
  }

  /** A reader of committed records met one that is not of this run; `keyHash` −1 for none. */
  committed(partition: number, offset: number, keyHash: number): void {
    if (this.compaction.policyOf(partition) !== null) this.compaction.met(partition, offset, keyHash);
  }

  /** That reader has come so far, and has told of all that it met. */
  committedTo(partition: number, offset: number): void {
    this.compaction.decidedTo(partition, offset);
  }

  endOf(partition: number): PartitionEnd | null {
    return this.#partitions[partition]?.end ?? null;
  }

  /** True where some of a log was left out because only its tail was to be read. */
  get isTail(): boolean {
    return this.#partitions.some((at) => at?.end != null && isTail(at.end));
  }

  /** Partitions that were expected or met: numbers of the partition table. */
  *known(): Generator<number> {
    for (let index = 0; index < this.#partitions.length; index++) if (this.#partitions[index]) yield index;
  }

  /** What is broken where an acknowledged message should be. */
  brokenAt(partition: number, offset: number): 'corrupt' | 'suspect' | 'nothing' {
    const at = this.#partitions[partition];
    if (at?.corrupt.has(offset)) return 'corrupt';
    return at?.suspect.has(offset) ? 'suspect' : 'nothing';
  }

  /** A message of this run was acknowledged where a broken envelope of another run's number is. */
  unmask(partition: number, offset: number): void {
    remember(this.#at(partition).unmasked, offset);
  }

  /** True where a `corrupt` finding of the audit's own names the place. */
  foundCorrupt(partition: number, offset: number): boolean {
    const at = this.#partitions[partition];
    return at !== undefined && (at.corrupt.has(offset) || at.unmasked.has(offset));
  }

  /** Highest offset read; −1 where none was. */
  highestRead(partition: number): number {
    return this.#partitions[partition]?.lastOffset ?? -1;
  }

  /** True where more keys were met than are remembered: order by key is then known only where partitions are in order. */
  get keysForgotten(): boolean {
    return this.#order.keysForgotten;
  }

  /**
   * True where a record of a compacted partition is: what else was acknowledged there was cut off, and not compacted.
   * A topic that was made again hands its offsets out anew, and nothing follows.
   */
  isTaken(partition: number, offset: number): boolean {
    return this.#taken.isMet(partition, offset) && this.endOf(partition)?.remade !== true;
  }

  /** A message that was acknowledged there may have been compacted. False where that was said of another one. */
  removed(partition: number, offset: number): boolean {
    return this.#taken.removed(partition, offset);
  }

  /**
   * A message was compacted. Groups owe what is in the log, and this one too where a member's own word says that it had
   * received it and did not process it: it was in the log then.
   */
  compacted(
    ledger: ProducerLedger,
    sequence: number,
    at: { partition: number; offset: number; keyHash: number },
  ): void {
    const { partition, offset, keyHash } = at;
    const { producer, incarnation } = ledger;
    for (let i = 0; i < this.groups.length; i++) {
      if (!this.groups[i]!.isPutAside(partition, offset)) continue;
      const isLed = this.#leadsTo(i, { producer, incarnation, sequence }, partition, offset, keyHash);
      this.#isDeadLettered[i] = isLed;
      const fate = this.groups[i]!.fateOf(partition, offset, isLed);
      if (undelivered.has(fate)) this.#deliver(i, ledger, sequence, partition, offset, keyHash);
    }
  }

  /** Messages that are in the log, but nowhere where their acknowledgement said. Asked once, at the end. */
  reportStrays(): void {
    this.#strays.report((partition, offset, keyHash) => {
      const end = this.endOf(partition);
      return end !== null && couldBeMet(end, offset) && !this.#mayBeGone(partition, offset, keyHash, end);
    });
  }

  /** Dead letters whose originals were not met where they point, and could have been. Asked once, at the end. */
  reportStrayLetters(): void {
    for (const group of this.groups) {
      group.reportStrayLetters((letter) => {
        const { partition, offset, keyHash } = letter;
        const end = this.endOf(partition);
        if (end === null || this.brokenAt(partition, offset) !== 'nothing') return false;
        if (!couldBeMet(end, offset) || this.#mayBeGone(partition, offset, keyHash, end)) return false;
        return this.isTaken(partition, offset) || !this.#mayBeCompacted(letter);
      });
    }
  }

  /** Nobody can say whether the original of an intact dead letter was lost or compacted: it is unaudited. */
  #mayBeCompacted({ intact, partition, keyHash, producer, incarnation }: DeadLetter): boolean {
    if (!intact || keyHash < 0 || this.compaction.policyOf(partition) === null) return false;
    const ledger = this.#options.ledgers.get(producer, incarnation);
    return ledger !== undefined && this.compaction.hasUnknownKeys(ledger);
  }

  /** A later record of its key may also be behind where the audit of a compacted partition ended. */
  #mayBeGone(partition: number, offset: number, keyHash: number, end: PartitionEnd): boolean {
    if (this.compaction.policyOf(partition) === null || this.isTaken(partition, offset)) return false;
    return !isRead(end) || this.compaction.mayBeGone(partition, offset, keyHash);
  }

  #checkProgress(at: AuditPartition, partition: number, offset: number, epoch: number): void {
    if (offset <= at.lastOffset) {
      const previous = at.lastOffset;
      this.#options.findings.add('offset-regression', 1, () => ({
        place: placeOf(this.#options.partitions, partition, offset),
        previous,
      }));
    } else at.lastOffset = offset;
    if (epoch < 0) return;
    if (epoch < at.lastEpoch) {
      const previous = at.lastEpoch;
      this.#options.findings.add('epoch-regression', 1, () => ({
        place: placeOf(this.#options.partitions, partition, offset),
        previous,
        note: `leader epoch ${epoch} after ${previous}`,
      }));
    }
    at.lastEpoch = epoch;
  }

  #rejected(ledger: ProducerLedger, sequence: number, partition: number, offset: number): void {
    const aborted = ledger.aborted.has(sequence);
    if (aborted && this.#options.readUncommitted) {
      this.abortedRecords++;
      return;
    }
    this.#options.findings.add(aborted ? 'aborted-read' : 'rejected-present', 1, () =>
      this.#described(ledger, sequence, partition, offset),
    );
  }

  /** Whether a dead letter of the group leads to the message, or did before it was compacted. */
  #leadsTo(
    index: number,
    { producer, incarnation, sequence }: Pick<Envelope, 'producer' | 'incarnation' | 'sequence'>,
    partition: number,
    offset: number,
    keyHash: number,
  ): boolean {
    const group = this.groups[index]!;
    return (
      group.isDeadLettered(partition, offset, producer, incarnation, sequence) ||
      group.isLetterCompacted(partition, offset, keyHash)
    );
  }

  #deliver(
    index: number,
    ledger: ProducerLedger,
    sequence: number,
    partition: number,
    offset: number,
    keyHash: number,
  ): void {
    const group = this.groups[index]!;
    const tally = this.groupTallies[index]!;
    const fate = group.fateOf(partition, offset, this.#isDeadLettered[index]!);
    if (fate === 'not-owed') return;
    tally.expected++;
    if (fate === 'processed') tally.processed++;
    else if (fate === 'dead-lettered') tally.deadLettered++;
    else if (fate === 'excused') tally.excused++;
    else {
      tally.undelivered++;
      if (fate !== 'undelivered') tally.undecided++;
      if (group.isClaimed(partition, offset)) {
        this.claimsWithoutLetters++;
        const isTaken = fate === 'undelivered' && this.#options.mayHaveTaken?.(keyHash, index, partition);
        if (isTaken) this.claimsTaken++;
      }
      this.#options.findings.add(fate === 'undelivered' ? 'delivery-loss' : fate, 1, () => {
        const note = group.excuseOf(partition, offset);
        return {
          group: group.name,
          ...this.#described(ledger, sequence, partition, offset),
          ...(note === undefined ? {} : { note }),
        };
      });
    }
  }

  #described(ledger: ProducerLedger, sequence: number, partition: number, offset: number) {
    const { partitions } = this.#options;
    return {
      ...describeMessage(ledger, sequence, partitions),
      place: placeOf(partitions, partition, offset),
    };
  }

  /** Of an envelope that no ledger vouches for. */
  #named(partition: number, offset: number, { producer, incarnation, sequence }: Envelope) {
    return { producer, incarnation, sequence, place: placeOf(this.#options.partitions, partition, offset) };
  }

  #at(partition: number): AuditPartition {
    return (this.#partitions[partition] ??= new AuditPartition());
  }
}

function remember(set: IntervalSet, offset: number): void {
  if (set.ranges < rangesKept || offset === set.end) set.add(offset, offset + 1);
}
