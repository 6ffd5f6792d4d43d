import type { Micros } from '../../../base/clock.ts';
import { errorName } from '../../kafka/error-name.ts';
import {
  noAnswer,
  type ClientProgress,
  type ProducerReport,
  type SendCounts,
} from '../../../protocol/report.ts';

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
  #lastAcked: Micros = NaN;
  #warmupSettled: Micros = NaN;
  #firstDue: Micros = NaN;
  #lastDue: Micros = NaN;
  #refused = 0;
  #unanswered = 0;

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
    if (due >= this.#measureStart && !(at <= this.#lastAcked)) this.#lastAcked = at;
    if (this.#acks === 'none') counts.sent++;
    else counts.acked++;
    counts.bytes += bytes;
  }

  /** Several messages, acknowledged between `first` and `last`; their bytes are told by `carried`. */
  succeededRun(count: number, due: Micros, first: Micros, last: Micros): void {
    this.#settle(due, first);
    this.#settle(due, last).acked += count;
    if (due >= this.#measureStart && !(last <= this.#lastAcked)) this.#lastAcked = last;
  }

  /** A report with an error that leaves in doubt whether the message is in the log. */
  failed(due: Micros, at: Micros, code: number): void {
    this.#settle(due, at).indeterminate++;
    this.#error(due, code);
  }

  /** Refused by produce() itself: it never left. */
  refused(due: Micros, at: Micros, code: number): void {
    this.#settle(due, at).rejected++;
    if (due >= this.#measureStart) this.#refused++;
    this.#error(due, code);
  }

  /** Refused by a broker before it stored anything. */
  rejected(due: Micros, at: Micros, code: number): void {
    this.#settle(due, at).rejected++;
    this.#error(due, code);
  }

  /** What had no report when the client ended may have arrived. */
  close(): void {
    this.closed = true;
    for (const [phase, counts] of [
      ['warmup', this.warmup],
      ['measure', this.measured],
    ] as const) {
      const { attempted, acked, sent, rejected, indeterminate } = counts;
      const unanswered = attempted - acked - sent - rejected - indeterminate;
      if (unanswered === 0) continue;
      counts.indeterminate += unanswered;
      this.#unanswered += unanswered;
      this.#errors.set(`${phase} ${noAnswer}`, unanswered);
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

  /** Of both phases, and of the warm-up among them. */
  get progress(): Pick<ClientProgress, 'attempted' | 'settled' | 'failed' | 'warmup'> {
    const [warmup, measured] = [progressOf(this.warmup), progressOf(this.measured)];
    return {
      attempted: warmup.attempted + measured.attempted,
      settled: warmup.settled + measured.settled,
      failed: warmup.failed + measured.failed,
      warmup: { ...warmup, received: 0 },
    };
  }

  report(): Pick<
    ProducerReport,
    | 'warmup'
    | 'measured'
    | 'firstHandedOver'
    | 'lastHandedOver'
    | 'lastSettled'
    | 'lastAcked'
    | 'warmupSettled'
    | 'firstDue'
    | 'lastDue'
    | 'errors'
    | 'refused'
    | 'unanswered'
  > {
    return {
      warmup: { ...this.warmup },
      measured: { ...this.measured },
      firstHandedOver: orNull(this.#firstHandedOver),
      lastHandedOver: orNull(this.#lastHandedOver),
      lastSettled: orNull(this.#lastSettled),
      lastAcked: orNull(this.#lastAcked),
      warmupSettled: orNull(this.#warmupSettled),
      firstDue: orNull(this.#firstDue),
      lastDue: orNull(this.#lastDue),
      errors: [...this.#errors].map(([key, count]) => {
        const [phase, code] = key.split(' ') as [Phase, string];
        return { code, phase, count };
      }),
      refused: this.#refused,
      unanswered: this.#unanswered,
    };
  }
}

function progressOf({ attempted, acked, sent, rejected, indeterminate }: SendCounts) {
  const failed = rejected + indeterminate;
  return { attempted, settled: acked + sent + failed, failed };
}

function orNull(time: Micros): Micros | null {
  return Number.isNaN(time) ? null : time;
}
