import type { Micros } from '../../../base/clock.ts';
import { BenchError } from '../../../base/errors.ts';
import type { ConsumerTap } from '../../tap/consumer-tap.ts';
import type { Meter } from '../meter.ts';

/** What the tap of a consumer tells its session: end-to-end latencies, and whether checksums are worth a look. */
export class TapReceives {
  readonly config: Readonly<Record<string, string>>;
  readonly #tap: ConsumerTap;
  readonly #meter: Meter;
  #closed = false;

  constructor(tap: ConsumerTap, meter: Meter) {
    this.#tap = tap;
    this.#meter = meter;
    this.config = tap.config;
  }

  /** @throws BenchError `setup` where librdkafka loaded the plugin and does not use it */
  assertAttached(): void {
    if (!this.#tap.attached) throw new BenchError('setup', 'librdkafka took the tap and does not call it');
  }

  begin(measureStart: Micros): void {
    this.#tap.begin(measureStart);
    this.#meter.beforeFlush(() => this.#collect());
  }

  /** Whether what the client takes from librdkafka from now on is timed by the tap. */
  set times(times: boolean) {
    this.#tap.times = times;
  }

  /** True where the tap has seen no broken message that JavaScript has not found, `found` so far. */
  trusts(found: number): boolean {
    return this.#tap.corrupt <= found;
  }

  #collect(): void {
    if (this.#closed) return;
    for (const { phase, growth } of this.#tap.latencies()) this.#meter.absorb('endToEnd', phase, growth);
  }

  close(): void {
    if (this.#closed) return;
    this.#collect();
    this.#closed = true;
    this.#tap.close();
  }
}
