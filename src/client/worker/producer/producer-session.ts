import { lastErrorText, toTell, type ClientError } from '../../../base/client-error.ts';
import { sleep, type Clock, type Micros } from '../../../base/clock.ts';
import { seededRandom } from '../../../base/random.ts';
import { BenchError } from '../../../base/errors.ts';
import { DeliveryReports, type AckSource, type Settled } from '../../kafka/ack-source.ts';
import { errorName, fatalError } from '../../kafka/error-name.ts';
import type { ClientEvents } from '../../kafka/connect.ts';
import { ProducerClient } from '../../kafka/producer.ts';
import type { LibrdkafkaSample } from '../../../protocol/report.ts';
import { MessageSource } from '../../../workload/message-source.ts';
import { carriedDue } from '../../../protocol/envelope.ts';
import type { AckGaps } from './ack-gaps.ts';
import { EvidenceFile } from '../evidence-file.ts';
import { fatalWith } from '../fatal-error.ts';
import type { Meter } from '../meter.ts';
import { openTap, withoutTap } from '../open-tap.ts';
import {
  producerCloseMillis,
  producerEvidenceName,
  type ProducePlan,
  type ProducerClientPlan,
} from '../../../protocol/plan.ts';
import type { ClientProgress, FatalError, ProducerReport } from '../../../protocol/report.ts';
import { ProducerEvidence } from './producer-evidence.ts';
import { SendRecords } from './send-records.ts';
import { queueBytes } from '../../../base/queue-bytes.ts';
import { Standstill } from './standstill.ts';
import { clientSchedule, type ClientSchedule } from './client-schedule.ts';
import type { ShownSampler } from '../shown.ts';
import { TapAcks } from './tap-acks.ts';

/**
 * Messages handed over in one turn of the event loop. The binding delivers at most 100 reports a turn and queues
 * the others without bound: a sender of as many never drains what one stall has left there, and every later
 * `serviceAck` contains the wait (p50 of 10-60 ms instead of 6 on the mock). 75 costs no throughput.
 */
const turnLimit = 75;
/** Where nothing is reported to JavaScript, a turn only has to end before somebody misses the event loop. */
const tappedTurnLimit = 1000;
/**
 * With a tap, messages of a closed loop that follow each other at once share a reading of the clock, which would be a
 * twentieth of all that one costs: at most so many, and not more than so many bytes. So `endToEnd` is too long by what
 * has passed since the reading, 3 µs on average (docs/tap.md); `serviceAck` is timed by librdkafka.
 */
const sharedReading = { messages: 8, bytes: 4096 } as const;
/** How often a tap is asked what has been settled: often enough for progress, seldom enough to cost nothing. */
const collectEvery: Micros = 20_000;

const flushSliceMillis = 250;
/**
 * A client at acks=0 stays this long after its last message. A broker that answers all the same, as librdkafka's mock
 * does, leaves bytes that nobody reads: a connection closed with them is reset, and what the broker has not read is gone.
 */
const lingerMillis = 500;

interface SessionContext {
  readonly plan: ProducePlan;
  readonly clock: Clock;
  readonly meter: Meter;
  /** Of the client's topic. */
  readonly gaps: AckGaps;
  readonly shown: ShownSampler;
  readonly onError: ClientEvents['error'];
}

/** One producer client of the scenario: its schedule, its messages and what became of them. */
export class ProducerSession {
  readonly plan: ProducerClientPlan;
  /** True when the whole schedule has been handed over, or a stop was asked for. */
  handedOverAll = false;
  readonly #context: SessionContext;
  #acks: AckSource;
  readonly #records: SendRecords;
  /** Null: nothing is verified. */
  readonly #evidence: ProducerEvidence | null;
  readonly #messages: MessageSource;
  readonly #openLoop: boolean;
  #client!: ProducerClient;
  #schedule!: ClientSchedule;
  /** Of the message that `#messages` holds ready. */
  #due: Micros = NaN;
  /** In a closed loop: when it was made, which is when it is handed over unless the queue is full. NaN: read the clock. */
  #made: Micros = NaN;
  #messagesPerReading = 1;
  #ready = false;
  #sequence = 0;
  #partition = 0;
  #sinceFlush = 0;
  #flushing = false;
  #queueFull = 0;
  #queueFullTime: Micros = 0;
  /** Since when it has been full; NaN: it is not. */
  #fullSince: Micros = NaN;
  #measureStart: Micros = Infinity;
  #fatal: FatalError | null = null;
  #noTap: unknown;
  #met: ClientError | null = null;
  #standstill!: Standstill;
  /** It stood still: what was due and not handed over will not be, and nothing more is waited for. */
  #cutOff = false;
  #collectAt: Micros = 0;

  constructor(plan: ProducerClientPlan, context: SessionContext) {
    this.plan = plan;
    this.#context = context;
    this.#openLoop = plan.rate !== 'max';
    this.#evidence = evidenceOf(plan, context);
    this.#records = new SendRecords(plan, { ...context, evidence: this.#evidence });
    this.#acks = new DeliveryReports({ acks: plan.acks, clock: context.clock, settled: this.#reported });
    this.#messages = new MessageSource(
      {
        key: plan.key,
        value: plan.value,
        headers: plan.headers,
        envelope: plan.envelope,
        tombstones: plan.tombstones,
        producerName: plan.name,
      },
      {
        seed: context.plan.seed,
        client: plan.index,
        run: context.plan.run,
        producerId: plan.producerId,
        incarnation: plan.incarnation,
        wallClock: Date.now,
      },
    );
  }

  async connect(): Promise<void> {
    const choice = this.#context.plan.ackSource;
    const tapped = choice !== 'delivery-reports' && (await this.#connectTapped(choice === 'tap'));
    if (!tapped) {
      this.#client = await this.#connect();
      this.#tellNoTap();
    }
    // In the background reports do not wait for our next poll; but flush() then costs 10 ms a call, and a
    // saturated producer is slower by a fifth (shared measurements), so only paced producers without flush do it.
    if (this.#acks.kind !== 'tap' && this.#openLoop && this.plan.flush === 'never') {
      this.#client.pollInBackground();
    }
  }

  /** Only where the client connects without it: else it is not the tap's fault. */
  #tellNoTap(): void {
    if (this.#noTap !== undefined) this.#context.onError('no-tap', withoutTap(this.#noTap));
  }

  #connect(): Promise<ProducerClient> {
    const { meter } = this.#context;
    const events = {
      error: (name: string, message: string) => this.#told(name, message),
      statistics: (sample: LibrdkafkaSample) => meter.librdkafka(this.plan.index, sample),
    };
    const { config, topic, name } = this.plan;
    return ProducerClient.connect(config, topic, this.#acks, events, name);
  }

  /** False where the client has no use for a tap, or, unless it `must` have one, where there is none. */
  async #connectTapped(must: boolean): Promise<boolean> {
    const reports = this.#acks;
    let client: ProducerClient | null = null;
    try {
      const tap = await openTap(this.plan, this.#context.plan.run);
      if (tap === null) {
        if (!must || this.plan.acks === 'none') return false;
        throw new BenchError(
          'setup',
          `${this.plan.name} has no envelope: a tap cannot tell its messages apart`,
          {
            hint: '--ack-source auto takes delivery reports for such a producer',
          },
        );
      }
      const { meter, onError } = this.#context;
      const acks = new TapAcks(tap, {
        records: this.#records,
        onOdd: (message) => onError('tap', message),
      });
      this.#acks = acks;
      client = await this.#connect();
      if (!tap.attached) throw new BenchError('setup', 'librdkafka took the tap and does not call it');
      this.#client = client;
      this.#messagesPerReading = messagesPerReading(this.plan.value);
      meter.beforeFlush(() => acks.collectLatencies());
      return true;
    } catch (error) {
      if (must || (error instanceof BenchError && error.code === 'cluster')) throw error;
      await client?.close(producerCloseMillis);
      if (this.#acks !== reports) this.#acks.close();
      this.#acks = reports;
      this.#noTap = error;
      return false;
    }
  }

  begin(start: Micros): void {
    const measureStart = carriedDue(start + this.#context.plan.warmup);
    this.#measureStart = measureStart;
    this.#records.tally.begin(measureStart);
    this.#acks.begin(measureStart);
    const { duration } = this.plan;
    this.#standstill = new Standstill(
      duration === null ? null : measureStart + duration,
      this.#context.plan.drain,
      this.#context.plan.fault,
    );
    const random = seededRandom(
      this.#context.plan.seed,
      `arrival ${this.plan.name} ${String(this.plan.index)}`,
    );
    this.#schedule = clientSchedule(this.plan, start, measureStart, random);
  }

  /** Hands over what is due at `now`, at most a turn's worth; returns when to come again. */
  turn(now: Micros): Micros {
    this.#client.poll();
    if (now >= this.#collectAt) this.#collect(now);
    const limit = this.#acks.kind === 'tap' ? tappedTurnLimit : turnLimit;
    for (let i = 0; i < limit && !this.handedOverAll; i++) {
      if (this.#flushing) return now + 1000;
      if (!this.#openLoop && i % this.#messagesPerReading === 0) now = this.#context.clock.now();
      if (!this.#ready && !this.#prepare(now)) return this.#due;
      if (this.#openLoop && this.#due > now) return this.#due;
      if (!this.#handOver()) {
        this.#queueFull++;
        if (Number.isNaN(this.#fullSince)) this.#fullSince = this.#context.clock.now();
        this.#assertQueueTakes(this.#messages.value);
        this.#endStandstill();
        // A closed loop lets reports in at once; with a tap there are none, and the threads that send need the core.
        return now + (this.#openLoop || this.#acks.kind === 'tap' ? 250 : 0);
      }
    }
    return now;
  }

  #collect(now: Micros): void {
    this.#collectAt = now + collectEvery;
    // A second that is over is told as a whole first.
    this.#context.meter.roll(now);
    this.#acks.collect();
  }

  /** Fetches the next due time and fills its message; false when the schedule has ended. */
  #prepare(now: Micros): boolean {
    if (!this.#openLoop) this.#made = now;
    const due = this.#schedule.next(now);
    if (due === null) {
      this.handedOverAll = true;
      return false;
    }
    this.#due = due;
    this.#ready = true;
    this.#messages.next(this.#sequence, this.#sequence * this.plan.of + this.plan.index, due);
    return true;
  }

  /** False when librdkafka's queue is full: the same message is tried again, never lost or skipped. */
  #handOver(): boolean {
    const messages = this.#messages;
    const at = Number.isNaN(this.#made) ? this.#context.clock.now() : this.#made;
    this.#made = NaN;
    const outcome = this.#client.handOver(
      this.plan.topic,
      this.#choosePartition(),
      messages.value,
      messages.key,
      messages.headers,
      this.#sequence,
      this.#due,
      at,
    );
    if (outcome === 'full') return false;
    if (!Number.isNaN(this.#fullSince)) this.#notFull();
    this.#ready = false;
    this.#sequence++;
    this.#partition++;
    this.#records.attempted(this.#sequence - 1, this.#due, at, messages.key, messages.value);
    if (outcome !== 'queued') {
      this.#records.refused(this.#sequence - 1, this.#due, at, outcome.refused);
      this.#dieOf(errorName(outcome.refused), 'Local: Fatal error');
    }
    if (this.plan.flush !== 'never' && ++this.#sinceFlush >= this.plan.flush) this.#flush();
    return true;
  }

  #notFull(): void {
    const from = Math.max(this.#fullSince, this.#measureStart);
    this.#queueFullTime += Math.max(0, this.#context.clock.now() - from);
    this.#fullSince = NaN;
  }

  #told(name: string, message: string): void {
    this.#dieOf(name, message);
    this.#met = toTell(this.#met, { code: name, message });
    this.#context.onError(name, message);
  }

  #dieOf(name: string, message: string): void {
    if (name !== fatalError) return;
    this.#fatal = fatalWith(this.#fatal, this.#context.clock.now(), message);
    // A schedule goes on, and each of its messages is refused. A closed loop would be refused as fast as it can ask.
    if (!this.#openLoop) this.handedOverAll = true;
  }

  /** @throws BenchError `scenario` for a message for which the queue will never have room */
  #assertQueueTakes(value: Buffer | null): void {
    const most = queueBytes(this.plan.config);
    if (value === null || value.length <= most) return;
    throw new BenchError(
      'scenario',
      `${this.plan.name}: the value of message ${this.#sequence} has ${value.length} bytes, and queue.buffering.max.kbytes lets librdkafka's queue hold ${most}`,
      { hint: 'raise queue.buffering.max.kbytes, or send smaller values' },
    );
  }

  /** Ends a client that waits for room, or for its flush, and for which nothing happens any more. */
  #endStandstill(): void {
    // Grows with each message that is handed over, and with each that is settled.
    const moved = 2 * this.#sequence - this.outstanding;
    if (this.handedOverAll || !this.#standstill.lasts(moved, this.#context.clock.now())) return;
    this.#cutOff = true;
    this.stop();
    this.#context.onError(
      `cut-off ${this.plan.name}-${this.plan.index}`,
      `${this.plan.name}: nothing was taken or answered any more, ${this.outstanding} messages were under way; it was ended, and what else was due was not sent${lastErrorText(this.#met)}`,
    );
  }

  #choosePartition(): number {
    if (this.plan.partition === 'partitioner') return -1;
    if (this.plan.partition === 'roundRobin') return this.#partition % (this.plan.partitions ?? 1);
    return this.plan.partition;
  }

  readonly #reported: Settled = (sequence, due, handedOver, at, error, partition, offset, bytes) => {
    if (this.#records.tally.closed) return;
    if (error !== 0) {
      this.#records.failed(sequence, due, at, error, null);
      return;
    }
    this.#records.settled(sequence, due, at, partition, offset, bytes);
    this.#records.timed(due, handedOver, at, bytes);
  };

  #flush(): void {
    this.#sinceFlush = 0;
    this.#flushing = true;
    void this.#untilFlushed().then(() => {
      this.#flushing = false;
      this.onFlushed?.();
    });
  }

  /** In slices, so that a stop need not wait for a broker that is down. */
  async #untilFlushed(): Promise<void> {
    while (!(await this.#client.flush(flushSliceMillis)) && !this.handedOverAll) this.#endStandstill();
  }

  /** Set by the loop, so that it need not poll for the end of a flush. */
  onFlushed: (() => void) | undefined;

  get flushing(): boolean {
    return this.#flushing;
  }

  get outstanding(): number {
    return this.#client.outstanding;
  }

  stop(): void {
    if (!Number.isNaN(this.#fullSince)) this.#notFull();
    this.handedOverAll = true;
  }

  /** Waits until nothing is outstanding, at most `millis`. */
  async drain(millis: number, turn: () => Promise<void>): Promise<void> {
    const deadline = this.#context.clock.now() + (this.#cutOff ? 0 : millis * 1000);
    while (this.outstanding > 0 && this.#context.clock.now() < deadline) {
      await this.#client.flush(100);
      this.#client.poll();
      this.#acks.collect();
      await turn();
    }
    // The last report may be behind the flush's own answer by a turn.
    this.#client.poll();
    await turn();
  }

  /** Reports still arrive while the client closes: the tally is closed after it. */
  async close(): Promise<void> {
    if (this.#acks.kind === 'socket-write') await sleep(lingerMillis);
    await this.#client.close(producerCloseMillis);
    this.#acks.close();
    this.#records.tally.close();
    this.#evidence?.ended(this.#sequence);
  }

  /** Called a few times a second: what a killed process had not written down is indeterminate. */
  tick(): void {
    if (this.#records.tally.closed) return;
    this.#acks.collect();
    this.#evidence?.flush(this.#sequence, this.#context.clock.now());
  }

  progress(): ClientProgress {
    return {
      side: 'producer',
      name: this.plan.name,
      index: this.plan.index,
      ...this.#records.tally.progress,
      received: 0,
      foreign: 0,
      positions: {},
      atEnd: false,
      state: this.handedOverAll ? 'draining' : 'running',
      tapped: this.#acks.kind === 'tap',
      ...(this.#met === null ? {} : { met: this.#met }),
    };
  }

  report(): ProducerReport {
    return {
      side: 'producer',
      name: this.plan.name,
      index: this.plan.index,
      ackSource: this.#acks.kind,
      fatal: this.#fatal,
      queueFull: this.#queueFull,
      queueFullTime: this.#queueFullTime,
      ...this.#records.tally.report(),
      ...(this.#openLoop ? {} : { firstDue: null, lastDue: null }),
    };
  }
}

function evidenceOf(client: ProducerClientPlan, { plan, clock }: SessionContext): ProducerEvidence | null {
  const { evidence, run } = plan;
  if (evidence === null || client.envelope === 'none') return null;
  const { producerId: producer, incarnation, acks } = client;
  const name = producerEvidenceName(producer, incarnation);
  return new ProducerEvidence(
    { producer, incarnation, acks, topic: evidence.topics.indexOf(client.topic) },
    new EvidenceFile(evidence.directory, name, run, producer),
    clock.now(),
  );
}

/** 1 where the size is not known beforehand. */
function messagesPerReading(value: ProducerClientPlan['value']): number {
  if (value.kind !== 'bytes') return 1;
  const largest = Math.max(...value.sizes.map(({ size }) => size));
  return Math.max(1, Math.min(sharedReading.messages, Math.floor(sharedReading.bytes / largest)));
}
