import type { Micros } from '../base/clock.ts';
import type { ReceivedMessage } from '../kafka/binding.ts';
import {
  checkEnvelope,
  emptyEnvelope,
  ENVELOPE_BYTES,
  ENVELOPE_HEADER,
  readEnvelope,
} from '../verify/envelope.ts';

/** Finds this run's envelope in a message, in its header or before its value; counts what carries none. */
export class EnvelopeReader {
  /** Messages without this run's envelope: of other runs, of other programs, or of `envelope: none`. */
  foreign = 0;
  /** Envelopes of this run whose checksum does not match. */
  corrupt = 0;
  /** Bytes of the last message's value that are envelope. */
  prefixBytes = 0;
  readonly #run: number;
  readonly #envelope = emptyEnvelope();

  constructor(run: number) {
    this.#run = run;
  }

  /** Of the last message that read() found to be ours. */
  get due(): Micros {
    return this.#envelope.due;
  }

  /** True when the message carries an intact envelope of this run. */
  read(message: ReceivedMessage): boolean {
    const header = headerOf(message);
    const holder = header ?? message.value;
    this.prefixBytes = 0;
    if (holder === null || !readEnvelope(holder, 0, this.#envelope) || this.#envelope.run !== this.#run) {
      this.foreign++;
      return false;
    }
    this.prefixBytes = header ? 0 : ENVELOPE_BYTES;
    if (checkEnvelope(holder, 0, message.key, message.value, this.prefixBytes) === 'ok') return true;
    this.corrupt++;
    return false;
  }
}

function headerOf(message: ReceivedMessage): Buffer | undefined {
  if (!message.headers) return undefined;
  for (const header of message.headers) {
    const value = header[ENVELOPE_HEADER];
    if (value !== undefined) return typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  }
  return undefined;
}
