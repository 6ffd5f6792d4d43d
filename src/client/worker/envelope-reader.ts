import type { Micros } from '../../base/clock.ts';
import type { ReceivedMessage } from '../kafka/binding.ts';
import {
  checkEnvelope,
  emptyEnvelope,
  type EnvelopeCheck,
  ENVELOPE_BYTES,
  ENVELOPE_HEADER,
  readEnvelope,
} from '../../protocol/envelope.ts';

/** Finds this run's envelope in a message, in its header or before its value; counts what carries none. */
export class EnvelopeReader {
  /** Messages without this run's envelope: of other runs, of other programs, or of `envelope: none`. */
  foreign = 0;
  /** Envelopes of this run whose checksum does not match. */
  corrupt = 0;
  /** Bytes of the last message's value that are envelope. */
  prefixBytes = 0;
  /** Of the last message in which inspect() found one. */
  readonly envelope = emptyEnvelope();
  readonly #run: number;

  constructor(run: number) {
    this.#run = run;
  }

  /** Of the last message that read() found to be ours. */
  get due(): Micros {
    return this.envelope.due;
  }

  /**
   * What the message is to this run; an intact one of another run is foreign, a broken one belongs to nobody else.
   *
   * @param trusted somebody else has looked at its checksum
   */
  read(message: ReceivedMessage, trusted = false): EnvelopeCheck {
    const check = this.inspect(message, trusted);
    if (check === 'foreign' || this.envelope.run !== this.#run) {
      this.prefixBytes = 0;
      this.foreign++;
      return 'foreign';
    }
    if (check === 'corrupt') this.corrupt++;
    return check;
  }

  /** Whether there is an envelope and it is intact, whatever run it names. */
  inspect(message: ReceivedMessage, trusted = false): EnvelopeCheck {
    const header = headerOf(message);
    const holder = header ?? message.value;
    this.prefixBytes = 0;
    if (holder === null || !readEnvelope(holder, 0, this.envelope)) return 'foreign';
    this.prefixBytes = header ? 0 : ENVELOPE_BYTES;
    if (trusted) return 'ok';
    return checkEnvelope(holder, 0, message.key, message.value, this.prefixBytes);
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
