import type { ReceivedMessage } from '../../kafka/binding.ts';
import type { Envelope } from '../../../protocol/envelope.ts';
import type { InvalidValues } from '../../../workload/validation/invalid-values.ts';
import type { DeadLetterWriter } from './dead-letter-writer.ts';
import type { DrawnShare } from '../../../base/drawn-share.ts';
import type { ProcessingTime } from './processing-time.ts';
import type { UnprocessedMessage } from '../../../protocol/report.ts';

/**
 * What became of a message. `skipped`: its processing failed and there is no dead-letter topic, so that nobody will
 * process it. `taken-away`: its partition went to another member, which gets it again.
 */
export type Outcome = 'processed' | 'skipped' | 'dead-lettered' | 'taken-away';

export interface ProcessingParts {
  readonly validation: InvalidValues | null;
  readonly time: ProcessingTime | null;
  readonly failures: DrawnShare | null;
  readonly deadLetters: DeadLetterWriter | null;
  readonly afterAttempts: number;
  /** In headers of dead letters. */
  readonly group: string;
  /** Asked before a message is given up: what another member has now is that one's to judge. */
  readonly isTakenAway: (message: ReceivedMessage) => boolean;
}

const witnessesKept = 10;
/** What the scenario's `processing.failures` looks like to an application. */
const drawnFailure = 'processing failed';

/** What an application does with a message: validates it, takes its time, tries again, gives up. */
export class Processing {
  /** Messages whose processing failed, at each attempt; invalid ones are counted apart. */
  failed = 0;
  /** Acknowledged by the brokers. */
  deadLettered = 0;
  /** The first ones that were not processed. */
  readonly unprocessed: UnprocessedMessage[] = [];
  readonly #parts: ProcessingParts;
  readonly #doomed = new WeakSet<ReceivedMessage>();

  constructor(parts: ProcessingParts) {
    this.#parts = parts;
  }

  /** The message has come. `envelope`: this run's, null where it carries none or it is broken. */
  admit(message: ReceivedMessage, envelope: Envelope | null, prefixBytes: number): void {
    const { validation, failures } = this.#parts;
    if (envelope !== null) validation?.admit(message, prefixBytes);
    if (failures === null) return;
    const who =
      envelope === null
        ? [message.partition, message.offset]
        : [envelope.producer, envelope.incarnation, envelope.sequence];
    if (failures.hits(who)) this.#doomed.add(message);
  }

  /**
   * Without a promise where nothing is waited for.
   *
   * @throws BenchError `cluster` where a dead letter could not be written
   */
  handle(message: ReceivedMessage): Outcome | Promise<Outcome> {
    const { validation, deadLetters, failures, time } = this.#parts;
    const reason = validation?.processed(message) ?? null;
    // Trying again would not make it valid.
    if (reason !== null && deadLetters !== null) return this.#giveUp(message, reason, 1);
    if (failures !== null && this.#doomed.has(message)) return this.#fail(message);
    const spent = time?.spend() ?? null;
    return spent === null ? 'processed' : spent.then(() => 'processed');
  }

  async #fail(message: ReceivedMessage): Promise<Outcome> {
    const { time, deadLetters, afterAttempts } = this.#parts;
    const attempts = deadLetters === null ? 1 : afterAttempts;
    for (let attempt = 0; attempt < attempts; attempt++) await time?.spend();
    const outcome = await this.#giveUp(message, drawnFailure, attempts);
    if (outcome !== 'taken-away') this.failed++;
    return outcome;
  }

  async #giveUp(message: ReceivedMessage, error: string, attempts: number): Promise<Outcome> {
    const { deadLetters, group, isTakenAway } = this.#parts;
    if (isTakenAway(message)) return 'taken-away';
    const deadLetter = (await deadLetters?.write(message, { group, attempts, error })) ?? null;
    if (deadLetter !== null) this.deadLettered++;
    if (this.unprocessed.length < witnessesKept) {
      const { topic, partition, offset } = message;
      this.unprocessed.push({ topic, partition, offset, error, attempts, deadLetter });
    }
    return deadLetter === null ? 'skipped' : 'dead-lettered';
  }
}
