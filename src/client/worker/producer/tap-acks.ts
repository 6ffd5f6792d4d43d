import type { Micros } from '../../../base/clock.ts';
import type { AckSource } from '../../kafka/ack-source.ts';
import { producerLatencies, type ProducerTap } from '../../tap/producer-tap.ts';
import type { SettledRun } from '../../tap/cells.ts';
import { phases } from '../../tap/layout.ts';
import type { SendRecords } from './send-records.ts';

/** librdkafka gives it to what was under way when the client closed; the binding reports no such message. */
const destroyed = -197;

/**
 * Outcomes that the tap has recorded on librdkafka's threads. JavaScript looks at its file now and then and gets no
 * report: the binding, which has nobody to tell, drops them in poll(). Reports of failures only
 * (`delivery.report.only.error`) would seem to cost less still, and make it slower by a third at 1 KiB: with them the
 * broker's thread frees what the sender's allocates, and both fight for malloc's lock.
 */
export class TapAcks implements AckSource {
  readonly kind = 'tap';
  readonly config: Readonly<Record<string, unknown>>;
  outstanding = 0;
  readonly #tap: ProducerTap;
  readonly #records: SendRecords;
  readonly #onOdd: (message: string) => void;
  #measureStart: Micros = Infinity;
  #last = -1;
  #succeeded = 0;
  readonly #bytes = { warmup: 0, measure: 0 };
  #collecting = false;
  #closed = false;

  constructor(
    tap: ProducerTap,
    more: { readonly records: SendRecords; readonly onOdd: (message: string) => void },
  ) {
    this.#tap = tap;
    this.#records = more.records;
    this.#onOdd = more.onOdd;
    this.config = tap.config;
  }

  attach(): void {
    // The client has the file by its configuration.
  }

  begin(measureStart: Micros): void {
    this.#measureStart = measureStart;
    this.#tap.begin(measureStart);
  }

  /** No opaque: nobody would free it. */
  handOver(sequence: number): undefined {
    this.#tap.prepare(sequence);
    this.#last = sequence;
    this.outstanding++;
  }

  notTaken(): void {
    this.outstanding--;
  }

  refused(): void {
    this.#tap.drop(this.#last);
    this.outstanding--;
  }

  collect(): void {
    // What is told may end a second, which asks again.
    if (this.#closed || this.#collecting) return;
    this.#collecting = true;
    this.#tap.collect(this.#settled);
    this.#collecting = false;
  }

  /** Costs more than collect(), and is for the end of a second. */
  collectLatencies(): void {
    if (this.#closed) return;
    this.collect();
    for (const { latency, phase, growth } of this.#tap.latencies()) {
      this.#records.timedMany(producerLatencies[latency]!, phase, growth);
    }
    for (const phase of phases) {
      const bytes = this.#tap.bytes(phase) - this.#bytes[phase];
      if (bytes === 0) continue;
      this.#bytes[phase] += bytes;
      this.#records.carried(phase, bytes);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.collectLatencies();
    this.#closed = true;
    this.#tellOdd();
    this.#tap.close();
  }

  #tellOdd(): void {
    const { strange, unplaced, repeated } = this.#tap.oddities();
    const counted = this.#tap.messages;
    if (strange + unplaced + repeated === 0 && counted === this.#succeeded) return;
    const odd = this.#tap.events().filter(({ kind }) => kind !== 'failed');
    const last = odd.length === 0 ? '' : `; last: ${JSON.stringify(odd.at(-1))}`;
    this.#onOdd(
      `the tap and its reader disagree: ${counted} messages acknowledged, ${this.#succeeded} told; ` +
        `${strange} strange, ${unplaced} unplaced, ${repeated} repeated${last}`,
    );
  }

  readonly #settled: SettledRun = (
    sequence,
    count,
    measured,
    first,
    last,
    error,
    partition,
    offset,
    status,
  ) => {
    if (error === destroyed) return;
    this.outstanding -= count;
    // Which side of it the message was due on is all that anybody asks.
    const due = measured ? this.#measureStart : -Infinity;
    if (error === 0) {
      this.#succeeded += count;
      this.#records.settledRun(sequence, count, due, first, last, partition, offset);
      return;
    }
    for (let i = 0; i < count; i++) this.#records.failed(sequence + i, due, last, error, status);
  };
}
