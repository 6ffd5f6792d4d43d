import { ACK_PAGE_MESSAGES, AckEvidence, type AckPageCache } from './ack-evidence.ts';
import { IntervalSet } from './interval-set.ts';
import { PAGE_BITS, PagedBitmap } from '../../base/paged-bitmap.ts';

export interface ProducerIdentity {
  /** As in the envelope, u16 each. */
  readonly producer: number;
  readonly incarnation: number;
}

/** Where the messages of a producer go: one topic, and one partition of it or, at −1, any. */
export interface Destination {
  readonly topic: string;
  readonly partition: number;
}

export interface LedgerOptions extends ProducerIdentity {
  /** `none`: acks=0, whose success says only that the message has left this machine. */
  readonly acks: 'none' | 'some';
  /** An acknowledgement is provisional until the transaction that holds it has been committed. */
  readonly transactional?: boolean;
  /** Absent: nobody knows. */
  readonly destination?: Destination | undefined;
  readonly cache: AckPageCache;
  /** Smaller in tests, so that pages fill. */
  readonly pageBits?: number;
  readonly ackPageMessages?: number;
}

export interface SendTotals {
  readonly attempted: number;
  readonly acked: number;
  readonly sent: number;
  readonly rejected: number;
  readonly indeterminate: number;
}

/** How far beyond its last record a killed client may have sent: librdkafka's queue holds 100 000 by default. */
const unrecordedLimit = 1_000_000;

/**
 * What one incarnation of a producer sent and what became of it. Sequences are dense from 0; each ends as exactly
 * one of acked (or sent), rejected, indeterminate. What was attempted and never reported is indeterminate.
 */
export class ProducerLedger {
  readonly producer: number;
  readonly incarnation: number;
  readonly acks: 'none' | 'some';
  readonly destination: Destination | undefined;
  /** acked, or sent where acks=0. */
  readonly confirmed: PagedBitmap;
  readonly rejected: PagedBitmap;
  /** Reported with an error. */
  readonly failed: PagedBitmap;
  readonly inLog: PagedBitmap;
  readonly twice: PagedBitmap;
  /** Sequences of aborted transactions: rejected, but legal to a reader of uncommitted records. */
  readonly aborted = new IntervalSet();
  readonly committed: { readonly from: number; readonly to: number }[] = [];
  readonly evidence: AckEvidence;
  /** Sequences 0 to attempted − 1 have been handed over. */
  attempted = 0;
  /** True when the client drained and closed: nothing was sent beyond `attempted`. */
  complete = false;
  /** Sequences that were told two outcomes, the first few; and how many there are. */
  readonly doubles: number[] = [];
  doubleOutcomes = 0;
  readonly #transactional: boolean;
  #transactionsEnd = 0;
  #known = 0;
  /** At `time` so many had been handed over, ascending. */
  readonly #handedOver: { readonly time: number; readonly attempted: number }[] = [];

  constructor(options: LedgerOptions) {
    this.producer = options.producer;
    this.incarnation = options.incarnation;
    this.acks = options.acks;
    this.destination = options.destination;
    this.#transactional = options.transactional ?? false;
    const bits = options.pageBits ?? PAGE_BITS;
    this.confirmed = new PagedBitmap(bits);
    this.rejected = new PagedBitmap(bits);
    this.failed = new PagedBitmap(bits);
    this.inLog = new PagedBitmap(bits);
    this.twice = new PagedBitmap(bits);
    this.evidence = new AckEvidence(options.cache, options.ackPageMessages ?? ACK_PAGE_MESSAGES);
  }

  /** Memory held, bytes. */
  get bytes(): number {
    const bitmaps = [this.confirmed, this.rejected, this.failed, this.inLog, this.twice];
    return this.evidence.bytes + bitmaps.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Sequences up to `attempted` have been handed over, whatever became of them.
   *
   * @param time ns on CLOCK_MONOTONIC, when no more than these had been; 0 where nobody knows
   */
  handedOver(attempted: number, time = 0): void {
    if (attempted > this.attempted) this.attempted = attempted;
    this.#known = Math.max(this.#known, attempted);
    if (time > 0) this.#handedOver.push({ time, attempted });
  }

  /** A time before which the message had not been handed over, as late as is known; 0 where nothing is. */
  handedOverAfter(sequence: number): number {
    let [low, high] = [0, this.#handedOver.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#handedOver[middle]!.attempted <= sequence) low = middle + 1;
      else high = middle;
    }
    return this.#handedOver[low - 1]?.time ?? 0;
  }

  /**
   * `count` messages from `sequence`, `stride` apart, were reported without error at consecutive offsets of one
   * partition. −1 where partition or offset were not told.
   */
  acknowledged(sequence: number, partition: number, offset: number, count = 1, stride = 1): void {
    this.handedOver(sequence + (count - 1) * stride + 1);
    for (let i = 0, each = sequence; i < count; i++, each += stride) {
      if (this.#isSettled(each) || !this.confirmed.add(each)) this.#double(each);
      else if (this.acks === 'some') this.evidence.put(each, partition, offset < 0 ? -1 : offset + i);
    }
  }

  /** Reported with an error: it may be in the log or not. */
  indeterminate(sequence: number, count = 1): void {
    this.handedOver(sequence + count);
    for (let each = sequence; each < sequence + count; each++) {
      if (this.confirmed.has(each) || this.rejected.has(each) || !this.failed.add(each)) this.#double(each);
      else if (this.acks === 'some') this.evidence.put(each, -1, -1);
    }
  }

  /** Refused by produce(), whatever an interceptor saw, or by a broker before it stored anything. */
  refused(sequence: number, count = 1): void {
    this.handedOver(sequence + count);
    for (let each = sequence; each < sequence + count; each++) {
      const failed = this.failed.delete(each);
      const confirmed = this.confirmed.delete(each);
      if (!this.rejected.add(each) || confirmed) this.#double(each);
      else if (!failed && this.acks === 'some') this.evidence.put(each, -1, -1);
    }
  }

  /** The transaction that holds the sequences [from, to) ended so, or nobody knows how. */
  transactionEnded(from: number, to: number, how: 'committed' | 'aborted' | 'unknown'): void {
    this.#transactionsEnd = Math.max(this.#transactionsEnd, to);
    this.handedOver(to);
    if (how === 'committed') {
      this.committed.push({ from, to });
      return;
    }
    for (let each = from; each < to; each++) {
      // One that was refused was in no transaction.
      if (this.rejected.has(each)) continue;
      if (how === 'aborted') this.aborted.add(each, each + 1);
      this.confirmed.delete(each);
      this.failed.delete(each);
      (how === 'aborted' ? this.rejected : this.failed).add(each);
    }
  }

  /** No more records: `drained` when the client ended in order, `killed` when it may have sent more than it told. */
  close(how: 'drained' | 'killed'): void {
    this.complete = how === 'drained';
    if (this.#transactional && this.#transactionsEnd < this.attempted) {
      this.transactionEnded(this.#transactionsEnd, this.attempted, 'unknown');
    }
  }

  /** True where the sequence was attempted; a killed client's log tells of sends that its records do not. */
  wasAttempted(sequence: number): boolean {
    if (sequence < this.attempted) return true;
    if (this.complete || sequence >= this.#known + unrecordedLimit) return false;
    this.attempted = sequence + 1;
    return true;
  }

  outcomeOf(sequence: number): 'acked' | 'sent' | 'rejected' | 'indeterminate' {
    if (this.confirmed.has(sequence)) return this.acks === 'none' ? 'sent' : 'acked';
    return this.rejected.has(sequence) ? 'rejected' : 'indeterminate';
  }

  totals(): SendTotals {
    const confirmed = this.confirmed.size;
    const rejected = this.rejected.size;
    return {
      attempted: this.attempted,
      acked: this.acks === 'some' ? confirmed : 0,
      sent: this.acks === 'none' ? confirmed : 0,
      rejected,
      indeterminate: this.attempted - confirmed - rejected,
    };
  }

  #isSettled(sequence: number): boolean {
    return (
      (this.failed.size > 0 && this.failed.has(sequence)) ||
      (this.rejected.size > 0 && this.rejected.has(sequence))
    );
  }

  #double(sequence: number): void {
    this.doubleOutcomes++;
    if (this.doubles.length < 10) this.doubles.push(sequence);
  }
}
