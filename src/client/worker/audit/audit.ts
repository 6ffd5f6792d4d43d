import { isLasting, lastErrorText, toTell, type ClientError } from '../../../base/client-error.ts';
import { sleep, type Clock, type Micros } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import type { KafkaError, ReceivedMessage } from '../../kafka/binding.ts';
import { ConsumerClient } from '../../kafka/consumer.ts';
import { errorName } from '../../kafka/error-name.ts';
import type { EnvelopeCheck } from '../../../protocol/envelope.ts';
import { LogRuns } from '../../../protocol/evidence/log-runs.ts';
import { emptyRecord, recordKinds, type EvidenceRecord } from '../../../protocol/evidence/record.ts';
import { keyHash } from '../../../protocol/evidence/key-hash.ts';
import type { Channel } from '../channel.ts';
import { EnvelopeReader } from '../envelope-reader.ts';
import { EvidenceFile } from '../evidence-file.ts';
import { foundDeadLetter } from './found-dead-letter.ts';
import {
  auditEvidenceName,
  auditIncomplete,
  type AuditedPartition,
  type AuditPlan,
} from '../../../protocol/plan.ts';
import type { ClientProgress, WorkerReport } from '../../../protocol/report.ts';
import type { Role } from '../role.ts';
import { UsageMeter } from '../usage.ts';

const batch = 1000;
const pollMillis = 100;
/** An error that no waiting mends may be of one topic: others are read as long as something comes. */
const lastingMicros: Micros = 2e6;
/** The evidence's last writer number. */
const auditWriter = 2 ** 32 - 1;

interface Reading {
  readonly plan: AuditedPartition;
  /** Its number in the run's list, or among the dead-letter topics. */
  readonly topic: number;
  readonly holds: 'messages' | 'dead letters' | 'committed';
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logEnd: number;
  /** Reading ends here: nothing of this run can lie behind. */
  readonly until: number;
  /** Everything below has been read. */
  position: number;
}

/**
 * Reads the log on its own account, without a group, and writes down what it finds; whether that is what should be
 * there is decided elsewhere, from the evidence alone.
 */
export class AuditRole implements Role {
  readonly #plan: AuditPlan;
  readonly #clock: Clock;
  readonly #channel: Channel;
  readonly #usage: UsageMeter;
  readonly #file: EvidenceFile;
  readonly #runs: LogRuns;
  readonly #envelopes: EnvelopeReader;
  readonly #readings = new Map<string, Reading>();
  /** Compacted partitions in which records of others were met that they may have aborted. */
  readonly #shared = new Set<AuditedPartition>();
  #client!: ConsumerClient;
  #unfinished = 0;
  #records = 0;
  #newsAt: Micros = 0;
  /** Since then, for messages. */
  #waited: Micros = 0;
  #stopped = false;
  /** Since something came: it comes again as long as it lasts. */
  #met: ClientError | null = null;
  /** Of a partition of this reading: librdkafka tells it once, and goes on with the others. */
  #refused: ClientError | null = null;
  /** A reading of messages or dead letters that did not come to its ends, and what it met. */
  #short: { readonly met: ClientError | null } | null = null;
  #holds: Reading['holds'] = 'messages';

  constructor(plan: AuditPlan, channel: Channel, clock: Clock) {
    this.#plan = plan;
    this.#clock = clock;
    this.#channel = channel;
    this.#usage = new UsageMeter(clock);
    if (plan.evidence === null) throw new Error('an audit without a place for what it finds');
    this.#file = new EvidenceFile(plan.evidence.directory, auditEvidenceName, plan.run, auditWriter);
    this.#runs = new LogRuns({
      run: plan.run,
      measureStart: plan.measureStart,
      append: (record) => this.#file.append(record),
    });
    this.#envelopes = new EnvelopeReader(plan.run);
  }

  async connect(): Promise<void> {
    this.#client = await this.#connect(this.#plan.config);
  }

  #connect(config: AuditPlan['config']): Promise<ConsumerClient> {
    return ConsumerClient.connect(
      config,
      {
        error: (code, message) => {
          this.#met = toTell(this.#met, { code, message });
          this.#channel.send({ type: 'warning', warning: { code, message } });
        },
        statistics: () => undefined,
        rebalance: () => undefined,
        endOfPartition: (topic, partition, offset) => {
          const reading = this.#readings.get(`${topic}/${partition}`);
          if (reading) this.#reached(reading, offset);
        },
      },
      'the audit',
    );
  }

  async run(): Promise<WorkerReport> {
    this.#usage.begin();
    const { deadLetters, partitions } = this.#plan;
    // First, so that the fate of a message is known when it is met.
    await this.#readAll('dead letters', deadLetters.topics, deadLetters.partitions);
    await this.#readAll('messages', this.#plan.evidence!.topics, partitions);
    await this.#readCommitted();
    this.#file.close();
    const usage = this.#usage.read();
    await this.#client.close();
    return { worker: this.#plan.worker, clients: [], latency: [], acks: [], process: usage };
  }

  /**
   * librdkafka does not tell a reader of uncommitted records which ones were aborted, and what was aborted supersedes
   * nothing under compaction: those partitions are read once more.
   */
  async #readCommitted(): Promise<void> {
    if (this.#shared.size === 0 || this.#stopped) return;
    await this.#client.close();
    try {
      this.#client = await this.#connect({ ...this.#plan.config, 'isolation.level': 'read_committed' });
      const isWhole = await this.#readAll('committed', this.#plan.evidence!.topics, [...this.#shared]);
      if (!isWhole) this.#warnOfCommitted(lastErrorText(this.#lastError));
    } catch (error) {
      // What was read before stands: later records of others may have been aborted, or not.
      this.#warnOfCommitted(`: ${messageOf(error)}`);
    }
  }

  #warnOfCommitted(why: string): void {
    if (this.#stopped) return;
    const message = `the audit could not read compacted topics once more for what others had committed${why}`;
    this.#channel.send({ type: 'warning', warning: { code: auditIncomplete, message } });
  }

  get #committedOnly(): boolean {
    return this.#plan.config['isolation.level'] === 'read_committed';
  }

  /** False where it did not come to all ends. */
  async #readAll(
    holds: Reading['holds'],
    topics: readonly string[],
    partitions: readonly AuditedPartition[],
  ): Promise<boolean> {
    if (partitions.length === 0) return true;
    this.#readings.clear();
    this.#holds = holds;
    this.#unfinished = 0;
    this.#met = null;
    this.#refused = null;
    const starts = await this.#logOffsets('start', partitions);
    const ends = await this.#ends(partitions);
    let unknown = 0;
    partitions.forEach((partition, i) => {
      const [start, end] = [starts[i] ?? null, ends[i] ?? null];
      if (start === null || end === null) unknown++;
      else this.#open(holds, topics.indexOf(partition.topic), partition, start, end);
    });
    const toRead = [...this.#readings.values()].filter(({ position, until }) => position < until);
    this.#client.assignFrom(
      toRead.map(({ plan: { topic, partition }, position }) => ({ topic, partition, offset: position })),
    );
    this.#waited = 0;
    while (this.#unfinished > 0 && !this.#stopped && !this.#isStuck()) await this.#readSome();
    this.#runs.flush();
    const isWhole = unknown === 0 && this.#unfinished === 0;
    if (!isWhole) this.#cameShort();
    await this.#endAll();
    return isWhole;
  }

  #cameShort(): void {
    if (this.#holds === 'committed') return;
    const [before, now] = [this.#short?.met ?? null, this.#lastError];
    this.#short = { met: now === null ? before : toTell(before, now) };
  }

  get #lastError(): ClientError | null {
    return this.#met === null ? this.#refused : toTell(this.#refused, this.#met);
  }

  /** Those of the plan; what it does not tell is asked for, null where nobody answers. */
  async #ends(partitions: readonly AuditedPartition[]): Promise<readonly AuditedPartition['end'][]> {
    const untold = partitions.filter(({ end }) => end === null);
    const asked = await this.#logOffsets('end', untold);
    return partitions.map((partition) => {
      if (partition.end !== null) return partition.end;
      const offset = asked[untold.indexOf(partition)] ?? null;
      return offset === null ? null : { highWatermark: offset, lastStableOffset: offset };
    });
  }

  #open(
    holds: Reading['holds'],
    number: number,
    plan: AuditedPartition,
    low: number,
    { highWatermark, lastStableOffset, logEnd = highWatermark }: NonNullable<AuditedPartition['end']>,
  ): void {
    const { topic, partition } = plan;
    const until = this.#committedOnly || holds === 'committed' ? lastStableOffset : highWatermark;
    const reading: Reading = {
      ...{ plan, holds, topic: number },
      highWatermark,
      lastStableOffset,
      logEnd,
      until,
      // Offsets that were deleted are nothing to read.
      position: Math.max(plan.from, Math.min(low, until)),
    };
    this.#readings.set(`${topic}/${partition}`, reading);
    if (reading.position < until) this.#unfinished++;
    if (holds === 'messages') this.#file.append(this.#range(reading, low));
  }

  /**
   * Leaders may be moving while the reader begins: it asks again as long as its patience lasts. Null: of a topic that
   * nobody answers for, beside others.
   */
  async #logOffsets(
    at: 'start' | 'end',
    partitions: readonly AuditedPartition[],
  ): Promise<readonly (number | null)[]> {
    const deadline = this.#clock.now() + this.#plan.patience;
    for (;;) {
      try {
        return await this.#client.logOffsets(at, partitions);
      } catch (error) {
        const inVain = isLasting(clientError((error as Error).cause) ?? nameless);
        if (inVain || this.#clock.now() > deadline || this.#stopped) {
          return await this.#offsetsByTopic(at, partitions, error);
        }
        await sleep(pollMillis);
      }
    }
  }

  async #offsetsByTopic(
    at: 'start' | 'end',
    partitions: readonly AuditedPartition[],
    failure: unknown,
  ): Promise<readonly (number | null)[]> {
    const found = new Map<AuditedPartition, number>();
    for (const topic of new Set(partitions.map((each) => each.topic))) {
      const own = partitions.filter((each) => each.topic === topic);
      try {
        const offsets = await this.#client.logOffsets(at, own);
        own.forEach((each, i) => found.set(each, offsets[i]!));
      } catch (error) {
        const met = clientError((error as Error).cause);
        if (met !== null) this.#refused = toTell(this.#refused, met);
      }
    }
    if (found.size === 0) throw failure;
    return partitions.map((each) => found.get(each) ?? null);
  }

  async #readSome(): Promise<void> {
    const asked = this.#clock.now();
    const messages = await this.#client.receive(batch, pollMillis).catch(async (error: unknown) => {
      // A broker that is away: the reader waits as long as its patience lasts.
      const met = clientError(error);
      if (met === null) throw error;
      if (isLasting(met)) this.#refused = toTell(this.#refused, met);
      else this.#met = toTell(this.#met, met);
      await sleep(pollMillis);
      return [];
    });
    // One look does not use it up: a process that stood still meanwhile has not looked.
    const waited = this.#clock.now() - Math.max(asked, this.#newsAt);
    this.#waited += Math.min(waited, this.#plan.patience * 0.9);
    for (const message of messages) this.#record(message);
  }

  #record(message: ReceivedMessage): void {
    const { topic, partition, offset } = message;
    const reading = this.#readings.get(`${topic}/${partition}`);
    if (reading === undefined) return;
    if (offset >= reading.until) {
      // What it holds is nobody's business here. Records come in order: there is no other before the end.
      this.#reached(reading, offset);
      return;
    }
    if (reading.holds === 'committed') this.#recordCommitted(reading, message);
    else {
      this.#records++;
      if (reading.holds === 'dead letters') this.#recordDeadLetter(reading, message);
      else this.#recordMessage(reading, message);
    }
    this.#reached(reading, offset + 1);
  }

  #recordDeadLetter({ topic, plan }: Reading, message: ReceivedMessage): void {
    if (plan.keys && message.key !== null) {
      this.#file.append({
        ...emptyRecord(),
        kind: recordKinds.deadLetterKey,
        stride: topic,
        count: message.partition,
        offset: message.offset,
        time: keyHash(message.key) + 1,
      });
    }
    const { run, evidence, deadLetters } = this.#plan;
    const names = { run, topics: evidence!.topics, groups: deadLetters.groups };
    const found = foundDeadLetter(message, topic, this.#envelopes, names);
    if (found !== null) this.#file.append(found);
  }

  #recordMessage(reading: Reading, message: ReceivedMessage): void {
    const { partition, offset, leaderEpoch = -1, key, timestamp } = message;
    const check = this.#envelopes.inspect(message);
    const { envelope } = this.#envelopes;
    const isOurs = this.#isOurs(check);
    const isTold = reading.plan.keys === true || (this.#plan.keys && isOurs);
    const hash = isTold && key !== null ? keyHash(key) : -1;
    if (reading.plan.keys && key !== null && !isOurs && !this.#committedOnly) this.#shared.add(reading.plan);
    this.#runs.record(reading.topic, partition, offset, leaderEpoch, check, envelope, hash, timestamp);
  }

  #isOurs(check: EnvelopeCheck): boolean {
    return check !== 'foreign' && this.#envelopes.envelope.run === this.#plan.run;
  }

  #recordCommitted(reading: Reading, message: ReceivedMessage): void {
    const { key, offset } = message;
    if (key === null || this.#isOurs(this.#envelopes.inspect(message))) return;
    const kind = recordKinds.committedRecord;
    this.#file.append({ ...this.#of(reading), kind, offset, time: keyHash(key) + 1 });
  }

  #reached(reading: Reading, position: number): void {
    // What others go on writing behind the end is no progress.
    const reached = Math.min(position, reading.until);
    if (reached <= reading.position) return;
    this.#newsAt = this.#clock.now();
    this.#waited = 0;
    this.#met = null;
    reading.position = reached;
    if (reached === reading.until) this.#unfinished--;
  }

  #isStuck(): boolean {
    const met = this.#lastError;
    const inVain = met !== null && isLasting(met);
    return this.#waited > (inVain ? Math.min(lastingMicros, this.#plan.patience) : this.#plan.patience);
  }

  /** Where logs begin is asked after the reading: what was deleted while it went on must not look lost. */
  async #endAll(): Promise<void> {
    const readings = [...this.#readings.values()];
    if (readings[0]?.holds === 'committed') {
      const kind = recordKinds.committedEnd;
      for (const each of readings) this.#file.append({ ...this.#of(each), kind, offset: each.position });
      return;
    }
    const starts = await this.#logOffsets(
      'start',
      readings.map(({ plan }) => plan),
    );
    readings.forEach((reading, i) => {
      const start = starts[i] ?? null;
      if (start === null) this.#cameShort();
      else this.#end(reading, start);
    });
  }

  #end(reading: Reading, low: number): void {
    if (reading.holds === 'dead letters') {
      this.#file.append({
        ...emptyRecord(),
        kind: recordKinds.deadLetterEnd,
        stride: reading.topic,
        count: reading.plan.partition,
        offset: reading.position,
        sequence: reading.until,
        time: low,
      });
      return;
    }
    this.#file.append(this.#range(reading, low));
    const { logEnd: offset, highWatermark } = reading;
    if (offset > highWatermark) {
      this.#file.append({ ...this.#of(reading), kind: recordKinds.logUnreplicated, offset });
    }
    this.#file.append({
      ...this.#of(reading),
      kind: recordKinds.logEnd,
      offset: reading.position,
      sequence: reading.highWatermark,
      time: reading.lastStableOffset,
    });
  }

  #range(reading: Reading, logStart: number): EvidenceRecord {
    const { begin, from } = reading.plan;
    return {
      ...this.#of(reading),
      kind: recordKinds.logRange,
      sequence: begin,
      offset: logStart,
      time: from > begin ? from : 0,
    };
  }

  #of({ topic, plan: { partition } }: Reading): EvidenceRecord {
    return { ...emptyRecord(), topic, partition };
  }

  tick(): void {
    this.#file.flush();
  }

  progress(): readonly ClientProgress[] {
    const met = this.#short === null ? this.#lastError : this.#short.met;
    return [
      {
        side: 'consumer',
        name: this.#plan.worker,
        index: 0,
        attempted: 0,
        settled: 0,
        failed: 0,
        received: this.#records,
        warmup: { attempted: 0, settled: 0, failed: 0, received: 0 },
        foreign: 0,
        positions: {},
        atEnd: this.#short === null && (this.#holds === 'committed' || this.#unfinished === 0),
        state: 'running',
        tapped: false,
        ...(met === null ? {} : { met }),
      },
    ];
  }

  endPhase(): void {
    // An audit has no phases.
  }

  stop(): void {
    this.#stopped = true;
  }
}

const nameless: ClientError = { code: '', message: '' };

/** Null where librdkafka names no error. */
function clientError(error: unknown): ClientError | null {
  const { code, message = '' } = (error ?? {}) as Partial<KafkaError>;
  return typeof code !== 'number' ? null : { code: errorName(code), message };
}
