import type { Clock, Micros } from '../../base/clock.ts';
import type { ShownMessage } from '../../protocol/report.ts';

const longestText = 200;

/** Chooses the single messages to show: all while they are few, then at most so many a second, and counts the rest. */
export class ShownSampler {
  readonly #perSecond: number;
  readonly #clock: Clock;
  readonly #send: (shown: ShownMessage) => void;
  #windowEnd: Micros = 0;
  #inWindow = 0;
  #skipped = 0;

  constructor(perSecond: number, clock: Clock, send: (shown: ShownMessage) => void) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#send = send;
  }

  get enabled(): boolean {
    return this.#perSecond > 0;
  }

  offer(message: Omit<ShownMessage, 'skipped'>): void {
    const now = this.#clock.now();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + 1e6;
      this.#inWindow = 0;
    }
    if (this.#inWindow >= this.#perSecond) {
      this.#skipped++;
      return;
    }
    this.#inWindow++;
    this.#send({ ...message, skipped: this.#skipped });
    this.#skipped = 0;
  }
}

/** Text as it is, cut where it is long; bytes that are no UTF-8 text as hexadecimal. */
export function showBytes(bytes: Buffer | null): string | null {
  if (bytes === null) return null;
  const text = bytes.toString('utf8');
  // eslint-disable-next-line no-control-regex -- control characters, C1's too, must not reach a terminal
  const readable = !text.includes('\uFFFD') && !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text);
  const shown = readable ? text : `0x${bytes.toString('hex')}`;
  return shown.length > longestText
    ? `${shown.slice(0, longestText)}… (${String(bytes.length)} bytes)`
    : shown;
}
