import type { JsonCheck } from './json-check.ts';
import { compileValueCheck, type ValueCheckSpec } from './value-check.ts';

/** What validation reads of a received message. */
interface ReceivedValue {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly value: Buffer | null;
}

/** Reasons kept for the warning, each with its first message; what fails for another only counts. */
const keptReasons = 3;

/**
 * Validates the values that one consuming client processes, and counts what fails. A message is admitted when it
 * is found to be intact and of this run, and validated when it is processed: not while messages are being timed.
 */
export class InvalidValues {
  /** Messages that failed, each time they were processed, warm-up included. */
  count = 0;
  readonly #check: JsonCheck;
  /** Admitted and not yet processed → bytes of its value that are envelope. */
  readonly #admitted = new Map<ReceivedValue, number>();
  readonly #reasons = new Map<string, { count: number; readonly first: string }>();

  /** @throws BenchError `scenario` for what is no schema. */
  constructor(spec: ValueCheckSpec) {
    this.#check = compileValueCheck(spec);
  }

  admit(message: ReceivedValue, prefixBytes: number): void {
    // A message without a value deletes its key: there is nothing to validate.
    if (message.value === null) return;
    this.#admitted.set(message, prefixBytes);
  }

  /** What is wrong with its value; null where it is valid, or was not admitted. */
  processed(message: ReceivedValue): string | null {
    const prefixBytes = this.#admitted.get(message);
    if (prefixBytes === undefined) return null;
    this.#admitted.delete(message);
    const reason = this.#check.check(message.value, prefixBytes);
    if (reason !== null) this.#count(message, reason);
    return reason;
  }

  #count(message: ReceivedValue, reason: string): void {
    this.count++;
    const known = this.#reasons.get(reason);
    if (known) known.count++;
    else if (this.#reasons.size < keptReasons) {
      const first = `${message.topic}/${message.partition}@${message.offset}`;
      this.#reasons.set(reason, { count: 1, first });
    }
  }

  /** How many, with the first reasons and where they were met, for a warning; null where all were valid. */
  summary(): string | null {
    if (this.count === 0) return null;
    const parts = [...this.#reasons].map(
      ([reason, { count, first }]) => `${reason} (${count}, first at ${first})`,
    );
    const told = [...this.#reasons.values()].reduce((sum, { count }) => sum + count, 0);
    if (told < this.count) parts.push(`other reasons (${this.count - told})`);
    return `${this.count} invalid value${this.count === 1 ? '' : 's'}: ${parts.join('; ')}`;
  }
}
