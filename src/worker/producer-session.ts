import type { Clock, Micros } from '../base/clock.ts';
import { seededRandom } from '../base/random.ts';
import { DeliveryReports, type Settled } from '../kafka/ack-source.ts';
import { errorName } from '../kafka/error-name.ts';
import { ProducerClient, type ProducerEvents } from '../kafka/producer.ts';
import { MessageSource } from '../workload/message-source.ts';
import { carriedDue } from '../verify/envelope.ts';
import type { AckGaps } from './ack-gaps.ts';
import { EvidenceFile } from './evidence-file.ts';
import type { Meter } from './meter.ts';
import {
  producerEvidenceName,
  type ClientProgress,
  type ProducePlan,
  type ProducerClientPlan,
  type ProducerReport,
} from './protocol.ts';
import { ProducerEvidence } from './producer-evidence.ts';
import { SendTally } from './send-tally.ts';
import { clientSchedule, type ClientSchedule } from './client-schedule.ts';
import { showBytes, type ShownSampler } from './shown.ts';

/**
 * Messages handed over in one turn of the event loop. The binding delivers at most 100 reports a turn and queues
 * the others without bound: a sender of as many never drains what one stall has left there, and every later
 * `serviceAck` contains the wait (p50 of 10-60 ms instead of 6 on the mock). 75 costs no throughput.
 */
const turnLimit = 75;

const flushSliceMillis = 250;

interface SessionContext {
  readonly plan: ProducePlan;
  readonly clock: Clock;
  readonly meter: Meter;
  /** Of the client's topic. */
  readonly gaps: AckGaps;
  readonly shown: ShownSampler;
  readonly onError: ProducerEvents['error'];
}

/** One producer client of the scenario: its schedule, its messages and what became of them. */
export class ProducerSession {
  readonly plan: ProducerClientPlan;
  /** True when the whole schedule has been handed over, or a stop was asked for. */
  handedOverAll = false;
  readonly #context: SessionContext;
  readonly #acks: DeliveryReports;
  readonly #tally: SendTally;
  /** Null: nothing is verified. */
  readonly #evidence: ProducerEvidence | null;
  readonly #messages: MessageSource;
  readonly #openLoop: boolean;
  #client!: ProducerClient;
  #schedule!: ClientSchedule;
  /** Of the message that `#messages` holds ready. */
  #due: Micros = 0;
  #ready = false;
  #sequence = 0;
  #partition = 0;
  #sinceFlush = 0;
  #flushing = false;
  #queueFull = 0;

  constructor(plan: ProducerClientPlan, context: SessionContext) {
    this.plan = plan;
    this.#context = context;
    this.#openLoop = plan.rate !== 'max';
    this.#tally = new SendTally(plan.acks);
    this.#evidence = evidenceOf(plan, context.plan);
    this.#acks = new DeliveryReports({ acks: plan.acks, clock: context.clock, settled: this.#settled });
    this.#messages = new MessageSource(
      {
        key: plan.key,
        value: plan.value,
        headers: plan.headers,
        envelope: plan.envelope,
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
    const { meter, onError } = this.#context;
    this.#client = await ProducerClient.connect(this.plan.config, this.plan.topic, this.#acks, {
      error: onError,
      statistics: (sample) => meter.librdkafka(this.plan.index, sample),
    });
    // In the background reports do not wait for our next poll; but flush() then costs 10 ms a call, and a
    // saturated producer is slower by a fifth (shared measurements), so only paced producers without flush do it.
    if (this.#openLoop && this.plan.flush === 'never') this.#client.pollInBackground();
  }

  begin(start: Micros): void {
    const measureStart = carriedDue(start + this.#context.plan.warmup);
    this.#tally.begin(measureStart);
    const random = seededRandom(
      this.#context.plan.seed,
      `arrival ${this.plan.name} ${String(this.plan.index)}`,
    );
    this.#schedule = clientSchedule(this.plan, start, measureStart, random);
  }

  /** Hands over what is due at `now`, at most a turn's worth; returns when to come again. */
  turn(now: Micros): Micros {
    this.#client.poll();
    for (let i = 0; i < turnLimit && !this.handedOverAll; i++) {
      if (this.#flushing) return now + 1000;
      if (!this.#ready && !this.#prepare(now)) return this.#due;
      if (this.#openLoop && this.#due > now) return this.#due;
      if (!this.#handOver()) {
        this.#queueFull++;
        return now + (this.#openLoop ? 250 : 0);
      }
    }
    return now;
  }

  /** Fetches the next due time and fills its message; false when the schedule has ended. */
  #prepare(now: Micros): boolean {
    const due = this.#schedule.next(this.#openLoop ? now : this.#context.clock.now());
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
    const { clock, meter } = this.#context;
    const messages = this.#messages;
    const at = clock.now();
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
    this.#ready = false;
    this.#sequence++;
    this.#partition++;
    this.#tally.attempted(this.#due, at);
    meter.count('attempted', at, 1);
    if (this.#openLoop) meter.latency('scheduleDelay', this.#due, at, at - this.#due);
    if (this.#context.shown.enabled) this.#remember();
    if (outcome !== 'queued') this.#refused(at, outcome.refused);
    if (this.plan.flush !== 'never' && ++this.#sinceFlush >= this.plan.flush) this.#flush();
    return true;
  }

  #choosePartition(): number {
    if (this.plan.partition === 'partitioner') return -1;
    if (this.plan.partition === 'roundRobin') return this.#partition % (this.plan.partitions ?? 1);
    return this.plan.partition;
  }

  #refused(at: Micros, code: number): void {
    this.#tally.refused(this.#due, at, code);
    this.#evidence?.refused(this.#sequence - 1, code, at);
    this.#context.meter.count('errors', at, 1);
    if (this.#context.shown.enabled) this.#show(this.#sequence - 1, -1, -1, code);
  }

  readonly #settled: Settled = (sequence, due, handedOver, at, error, partition, offset, bytes) => {
    const { meter } = this.#context;
    if (this.#tally.closed) return;
    if (error === 0) {
      this.#tally.succeeded(due, at, bytes);
      this.#evidence?.confirmed(sequence, partition, offset, at);
      // At acks=0 the partition is where it was sent to, and nobody acknowledged it.
      if (this.plan.acks === 'some') this.#context.gaps.acked(partition, at);
      meter.count('settled', at, 1);
      meter.count('bytes', at, bytes);
      meter.latency('serviceAck', due, at, at - handedOver);
      if (this.#openLoop) meter.latency('ack', due, at, at - due);
    } else {
      this.#tally.failed(due, at, error);
      this.#evidence?.failed(sequence, error, at);
      meter.count('errors', at, 1);
    }
    if (this.#context.shown.enabled) this.#show(sequence, partition, offset, error);
  };

  /** Key and value of messages under way, kept only while single messages are shown. */
  readonly #underWay = new Map<number, { key: string | null; value: string | null }>();

  #remember(): void {
    const { key, value } = this.#messages;
    const prefix = this.plan.envelope === 'prefix' ? 32 : 0;
    this.#underWay.set(this.#sequence - 1, { key: showBytes(key), value: showBytes(value.subarray(prefix)) });
  }

  #show(sequence: number, partition: number, offset: number, error: number): void {
    const text = this.#underWay.get(sequence) ?? { key: null, value: null };
    this.#underWay.delete(sequence);
    this.#context.shown.offer({
      direction: 'sent',
      name: this.plan.name,
      topic: this.plan.topic,
      partition,
      offset,
      ...text,
      ...(error === 0 ? {} : { error: errorName(error) }),
    });
  }

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
    while (!(await this.#client.flush(flushSliceMillis)) && !this.handedOverAll);
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
    this.handedOverAll = true;
  }

  /** Waits until nothing is outstanding, at most `millis`. */
  async drain(millis: number, turn: () => Promise<void>): Promise<void> {
    const deadline = this.#context.clock.now() + millis * 1000;
    while (this.outstanding > 0 && this.#context.clock.now() < deadline) {
      await this.#client.flush(100);
      this.#client.poll();
      await turn();
    }
    // The last report may be behind the flush's own answer by a turn.
    this.#client.poll();
    await turn();
  }

  /** Reports still arrive while the client closes: the tally is closed after it. */
  async close(): Promise<void> {
    await this.#client.close();
    this.#tally.close();
    this.#evidence?.ended(this.#sequence);
  }

  /** Called a few times a second: what a killed process had not written down is indeterminate. */
  tick(): void {
    if (!this.#tally.closed) this.#evidence?.flush(this.#sequence);
  }

  progress(): ClientProgress {
    return {
      side: 'producer',
      name: this.plan.name,
      index: this.plan.index,
      ...this.#tally.total,
      received: 0,
      foreign: 0,
      positions: {},
      atEnd: false,
      state: this.handedOverAll ? 'draining' : 'running',
    };
  }

  report(): ProducerReport {
    return {
      side: 'producer',
      name: this.plan.name,
      index: this.plan.index,
      ackSource: this.#acks.kind,
      queueFull: this.#queueFull,
      ...this.#tally.report(),
      ...(this.#openLoop ? {} : { firstDue: null, lastDue: null }),
    };
  }
}

function evidenceOf(client: ProducerClientPlan, { evidence, run }: ProducePlan): ProducerEvidence | null {
  if (evidence === null || client.envelope === 'none') return null;
  const { producerId: producer, incarnation, acks } = client;
  const name = producerEvidenceName(producer, incarnation);
  return new ProducerEvidence(
    { producer, incarnation, acks, topic: evidence.topics.indexOf(client.topic) },
    new EvidenceFile(evidence.directory, name, run, producer),
  );
}
