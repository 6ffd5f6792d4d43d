import type { AckSourceKind } from '../../base/choices.ts';
import type { Clock, Micros } from '../../base/clock.ts';
import type { DeliveryReport, KafkaError, RawProducer } from './binding.ts';

/**
 * Told once for each message handed over, when librdkafka is done with it. `error` is 0 or librdkafka's code;
 * `partition` and `offset` are −1 where no broker confirmed them. Times in µs on CLOCK_MONOTONIC.
 */
export type Settled = (
  sequence: number,
  due: Micros,
  handedOver: Micros,
  at: Micros,
  error: number,
  partition: number,
  offset: number,
  bytes: number,
) => void;

/** How outcomes of sends are observed. One implementation a source; results name it and never mix two. */
export interface AckSource {
  readonly kind: AckSourceKind;
  readonly config: Readonly<Record<string, unknown>>;
  /** Messages handed over and not yet settled. */
  readonly outstanding: number;
  attach(client: RawProducer): void;
  /** Before the first message: what is due before it is warm-up. */
  begin(measureStart: Micros): void;
  /** Before produce(): remembers the message; the result travels as its opaque. */
  handOver(sequence: number, due: Micros, at: Micros): number | undefined;
  /** librdkafka's queue was full: it has not seen the message, which will be handed over again. */
  notTaken(opaque: number | undefined): void;
  /** produce() refused it for good: whatever is seen of it from here on does not count. */
  refused(opaque: number | undefined): void;
  /** Tells which messages have been settled since the last call, where that does not come by itself. */
  collect(): void;
  /** The client has closed. */
  close(): void;
}

const firstSlots = 4096;

/**
 * librdkafka's delivery reports through the binding's JavaScript callback. The opaque is a small integer, a slot
 * in three typed arrays: an object a message would cost an allocation here and a map entry there.
 */
export class DeliveryReports implements AckSource {
  readonly kind: 'delivery-reports' | 'socket-write';
  readonly config = { dr_cb: true };
  outstanding = 0;
  readonly #clock: Clock;
  readonly #settled: Settled;
  #sequence: Float64Array = new Float64Array(firstSlots);
  #due: Float64Array = new Float64Array(firstSlots);
  #handedOver: Float64Array = new Float64Array(firstSlots);
  /** Stack of unused slots. */
  #free: Uint32Array = Uint32Array.from({ length: firstSlots }, (_, i) => firstSlots - 1 - i);
  #freeCount = firstSlots;

  constructor(options: { acks: 'none' | 'some'; clock: Clock; settled: Settled }) {
    // acks=0 has no acknowledgement: its report says that the request was written to the socket.
    this.kind = options.acks === 'none' ? 'socket-write' : 'delivery-reports';
    this.#clock = options.clock;
    this.#settled = options.settled;
  }

  attach(client: RawProducer): void {
    client.on('delivery-report', (error: KafkaError | null, report: DeliveryReport) => {
      const slot = report.opaque;
      if (slot === undefined) return;
      const at = this.#clock.now();
      this.#release(slot);
      this.#settled(
        this.#sequence[slot]!,
        this.#due[slot]!,
        this.#handedOver[slot]!,
        at,
        error ? error.code : 0,
        error ? -1 : report.partition,
        error ? -1 : report.offset,
        report.size + (report.key === null ? 0 : report.key.length),
      );
    });
  }

  handOver(sequence: number, due: Micros, at: Micros): number {
    if (this.#freeCount === 0) this.#grow();
    const slot = this.#free[--this.#freeCount]!;
    this.outstanding++;
    this.#sequence[slot] = sequence;
    this.#due[slot] = due;
    this.#handedOver[slot] = at;
    return slot;
  }

  notTaken(opaque: number): void {
    this.#release(opaque);
  }

  refused(opaque: number): void {
    this.#release(opaque);
  }

  begin(): void {
    // Reports say when their messages were due.
  }

  collect(): void {
    // Reports come by themselves.
  }

  close(): void {
    // Nothing is held.
  }

  #release(slot: number): void {
    this.#free[this.#freeCount++] = slot;
    this.outstanding--;
  }

  #grow(): void {
    const old = this.#sequence.length;
    const widen = (values: Float64Array): Float64Array => {
      const wider = new Float64Array(old * 2);
      wider.set(values);
      return wider;
    };
    this.#sequence = widen(this.#sequence);
    this.#due = widen(this.#due);
    this.#handedOver = widen(this.#handedOver);
    this.#free = new Uint32Array(old * 2);
    for (let i = 0; i < old; i++) this.#free[i] = old * 2 - 1 - i;
    this.#freeCount = old;
  }
}
