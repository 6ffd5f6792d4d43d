import { AckPageCache } from './ack-evidence.ts';
import { ProducerLedger, type LedgerOptions, type SendTotals } from './producer-ledger.ts';

/** All producer incarnations of one run. */
export class Ledgers implements Iterable<ProducerLedger> {
  readonly #byIdentity = new Map<number, ProducerLedger>();
  readonly #cache = new AckPageCache();
  readonly #sizes: Pick<LedgerOptions, 'pageBits' | 'ackPageMessages'>;
  #lastKey = -1;
  #last: ProducerLedger | undefined;

  constructor(sizes: Pick<LedgerOptions, 'pageBits' | 'ackPageMessages'> = {}) {
    this.#sizes = sizes;
  }

  get size(): number {
    return this.#byIdentity.size;
  }

  /** Memory held, bytes. */
  get bytes(): number {
    return [...this].reduce((sum, { bytes }) => sum + bytes, this.#cache.bytes);
  }

  /** Begins an incarnation. @throws Error where it is known already */
  open(options: Omit<LedgerOptions, 'cache' | 'pageBits' | 'ackPageMessages'>): ProducerLedger {
    const key = options.producer * 65_536 + options.incarnation;
    if (this.#byIdentity.has(key)) {
      throw new Error(`producer ${options.producer}.${options.incarnation} has a ledger already`);
    }
    const ledger = new ProducerLedger({ ...options, ...this.#sizes, cache: this.#cache });
    this.#byIdentity.set(key, ledger);
    return ledger;
  }

  get(producer: number, incarnation: number): ProducerLedger | undefined {
    const key = producer * 65_536 + incarnation;
    if (key === this.#lastKey) return this.#last;
    const found = this.#byIdentity.get(key);
    if (found !== undefined) {
      this.#lastKey = key;
      this.#last = found;
    }
    return found;
  }

  [Symbol.iterator](): IterableIterator<ProducerLedger> {
    return this.#byIdentity.values();
  }

  totals(): SendTotals {
    const sum = { attempted: 0, acked: 0, sent: 0, rejected: 0, indeterminate: 0 };
    for (const ledger of this) {
      const each = ledger.totals();
      sum.attempted += each.attempted;
      sum.acked += each.acked;
      sum.sent += each.sent;
      sum.rejected += each.rejected;
      sum.indeterminate += each.indeterminate;
    }
    return sum;
  }
}
