import type { AnomalyKind, Guarantee, OrderCheck } from './anomalies.ts';
import { Compaction } from './compaction.ts';
import { DeadLetterTopics, type DeadLetterTopic } from './dead-letter-topics.ts';
import { emptyEnvelope, type EnvelopeCheck } from '../../protocol/envelope.ts';
import { codes, recordKinds, type EvidenceRecord } from '../../protocol/evidence/record.ts';
import { forEachOfMask } from '../../protocol/evidence/sequence-run.ts';
import { Findings } from '../../protocol/evidence/findings.ts';
import { GroupLedger, type Backlog } from './group-ledger.ts';
import { Ledgers } from './ledgers.ts';
import { LogAudit, type PartitionEnd } from './log-audit.ts';
import {
  MeasuredSeconds,
  type DeliverySeconds,
  type MeasureStart,
} from '../../protocol/evidence/measured-seconds.ts';
import { PartitionTable } from './partition-table.ts';
import type { Destination, ProducerIdentity, ProducerLedger } from './producer-ledger.ts';
import type { CompactionPolicy, SentMessages } from './sent-messages.ts';
import { judgeDelivery, type Damage, type DeliveryVerdict } from './verdict.ts';

export interface DeliveryCheckOptions {
  readonly run: number;
  readonly guarantee: Guarantee;
  readonly order: OrderCheck;
  /** What topic and group numbers in records stand for. */
  readonly topics: readonly string[];
  readonly groups: readonly { readonly name: string; readonly backlog?: Backlog }[];
  /** Topics that were deleted while the run went on, and perhaps made again. */
  readonly remade?: ReadonlySet<string>;
  /** Where producers send, as far as that is known. */
  readonly producers?: readonly (ProducerIdentity & { readonly destination: Destination })[];
  /** What numbers of dead letters' topics stand for. */
  readonly deadLetters?: readonly DeadLetterTopic[];
  /** Default: no topic is compacted. */
  readonly compaction?: {
    /** By topic. */
    readonly policies: ReadonlyMap<string, CompactionPolicy>;
    readonly sent: (producer: number, incarnation: number) => SentMessages | undefined;
    /** ns on CLOCK_MONOTONIC. */
    readonly auditedAt: number | null;
  };
  readonly readUncommitted?: boolean;
  /** Null: nothing is told by the second. */
  readonly measureStart?: MeasureStart | null;
  readonly disabled?: Iterable<AnomalyKind>;
  readonly witnessesPerKind?: number;
  /** Of the ledgers; smaller in tests. */
  readonly sizes?: { readonly pageBits?: number; readonly ackPageMessages?: number };
}

/**
 * From evidence to verdict. Records of producers come first, in any order between producers; then those of groups, in
 * the order of their time over all members; then those of the audit, each partition's in its own order.
 */
export class DeliveryCheck {
  readonly ledgers: Ledgers;
  readonly groups: readonly GroupLedger[];
  readonly partitions = new PartitionTable();
  readonly findings: Findings;
  readonly deadLetters: DeadLetterTopics;
  readonly #options: DeliveryCheckOptions;
  readonly #open = new Set<ProducerLedger>();
  readonly #envelope = emptyEnvelope();
  /** Where logs end with what is not replicated yet, from `logUnreplicated`; comes before `logEnd`. */
  readonly #logEnds = new Map<number, number>();
  /** First halves of `logEnd`, from `logRange`. */
  readonly #ranges = new Map<number, Pick<PartitionEnd, 'begin' | 'logStart' | 'auditedFrom'>>();
  readonly #damage = new Map<string, Damage>();
  readonly #seconds: MeasuredSeconds;
  #audit: LogAudit | null = null;

  constructor(options: DeliveryCheckOptions) {
    this.#options = options;
    const { disabled = [], witnessesPerKind } = options;
    this.findings = new Findings({
      disabled,
      ...(witnessesPerKind === undefined ? {} : { witnessesPerKind }),
    });
    this.ledgers = new Ledgers(options.sizes);
    this.#seconds = new MeasuredSeconds(options.measureStart ?? null);
    this.deadLetters = new DeadLetterTopics(options.deadLetters ?? []);
    const { findings, partitions } = this;
    this.groups = options.groups.map((group) => new GroupLedger({ ...group, findings, partitions }));
  }

  /** All sends and all groups' events are entered: from here on the log is read. Called by its first record. */
  get audit(): LogAudit {
    if (this.#audit === null) {
      this.#closeProducers();
      const { run, order, readUncommitted = false, compaction } = this.#options;
      const { ledgers, groups, partitions, findings } = this;
      this.#audit = new LogAudit({
        ...{ run, order, readUncommitted, ledgers, groups, partitions, findings },
        mayHaveTaken: (...of) => this.deadLetters.mayHaveTaken(...of),
        ...(compaction && { compaction: new Compaction({ ...compaction, partitions }) }),
      });
    }
    return this.#audit;
  }

  apply(record: EvidenceRecord): void {
    if (record.kind < recordKinds.owes) this.#applySend(record);
    else if (record.kind < recordKinds.log) this.#applyGroup(record);
    else this.#applyLog(record);
  }

  /** Somebody else's member read or committed there for this group, too. Before the group's events. */
  shares(group: number, topic: number, partition: number): void {
    const name = this.#options.topics[topic];
    if (name !== undefined) this.groups[group]?.shares(this.partitions.indexOf(name, partition));
  }

  /** Group events from here on may be of the topic that was made in its place. */
  remade(topic: string): void {
    for (let partition = 0; partition < this.partitions.size; partition++) {
      if (this.partitions.at(partition)?.topic !== topic) continue;
      for (const group of this.groups) group.remade(partition);
    }
  }

  judge(
    more: {
      conditions?: readonly { name: string; met: boolean }[];
      damage?: readonly Damage[];
      doubts?: readonly string[];
    } = {},
  ): DeliveryVerdict {
    this.#closeProducers();
    const { guarantee, order } = this.#options;
    const { ledgers, groups, partitions, findings } = this;
    return judgeDelivery({
      guarantee,
      order,
      ledgers,
      groups,
      partitions,
      findings,
      audit: this.#audit,
      ...more,
      lateDamage: () => this.#letterDamage(),
    });
  }

  #letterDamage(): Damage[] {
    if (this.#audit === null) return [];
    const { compaction } = this.#options;
    const tombstones = [...this.ledgers].some(
      ({ producer, incarnation }) => compaction?.sent(producer, incarnation)?.someTombstones,
    );
    const doubts = this.#audit.claimsWithoutLetters > 0 ? this.deadLetters.doubts(tombstones) : [];
    const { claimsTaken } = this.#audit;
    // What else a group lost is lost whatever became of dead letters.
    const isAll = claimsTaken > 0 && claimsTaken === this.findings.count('delivery-loss');
    const taken: Damage[] = isAll ? [{ part: 'dead-letters', text: takenLetters(claimsTaken) }] : [];
    return [...this.deadLetters.damage, ...doubts, ...taken];
  }

  /** Null where the log was not read, or nobody knows when the measured phase began. */
  get seconds(): DeliverySeconds | null {
    return this.#audit && this.#seconds.of(this.findings);
  }

  #incomplete(part: Damage['part'], text: string): void {
    this.#damage.set(text, { part, text });
  }

  /** Whose end nobody recorded was killed. */
  #closeProducers(): void {
    for (const ledger of this.#open) ledger.close('killed');
    this.#open.clear();
  }

  #applySend(record: EvidenceRecord): void {
    const { kind, code, sequence, count, client, part } = record;
    if (kind === recordKinds.opened) {
      const opened = this.ledgers.open({
        producer: client,
        incarnation: part,
        acks: (code & codes.opened.acksSome) !== 0 ? 'some' : 'none',
        transactional: (code & codes.opened.transactional) !== 0,
        destination: this.#destinationOf(client, part),
      });
      opened.handedOver(0, record.time);
      this.#open.add(opened);
      return;
    }
    const ledger = this.ledgers.get(client, part);
    if (ledger === undefined) {
      this.#incomplete('producers', `producer ${client}.${part} was never opened`);
      return;
    }
    if (kind === recordKinds.ended) {
      ledger.handedOver(sequence);
      ledger.close('drained');
      this.#open.delete(ledger);
    } else if (kind === recordKinds.transaction) {
      const { committed, aborted } = codes.transaction;
      const how = code === committed ? 'committed' : code === aborted ? 'aborted' : 'unknown';
      ledger.transactionEnded(sequence, sequence + count, how);
    } else if (code === codes.sends.confirmed) this.#applyConfirmed(ledger, record);
    else if (code === codes.sends.failed) ledger.indeterminate(sequence, count);
    else if (code === codes.sends.refused) ledger.refused(sequence, count);
    else ledger.handedOver(sequence + count, record.time);
  }

  #destinationOf(producer: number, incarnation: number): Destination | undefined {
    return this.#options.producers?.find(
      (each) => each.producer === producer && each.incarnation === incarnation,
    )?.destination;
  }

  #applyConfirmed(ledger: ProducerLedger, record: EvidenceRecord): void {
    const { sequence, offset, count, stride } = record;
    const partition = this.#partitionOf(record);
    if (stride > 0) {
      ledger.acknowledged(sequence, partition, offset, count, stride);
      return;
    }
    forEachOfMask(record, (each, i) => ledger.acknowledged(each, partition, offset < 0 ? -1 : offset + i));
  }

  #applyGroup(record: EvidenceRecord): void {
    const { kind, offset, count, value, client, part } = record;
    const group = this.groups[part];
    if (group === undefined)
      throw new Error(`evidence tells of group ${part}, which is not in the run's list`);
    const partition = this.#partitionOf(record);
    switch (kind) {
      case recordKinds.owes:
        group.owes(partition, offset);
        break;
      case recordKinds.assigned:
        group.assigned(client, partition);
        break;
      case recordKinds.revoked:
        group.revoked(client, partition);
        break;
      case recordKinds.processed:
        this.findings.second = this.#seconds.ofClient(record.time);
        group.processed(client, partition, offset, count, value);
        break;
      case recordKinds.committed:
        group.committed(client, partition, offset);
        break;
      case recordKinds.reset:
        group.reset(partition, offset);
        break;
      case recordKinds.deadLettered:
        group.deadLettered(partition, offset, count);
        break;
      case recordKinds.skipped:
        group.skipped(partition, offset, count);
        break;
      case recordKinds.broken:
        group.broken(client, partition, offset, count);
        break;
      default:
        break;
    }
  }

  #applyLog(record: EvidenceRecord): void {
    if (record.kind === recordKinds.deadLetterKey) {
      this.deadLetters.key(record);
      return;
    }
    if (record.kind === recordKinds.deadLetter) {
      const letter = this.deadLetters.letter(record, this.#partitionOf(record));
      this.groups[record.value]?.deadLetter(letter, this.deadLetters.isCompacted(record.stride));
      return;
    }
    if (record.kind === recordKinds.deadLetterEnd) {
      const { stride: topic, count: partition, offset: position, sequence: end, time: logStart } = record;
      this.deadLetters.end(topic, partition, position, end, logStart);
      return;
    }
    const partition = this.#partitionOf(record);
    const { kind, code, sequence, offset, count, stride, time, value, client, part } = record;
    const { audit } = this;
    if (kind === recordKinds.logTime) {
      this.#seconds.logTime(partition, time);
      return;
    }
    if (kind === recordKinds.logUnreplicated) {
      this.#logEnds.set(partition, offset);
      return;
    }
    if (kind === recordKinds.committedRecord) {
      audit.committed(partition, offset, time - 1);
      return;
    }
    if (kind === recordKinds.committedEnd) {
      audit.committedTo(partition, offset);
      return;
    }
    if (kind === recordKinds.logRange) {
      // 0 in files from before there was a tail; nothing is read below the log's start.
      const from = Math.max(time, offset);
      audit.expects(partition, from > sequence ? from : 0);
      this.#ranges.set(partition, { begin: sequence, logStart: offset, auditedFrom: from });
      return;
    }
    if (kind === recordKinds.logEnd) {
      const range = this.#ranges.get(partition) ?? { begin: 0, logStart: 0 };
      const { topic = '' } = this.partitions.at(partition) ?? {};
      audit.end(partition, {
        ...range,
        ...(this.#options.remade?.has(topic) ? { remade: true } : {}),
        position: offset,
        highWatermark: sequence,
        lastStableOffset: time,
        logEnd: this.#logEnds.get(partition) ?? sequence,
      });
      return;
    }
    const envelope = this.#envelope;
    const { run } = this.#options;
    envelope.run = code === codes.log.corruptOfOtherRun ? ~run >>> 0 : run;
    envelope.producer = client;
    envelope.incarnation = part;
    const check = checks[code] ?? 'foreign';
    this.findings.second = this.#seconds.ofLog(partition);
    const one = (each: number, i: number) => {
      envelope.sequence = each;
      audit.record(partition, offset + i, value, check, envelope, time - 1);
    };
    if (stride === 0) forEachOfMask(record, one);
    else for (let i = 0; i < count; i++) one(sequence + i * stride, i);
  }

  #partitionOf({ topic, partition }: EvidenceRecord): number {
    return partition < 0
      ? -1
      : this.partitions.indexOf(this.#options.topics[topic] ?? `topic ${topic}`, partition);
  }
}

const takenLetters = (count: number): string =>
  `${count} dead letters may have been compacted: their topic has records of their keys from elsewhere`;

const checks: Readonly<Record<number, EnvelopeCheck>> = {
  [codes.log.ok]: 'ok',
  [codes.log.corrupt]: 'corrupt',
  [codes.log.foreign]: 'foreign',
  [codes.log.corruptOfOtherRun]: 'corrupt',
};
