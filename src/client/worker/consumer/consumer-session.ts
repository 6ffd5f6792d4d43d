import {
  adviceOf,
  errorText,
  isLasting,
  lastErrorText,
  toTell,
  type ClientError,
} from '../../../base/client-error.ts';
import { sleep, whenAborted, type Clock, type Micros } from '../../../base/clock.ts';
import { DrawnShare } from '../../../base/drawn-share.ts';
import { BenchError } from '../../../base/errors.ts';
import { seededRandom } from '../../../base/random.ts';
import type { KafkaError, ReceivedMessage, TopicPartition } from '../../kafka/binding.ts';
import { ConsumerClient } from '../../kafka/consumer.ts';
import { errorName, fatalError } from '../../kafka/error-name.ts';
import { Committer } from './committer.ts';
import type { ConsumerEvidence } from './consumer-evidence.ts';
import { EnvelopeReader } from '../envelope-reader.ts';
import { carriedDue } from '../../../protocol/envelope.ts';
import { InvalidValues } from '../../../workload/validation/invalid-values.ts';
import { fatalWith } from '../fatal-error.ts';
import type { Meter } from '../meter.ts';
import { openReceiveTap, withoutTap } from '../open-tap.ts';
import { DeadLetterWriter } from './dead-letter-writer.ts';
import { PartitionEnds } from './partition-ends.ts';
import { Positions } from './positions.ts';
import { Processing, type Outcome } from './processing.ts';
import { ProcessingTime } from './processing-time.ts';
import { earlyLimit, type ConsumerClientPlan, type ReceiveSourceChoice } from '../../../protocol/plan.ts';
import type { ClientProgress, ConsumerReport, FatalError, Membership } from '../../../protocol/report.ts';
import { showBytes, type ShownSampler } from '../shown.ts';
import { TapReceives } from './tap-receives.ts';

/** A wait for messages is cut this often, to look for a stop and at the idle time. */
const pollMillis = 100;
const placeMillis = 60_000;
/** Messages taken at once before the start. */
const earlyBatch = 1000;

interface SessionContext {
  readonly run: number;
  readonly seed: number;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly shown: ShownSampler;
  readonly receiveSource: ReceiveSourceChoice;
  readonly onError: (code: string, message: string) => void;
  /** Null: nothing is verified. */
  readonly evidence: ConsumerEvidence | null;
}

/** One consumer client of the scenario: joins, reads, commits, and counts what it got. */
export class ConsumerSession {
  readonly plan: ConsumerClientPlan;
  readonly #context: SessionContext;
  readonly #reader: EnvelopeReader;
  readonly #invalid: InvalidValues | null;
  #processing!: Processing;
  #deadLetters: DeadLetterWriter | null = null;
  /** Behind the last message of each partition that was read, and that was processed. */
  readonly #positions = new Positions();
  readonly #processedPositions = new Positions();
  readonly #ends = new PartitionEnds();
  readonly #rebalances: { at: Micros; kind: 'assign' | 'revoke'; partitions: string[] }[] = [];
  readonly #errors = new Map<string, number>();
  #client!: ConsumerClient;
  /** Null: messages are timed and checked where JavaScript gets them. */
  #tap: TapReceives | null = null;
  #committer!: Committer;
  /** Partitions assigned whose end, or first message, has not been seen yet. */
  readonly #joining = new Set<string>();
  #assigned = false;
  /** Partitions that are ours now. */
  readonly #held = new Set<string>();
  /** Partitions taken away since the messages in hand came: who gets them next reads these again. */
  readonly #takenAway = new Set<string>();
  #revocations = 0;
  #started = false;
  /** Messages of a backlog that came before the start. */
  #early: ReceivedMessage[] = [];
  #subscribedAt: Micros = 0;
  #measureStart: Micros = Infinity;
  #firstMessage: Micros | null = null;
  #firstReceived: Micros | null = null;
  #lastReceived: Micros | null = null;
  /** Time spent waiting since the last messages had been taken, which with their commits is not idle time. */
  #idle: Micros | null = null;
  #processed = 0;
  /** Messages with a checksum that fails, of those that the tap has seen. */
  #corrupt = 0;
  #fatal: FatalError | null = null;
  #noTap: unknown;
  /** Since something came. */
  #met: ClientError | null = null;
  #stopped = false;
  /** What is in hand when the client is stopped is finished, commits and leaving included, until this is aborted. */
  readonly #giveUp = new AbortController();
  readonly #givenUp = whenAborted(this.#giveUp.signal).then((): Outcome => 'taken-away');
  #done = false;
  /** Closed, or given up: what librdkafka says from here on is heard by nobody. */
  #left = false;
  #endedBy: 'stop' | 'idle' = 'stop';
  readonly #warmup = { received: 0, bytes: 0 };
  readonly #measured = { received: 0, bytes: 0 };

  constructor(plan: ConsumerClientPlan, context: SessionContext) {
    this.plan = plan;
    this.#context = context;
    this.#reader = new EnvelopeReader(context.run);
    this.#invalid = plan.validate === null ? null : new InvalidValues(plan.validate);
  }

  /**
   * Connects. A client without a group is done when it stands at a known place in each partition: at its end, or with
   * its first message in hand. Only then may producers start, or `latest` would miss their first. A member of a group
   * goes on joining, and tells where it stands: what one member has does not say whether its group is ready.
   */
  async connect(): Promise<void> {
    const { clock, receiveSource } = this.#context;
    const tapped = receiveSource === 'consume-callbacks' ? null : await this.#connectTapped(receiveSource);
    this.#client = tapped ?? (await this.#connectClient({}));
    this.#tellNoTap();
    this.#processing = await this.#connectProcessing();
    this.#committer = new Committer(
      this.plan.commit,
      clock,
      (positions) => this.#commit(positions),
      (code) => this.#error(code),
    );
    this.#subscribedAt = clock.now();
    if (this.plan.group === null) {
      this.#rebalanced('assign', await this.#client.assignAll(this.plan.topics));
      await this.#untilPlaced();
    } else this.#client.subscribe(this.plan.topics);
    void this.#waitForStart();
  }

  /** Only where the client connects without it: else it is not the tap's fault. */
  #tellNoTap(): void {
    if (this.#noTap !== undefined) this.#context.onError('no-tap', withoutTap(this.#noTap));
  }

  async #connectProcessing(): Promise<Processing> {
    const { name, deadLetter, failures, config } = this.plan;
    const { seed, clock, onError } = this.#context;
    if (deadLetter !== null)
      this.#deadLetters = await DeadLetterWriter.connect(name, deadLetter, clock, onError);
    return new Processing({
      validation: this.#invalid,
      time: processingTimeOf(this.plan, this.#context),
      failures: failures > 0 ? new DrawnShare(failures, seed, `failures ${name}`) : null,
      deadLetters: this.#deadLetters,
      afterAttempts: deadLetter?.afterAttempts ?? 1,
      group: String(config['group.id'] ?? ''),
      isTakenAway: (message) => this.#isTakenAway(message),
    });
  }

  #connectClient(more: Readonly<Record<string, unknown>>): Promise<ConsumerClient> {
    const { meter } = this.#context;
    return ConsumerClient.connect(
      { ...this.plan.config, ...more },
      {
        error: (name, message) => this.#told(name, message),
        statistics: (sample) => meter.librdkafka(this.plan.index, sample),
        rebalance: (kind, partitions) => this.#rebalanced(kind, partitions),
        endOfPartition: (topic, partition, offset) => {
          this.#joining.delete(`${topic}/${String(partition)}`);
          this.#ends.reached(topic, partition, offset);
        },
      },
      this.plan.name,
    );
  }

  /** Null where there is no tap, unless the client must have one. */
  async #connectTapped(choice: 'auto' | 'tap'): Promise<ConsumerClient | null> {
    let tap: TapReceives | null = null;
    let client: ConsumerClient | null = null;
    try {
      tap = new TapReceives(await openReceiveTap(this.#context.run), this.#context.meter);
      client = await this.#connectClient(tap.config);
      tap.assertAttached();
      this.#tap = tap;
      return client;
    } catch (error) {
      await client?.close();
      tap?.close();
      if (choice === 'tap' || (error instanceof BenchError && error.code === 'cluster')) throw error;
      this.#noTap = error;
      return null;
    }
  }

  async #untilPlaced(): Promise<void> {
    const deadline = this.#context.clock.now() + placeMillis * 1000;
    while (this.#joining.size > 0) {
      const inVain = this.#met !== null && isLasting(this.#met);
      if (inVain || this.#context.clock.now() > deadline) throw this.#notPlaced(inVain);
      await this.#readEarly();
    }
  }

  #notPlaced(inVain: boolean): BenchError {
    const met = this.#met;
    const time = inVain ? '' : ` within ${placeMillis / 1000} s, neither a message nor the end`;
    const last = inVain && met !== null ? `: ${errorText(met)}` : lastErrorText(met);
    return new BenchError(
      'cluster',
      `consumer ${this.plan.name} had nothing from ${[...this.#joining].join(', ')}${time}${last}`,
      { hint: (met === null ? undefined : adviceOf(met)) ?? 'check that the partitions have leaders' },
    );
  }

  /** Members that joined early go on polling, so that later ones can rebalance them. */
  async #waitForStart(): Promise<void> {
    while (!this.#started && !this.#stopped) await this.#readEarly();
  }

  #reading: Promise<void> = Promise.resolve();

  /**
   * Reads fast while partitions have yet to show where they stand, then one message now and then: enough to stay
   * in the group. Partitions are not paused for it, since librdkafka notices a resume up to a second late, and a
   * run with an idle time would have ended by then; only a backlog that would outgrow `earlyLimit` is.
   */
  #readEarly(): Promise<void> {
    this.#reading = (async () => {
      const joined = this.#assigned && this.#joining.size === 0;
      const messages = await this.#receive(joined ? 1 : earlyBatch, pollMillis);
      if (messages.length === 0) return;
      for (const each of messages) this.#joining.delete(nameOf(each));
      this.#early.push(...messages);
      if (this.#early.length > earlyLimit - earlyBatch) {
        this.#client.pause(messages.map(({ topic, partition }) => ({ topic, partition })));
      } else if (joined) await sleep(pollMillis);
    })();
    return this.#reading;
  }

  async run(start: Micros, warmup: Micros): Promise<void> {
    this.#measureStart = carriedDue(start + warmup);
    this.#started = true;
    await this.#reading;
    // What has come by now is timed when it is looked at: nobody knew which phase it belongs to.
    this.#tap?.begin(this.#measureStart);
    if (this.#early.length > 0) {
      // A backlog is read from the start on, not while the start is still being agreed.
      const { clock } = this.#context;
      // A timer may fall short of it by the rounding of clocks, and the backlog would be of the warm-up.
      while (clock.now() < start) await sleep(Math.ceil((start - clock.now()) / 1000));
    }
    // Also without one: a partition that was revoked and came back is still paused.
    this.#client.resume(this.#client.assignments());
    const early = this.#early.splice(0);
    this.#takenAway.clear();
    if (early.length > 0) this.#observe(early, null, false);
    await this.#take(early);
    while (!this.#stopped) {
      const asked = this.#context.clock.now();
      const batch = await this.#nextBatch();
      await this.#take(batch);
      if (batch.length === 0 && this.#isIdle(this.#context.clock.now() - asked)) break;
    }
    if (this.#committer.manual && !this.#giveUp.signal.aborted) await this.#committer.commit();
    this.#tellInvalid();
    await this.#leave();
  }

  async #leave(): Promise<void> {
    const { evidence, onError } = this.#context;
    // Closing commits what librdkafka has been told to commit by itself.
    evidence?.flush();
    this.#done = true;
    const closed = await this.#client.close(this.#giveUp.signal);
    this.#left = true;
    await this.#deadLetters?.close();
    // What has not closed may still write to the tap's file.
    if (closed) this.#tap?.close();
    else {
      const { name, index } = this.plan;
      onError(`not-left ${name}-${index}`, `${name}/${index} could not leave in time: no broker answered it`);
    }
    evidence?.close();
  }

  #tellInvalid(): void {
    const found = this.#invalid?.summary() ?? null;
    const { name, index } = this.plan;
    if (found !== null) this.#context.onError(`invalid-values ${name}-${index}`, found);
  }

  /** @param waited what the last wait took, which was in vain */
  #isIdle(waited: Micros): boolean {
    if (this.plan.idleTimeout === null || this.#idle === null) return false;
    // A process that stood still meanwhile has not looked.
    this.#idle += Math.min(waited, 2000 * pollMillis);
    if (this.#idle < this.plan.idleTimeout) return false;
    this.#endedBy = 'idle';
    return true;
  }

  async #nextBatch(): Promise<readonly ReceivedMessage[]> {
    const { mode, idleTimeout } = this.plan;
    const patience = Math.min(pollMillis, Math.max(1, (idleTimeout ?? Infinity) / 2000));
    const wait = mode.kind === 'single' ? undefined : mode.wait;
    // A tap sees when librdkafka gives a message out, and the application gets the batch.
    const atOnce = wait === undefined && !this.#client.tookAhead;
    if (this.#tap !== null) this.#tap.times = atOnce;
    let batch = await this.#receive(mode.kind === 'single' ? 1 : mode.size, patience);
    this.#takenAway.clear();
    if (wait !== undefined && batch.length > 0) batch = await this.#fill(batch, wait);
    if (batch.length > 0) this.#observe(batch, this.#tap, atOnce);
    return batch;
  }

  /** Waits for the rest of a batch. */
  async #fill(first: readonly ReceivedMessage[], wait: Micros): Promise<readonly ReceivedMessage[]> {
    const size = this.plan.mode.kind === 'single' ? 1 : this.plan.mode.size;
    let batch = [...first];
    const deadline = this.#context.clock.now() + wait;
    while (batch.length < size && !this.#stopped) {
      const left = (deadline - this.#context.clock.now()) / 1000;
      if (left <= 0) break;
      const more = await this.#receive(size - batch.length, Math.min(left, pollMillis));
      if (this.#takenAway.size > 0) batch = batch.filter((each) => !this.#takenAway.has(nameOf(each)));
      this.#takenAway.clear();
      batch.push(...more);
    }
    return batch;
  }

  async #receive(max: number, timeoutMillis: number): Promise<readonly ReceivedMessage[]> {
    const before = this.#revocations;
    try {
      let messages = await this.#client.receive(max, timeoutMillis);
      // A rebalance may be told of ahead of messages that had been taken before it.
      if (before !== this.#revocations) messages = messages.filter((each) => this.#held.has(nameOf(each)));
      for (const { topic, partition, offset } of messages) this.#positions.advance(topic, partition, offset);
      return messages;
    } catch (error) {
      const { code, message } = error as Partial<KafkaError>;
      if (code === undefined) throw error;
      this.#error(code);
      this.#refused(errorName(code), message ?? 'Local: Fatal error');
      // What fails at once would fail again at once: a broken cluster must not become a busy loop.
      await sleep(pollMillis);
      return [];
    }
  }

  /**
   * Counts messages at the moment the application has them, and times and checks them where no tap has.
   *
   * @param tap has seen them, null where none has
   * @param timed by it
   */
  #observe(messages: readonly ReceivedMessage[], tap: TapReceives | null, timed: boolean): void {
    const { clock, meter, shown } = this.#context;
    const at = clock.now();
    const trusted = tap?.trusts(this.#corrupt) ?? false;
    this.#firstMessage ??= at - this.#subscribedAt;
    this.#met = null;
    for (const message of messages) {
      const bytes = message.size + (message.key?.length ?? 0);
      const check = this.#reader.read(message, trusted);
      if (check === 'corrupt') {
        if (tap !== null) this.#corrupt++;
        this.#context.evidence?.broken(message);
      }
      const ours = check === 'ok';
      this.#processing.admit(message, ours ? this.#reader.envelope : null, this.#reader.prefixBytes);
      // Without an envelope there is no due time: such a message belongs to the phase that it arrives in.
      const due = ours ? this.#reader.due : at;
      const phase = due < this.#measureStart ? this.#warmup : this.#measured;
      phase.received++;
      phase.bytes += bytes;
      if (phase === this.#measured) {
        this.#firstReceived ??= at;
        this.#lastReceived = at;
      }
      meter.count('received', at, 1);
      meter.count('bytes', at, bytes);
      if (ours && (tap === null || !timed)) meter.latency('endToEnd', due, at, at - due);
      if (shown.enabled) this.#show(message);
    }
  }

  #show(message: ReceivedMessage): void {
    const prefix = this.#reader.prefixBytes;
    this.#context.shown.offer({
      direction: 'received',
      name: this.plan.name,
      topic: message.topic,
      partition: message.partition,
      offset: message.offset,
      key: showBytes(message.key),
      value: showBytes(message.value?.subarray(prefix) ?? null),
    });
  }

  async #take(messages: readonly ReceivedMessage[]): Promise<void> {
    if (!this.#started) return;
    const committer = this.#committer;
    if (committer.beforeProcessing) {
      for (const { topic, partition, offset } of messages) committer.advance(topic, partition, offset);
      // What has been committed comes to nobody again, whose partition it may be by now.
      if (committer.isDue && (await committer.commit())) this.#takenAway.clear();
    }
    for (const message of messages) {
      if (this.#isTakenAway(message)) continue;
      const handled = this.#processing.handle(message);
      const outcome = typeof handled === 'string' ? handled : await Promise.race([handled, this.#givenUp]);
      if (this.#giveUp.signal.aborted) return;
      if (outcome === 'taken-away') continue;
      this.#handled(message, outcome);
      // Committing what another member has now would set back what that one commits.
      if (!committer.manual || committer.beforeProcessing || this.#isTakenAway(message)) continue;
      committer.advance(message.topic, message.partition, message.offset);
      if (committer.isDue) await committer.commit();
    }
    // An interval runs out also while nothing comes.
    if (committer.manual && committer.isDue) await committer.commit();
    // librdkafka commits at times of its own: the evidence is kept ahead of it.
    if (this.plan.commit.kind === 'auto' && messages.length > 0) this.#context.evidence?.flush();
    if (messages.length > 0) this.#idle = 0;
  }

  #handled(message: ReceivedMessage, outcome: Exclude<Outcome, 'taken-away'>): void {
    const { evidence } = this.#context;
    this.#processedPositions.advance(message.topic, message.partition, message.offset);
    if (outcome === 'processed') {
      this.#processed++;
      evidence?.processed(message);
    } else if (outcome === 'dead-lettered') evidence?.deadLettered(message);
    else evidence?.skipped(message);
  }

  #isTakenAway(message: ReceivedMessage): boolean {
    return this.#takenAway.size > 0 && this.#takenAway.has(nameOf(message));
  }

  async #commit(positions: readonly TopicPartition[]): Promise<KafkaError | null> {
    const answered = this.#context.evidence?.committing(positions);
    // What comes while the answer is waited for is received by the application after it.
    if (this.#tap !== null) this.#tap.times = false;
    const error = await this.#client.commit(positions, this.#giveUp.signal);
    answered?.(error === null);
    return error;
  }

  /** A partition is as far as its present owner says; what the last one had in hand may have to come again. */
  #moved(kind: 'assign' | 'revoke', partitions: readonly TopicPartition[]): void {
    this.#ends.rebalanced(kind, partitions);
    if (kind === 'assign') return;
    for (const { topic, partition } of partitions) {
      this.#positions.forget(topic, partition);
      this.#processedPositions.forget(topic, partition);
    }
  }

  #rebalanced(kind: 'assign' | 'revoke', partitions: readonly TopicPartition[]): void {
    if (this.#left) return;
    const names = partitions.map(nameOf);
    this.#rebalances.push({ at: this.#context.clock.now(), kind, partitions: names });
    // One that has left stands where it stood.
    if (!this.#done) this.#moved(kind, partitions);
    const { evidence } = this.#context;
    if (kind === 'assign') evidence?.assigned(partitions);
    else evidence?.revoked(partitions);
    if (kind === 'assign' && names.length > 0) this.#met = null;
    if (kind === 'assign') this.#assigned = true;
    // librdkafka commits what it handed out when it commits by itself. Else whoever gets them next reads them again.
    else if (this.plan.commit.kind !== 'auto' && !this.#done) this.#takeAway(partitions);
    for (const name of names) {
      if (kind === 'assign') this.#held.add(name);
      else this.#held.delete(name);
      if (kind === 'assign' && !this.#started) this.#joining.add(name);
      else this.#joining.delete(name);
    }
  }

  #takeAway(partitions: readonly TopicPartition[]): void {
    this.#revocations++;
    for (const each of partitions) {
      this.#takenAway.add(nameOf(each));
      this.#committer.forget(each);
    }
    const names = new Set(partitions.map(nameOf));
    this.#early = this.#early.filter((message) => !names.has(nameOf(message)));
  }

  #told(name: string, message: string): void {
    this.#dieOf(name, message);
    this.#context.onError(name, message);
    this.#met = toTell(this.#met, { code: name, message });
  }

  /** An error in the place of messages: most of them librdkafka tries again, and says again. */
  #refused(name: string, message: string): void {
    this.#dieOf(name, message);
    this.#met = toTell(this.#met, { code: name, message });
    if (isLasting({ code: name, message })) this.#context.onError(name, `${this.plan.name}: ${message}`);
  }

  #dieOf(name: string, message: string): void {
    if (name === fatalError) this.#fatal = fatalWith(this.#fatal, this.#context.clock.now(), message);
  }

  #error(code: number): void {
    const phase = this.#context.clock.now() < this.#measureStart ? 'warmup' : 'measure';
    const name = errorName(code);
    const key = `${phase} ${name}`;
    this.#errors.set(key, (this.#errors.get(key) ?? 0) + 1);
    this.#context.meter.error(name, this.#context.clock.now());
  }

  /** Finishes what is in hand, which may take `leaveMillis`, and leaves. */
  stop(leaveMillis: number): void {
    this.#stopped = true;
    setTimeout(() => this.#giveUp.abort(), leaveMillis).unref();
  }

  /** Called a few times a second. */
  tick(): void {
    if (!this.#done) this.#context.evidence?.flush();
  }

  progress(): ClientProgress {
    return {
      side: 'consumer',
      name: this.plan.name,
      index: this.plan.index,
      attempted: 0,
      settled: 0,
      failed: 0,
      received: this.#warmup.received + this.#measured.received,
      warmup: { attempted: 0, settled: 0, failed: 0, received: this.#warmup.received },
      foreign: this.#reader.foreign,
      positions: this.#ends.positions(this.#positions, this.#processedPositions),
      atEnd: this.#ends.all(this.#positions),
      state: this.#done ? 'done' : 'running',
      tapped: this.#tap !== null,
      ...(this.plan.group === null ? {} : { membership: this.#membership() }),
      ...(this.#met === null ? {} : { met: this.#met }),
    };
  }

  #membership(): Membership {
    return { assigned: this.#assigned, holds: [...this.#held], placed: this.#joining.size === 0 };
  }

  report(): ConsumerReport {
    return {
      side: 'consumer',
      name: this.plan.name,
      index: this.plan.index,
      receiveSource: this.#tap === null ? 'consume-callbacks' : 'tap',
      warmup: { ...this.#warmup },
      measured: { ...this.#measured },
      processed: this.#processed,
      foreign: this.#reader.foreign,
      corrupt: this.#reader.corrupt,
      invalid: this.#invalid?.count ?? 0,
      failed: this.#processing.failed,
      deadLettered: this.#processing.deadLettered,
      unprocessed: this.#processing.unprocessed,
      firstMessage: this.#firstMessage,
      firstReceived: this.#firstReceived,
      lastReceived: this.#lastReceived,
      endedBy: this.#endedBy,
      fatal: this.#fatal,
      rebalances: this.#rebalances,
      errors: [...this.#errors].map(([key, count]) => {
        const [phase, code] = key.split(' ') as ['warmup' | 'measure', string];
        return { code, phase, count };
      }),
    };
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${String(partition)}`;
}

function processingTimeOf(
  { name, index, processing }: ConsumerClientPlan,
  { seed, clock }: SessionContext,
): ProcessingTime | null {
  if (processing === null) return null;
  return new ProcessingTime(processing, seededRandom(seed, `processing ${name} ${index}`), clock, sleep);
}
