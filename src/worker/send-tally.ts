import type { Micros } from '../base/clock.ts';
import { errorName } from '../kafka/error-name.ts';
import type { ProducerReport, SendCounts } from './protocol.ts';

type Phase = 'warmup' | 'measure';
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const noCounts = (): Mutable<SendCounts> => ({
  attempted: 0,
  acked: 0,
  sent: 0,
  rejected: 0,
  indeterminate: 0,
  bytes: 0,
});

/**
 * What became of one client's messages: each attempted one ends as exactly one of acked, sent, rejected or
 * indeterminate. A message belongs to the phase that its due time falls into.
 */
export class SendTally {
  readonly warmup = noCounts();
  readonly measured = noCounts();
  /** The counts have been told: a report that comes now changes nothing any more. */
  closed = false;
  readonly #acks: 'none' | 'some';
  readonly #errors = new Map<string, number>();
  // NaN for not yet: a field that is a number always needs no object for each value.
  #measureStart: Micros = Infinity;
  #firstHandedOver: Micros = NaN;
  #lastHandedOver: Micros = NaN;
  #firstSettled: Micros = NaN;
  #lastSettled: Micros = NaN;
  #warmupSettled: Micros = NaN;
  #firstDue: Micros = NaN;
  #lastDue: Micros = NaN;

  constructor(acks: 'none' | 'some') {
    this.#acks = acks;
  }

  begin(measureStart: Micros): void {
    this.#measureStart = measureStart;
  }

  attempted(due: Micros, at: Micros): void {
    if (due < this.#measureStart) {
      this.warmup.attempted++;
      return;
    }
    if (this.measured.attempted++ === 0) {
      this.#firstHandedOver = at;
      this.#firstDue = due;
    }
    this.#lastHandedOver = at;
    this.#lastDue = due;
  }

  /** A report without error: acknowledged, or at acks=0 no more than sent. */
  succeeded(due: Micros, at: Micros, bytes: number): void {
    const counts = this.#settle(due, at);
    if (this.#acks === 'none') counts.sent++;
    else counts.acked++;
    counts.bytes += bytes;
  }

  /** Several messages, acknowledged between `first` and `last`; their bytes are told by `carried`. */
  succeededRun(count: number, due: Micros, first: Micros, last: Micros): void {
    this.#settle(due, first);
    this.#settle(due, last).acked += count;
  }

  /** A report with an error that leaves in doubt whether the message is in the log. */
  failed(due: Micros, at: Micros, code: number): void {
    this.#settle(due, at).indeterminate++;
    this.#error(due, code);
  }

  /** In no log: refused by produce() itself, or by a broker before it stored anything. */
  refused(due: Micros, at: Micros, code: number): void {
    this.#settle(due, at).rejected++;
    this.#error(due, code);
  }

  /** What had no report when the client ended may have arrived. */
  close(): void {
    this.closed = true;
    for (const counts of [this.warmup, this.measured]) {
      counts.indeterminate = counts.attempted - counts.acked - counts.sent - counts.rejected;
    }
  }

  /** Bytes of messages told by `succeeded` without theirs. */
  carried(phase: 'warmup' | 'measure', bytes: number): void {
    (phase === 'warmup' ? this.warmup : this.measured).bytes += bytes;
  }

  /** Not every source tells in the order of times. */
  #settle(due: Micros, at: Micros): Mutable<SendCounts> {
    if (due < this.#measureStart) {
      // One that ends after measured ones did not hold them up: it waits elsewhere, perhaps for its timeout.
      if (!(at > this.#firstSettled) && !(at <= this.#warmupSettled)) this.#warmupSettled = at;
      return this.warmup;
    }
    if (!(at >= this.#firstSettled)) this.#firstSettled = at;
    if (!(at <= this.#lastSettled)) this.#lastSettled = at;
    return this.measured;
  }

  #error(due: Micros, code: number): void {
    const phase: Phase = due < this.#measureStart ? 'warmup' : 'measure';
    const key = `${phase} ${errorName(code)}`;
    this.#errors.set(key, (this.#errors.get(key) ?? 0) + 1);
  }

  get total(): { attempted: number; settled: number; failed: number } {
    const sum = (field: keyof SendCounts): number => this.warmup[field] + this.measured[field];
    const failed = sum('rejected') + sum('indeterminate');
    return { attempted: sum('attempted'), settled: sum('acked') + sum('sent') + failed, failed };
  }

  report(): Pick<
    ProducerReport,
    | 'warmup'
    | 'measured'
    | 'firstHandedOver'
    | 'lastHandedOver'
    | 'lastSettled'
    | 'warmupSettled'
    | 'firstDue'
    | 'lastDue'
    | 'errors'
  > {
    return {
      warmup: { ...this.warmup },
      measured: { ...this.measured },
      firstHandedOver: orNull(this.#firstHandedOver),
      lastHandedOver: orNull(this.#lastHandedOver),
      lastSettled: orNull(this.#lastSettled),
      warmupSettled: orNull(this.#warmupSettled),
      firstDue: orNull(this.#firstDue),
      lastDue: orNull(this.#lastDue),
      errors: [...this.#errors].map(([key, count]) => {
        const [phase, code] = key.split(' ') as [Phase, string];
        return { code, phase, count };
      }),
    };
  }
}

function orNull(time: Micros): Micros | null {
  return Number.isNaN(time) ? null : time;
}
