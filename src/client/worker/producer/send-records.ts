import type { Micros } from '../../../base/clock.ts';
import { errorName } from '../../kafka/error-name.ts';
import type { MessageStatus } from '../../tap/layout.ts';
import { HandOverTimes } from './hand-over-times.ts';
import { isRejected, leastResend } from './produce-answers.ts';
import type { SparseHistogram } from '../../../measure/slots.ts';
import type { AckGaps } from './ack-gaps.ts';
import type { Meter } from '../meter.ts';
import type { ProducerEvidence } from './producer-evidence.ts';
import type { ProducerClientPlan } from '../../../protocol/plan.ts';
import { SendTally } from './send-tally.ts';
import { showBytes, type ShownSampler } from '../shown.ts';

export interface SendBooks {
  readonly meter: Meter;
  /** Of the client's topic. */
  readonly gaps: AckGaps;
  readonly shown: ShownSampler;
  /** Null: nothing is verified. */
  readonly evidence: ProducerEvidence | null;
}

/** One client's messages in every book that is kept of them. The sources of outcomes write here and nowhere else. */
export class SendRecords {
  readonly tally: SendTally;
  readonly #plan: ProducerClientPlan;
  readonly #books: SendBooks;
  readonly #openLoop: boolean;
  readonly #leastResend: Micros;
  readonly #handedOver: HandOverTimes;
  /** Key and value of messages under way, kept only while single messages are shown. */
  readonly #underWay = new Map<number, { key: string | null; value: string | null }>();

  constructor(plan: ProducerClientPlan, books: SendBooks) {
    this.#plan = plan;
    this.#books = books;
    this.#openLoop = plan.rate !== 'max';
    this.#leastResend = leastResend(plan.config);
    this.#handedOver = new HandOverTimes(this.#leastResend);
    this.tally = new SendTally(plan.acks);
  }

  attempted(sequence: number, due: Micros, at: Micros, key: Buffer | null, value: Buffer | null): void {
    const { meter, shown } = this.#books;
    this.tally.attempted(due, at);
    this.#handedOver.add(sequence, at);
    meter.attempted(at);
    if (this.#openLoop) meter.latency('scheduleDelay', due, at, at - due);
    if (!shown.enabled) return;
    const prefix = this.#plan.envelope === 'prefix' ? 32 : 0;
    this.#underWay.set(sequence, { key: showBytes(key), value: showBytes(value?.subarray(prefix) ?? null) });
  }

  /** produce() refused it. */
  refused(sequence: number, due: Micros, at: Micros, code: number): void {
    this.tally.refused(due, at, code);
    this.#books.evidence?.refused(sequence, code, at);
    this.#failed(sequence, at, code);
  }

  /**
   * librdkafka gave it up with an error: rejected where it is in no log for certain, indeterminate elsewhere.
   *
   * @param due any time of the phase that the message was due in
   * @param status what librdkafka believes of it; null where nobody has recorded it
   */
  failed(sequence: number, due: Micros, at: Micros, code: number, status: MessageStatus | null): void {
    const { evidence } = this.#books;
    const isFirst = at - this.#handedOver.notBefore(sequence) < this.#leastResend;
    if (isRejected(code, status, isFirst ? 'one' : 'unknown')) {
      this.tally.rejected(due, at, code);
      evidence?.refused(sequence, code, at);
    } else {
      this.tally.failed(due, at, code);
      evidence?.failed(sequence, code, at);
    }
    this.#failed(sequence, at, code);
  }

  #failed(sequence: number, at: Micros, code: number): void {
    const { meter, shown } = this.#books;
    meter.error(errorName(code), at);
    if (shown.enabled) this.#show(sequence, -1, -1, code);
  }

  /**
   * Reported without error; partition and offset −1 where nobody confirmed them.
   *
   * @param due any time of the phase that the message was due in
   */
  settled(sequence: number, due: Micros, at: Micros, partition: number, offset: number, bytes: number): void {
    const { meter, gaps, shown, evidence } = this.#books;
    this.tally.succeeded(due, at, bytes);
    evidence?.confirmed(sequence, partition, offset, at);
    // At acks=0 the partition is where it was sent to, and nobody acknowledged it.
    if (this.#plan.acks === 'some') gaps.acked(partition, at);
    meter.count('settled', at, 1);
    if (shown.enabled) this.#show(sequence, partition, offset, 0);
  }

  /**
   * Successive messages that were acknowledged at successive offsets of one partition.
   *
   * @param due any time of the phase that they were due in
   * @param first, last the least and the greatest time of them
   */
  settledRun(
    sequence: number,
    count: number,
    due: Micros,
    first: Micros,
    last: Micros,
    partition: number,
    offset: number,
  ): void {
    const { meter, gaps, shown, evidence } = this.#books;
    this.tally.succeededRun(count, due, first, last);
    evidence?.confirmedRun(sequence, count, partition, offset, last);
    gaps.acked(partition, first);
    if (last > first) gaps.acked(partition, last);
    meter.count('settled', last, count);
    if (!shown.enabled) return;
    for (let i = 0; i < count; i++) this.#show(sequence + i, partition, offset + i, 0);
  }

  /** What a settled message took. */
  timed(due: Micros, handedOver: Micros, at: Micros, bytes: number): void {
    const { meter } = this.#books;
    meter.count('bytes', at, bytes);
    meter.latency('serviceAck', due, at, at - handedOver);
    if (this.#openLoop) meter.latency('ack', due, at, at - due);
  }

  /** The same of many messages that somebody else has timed. */
  timedMany(name: 'serviceAck' | 'ack', phase: 'warmup' | 'measure', growth: SparseHistogram): void {
    if (name === 'serviceAck' || this.#openLoop) this.#books.meter.absorb(name, phase, growth);
  }

  carried(phase: 'warmup' | 'measure', bytes: number): void {
    this.tally.carried(phase, bytes);
    this.#books.meter.carried(bytes);
  }

  #show(sequence: number, partition: number, offset: number, error: number): void {
    const text = this.#underWay.get(sequence) ?? { key: null, value: null };
    this.#underWay.delete(sequence);
    this.#books.shown.offer({
      direction: 'sent',
      name: this.#plan.name,
      topic: this.#plan.topic,
      partition,
      offset,
      ...text,
      ...(error === 0 ? {} : { error: errorName(error) }),
    });
  }
}
