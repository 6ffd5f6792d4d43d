import type { Micros } from '../../base/clock.ts';
import { carriedDue } from '../../protocol/envelope.ts';
import type { Channel } from './channel.ts';
import { Meter } from './meter.ts';
import type { PhaseLatencies } from '../../protocol/report.ts';

/** One meter for each producer or consumer name of this process; its clients share it. */
export class Meters {
  readonly #side: 'producer' | 'consumer';
  readonly #channel: Channel;
  readonly #byName = new Map<string, Meter>();

  constructor(side: 'producer' | 'consumer', channel: Channel) {
    this.#side = side;
    this.#channel = channel;
  }

  of(name: string): Meter {
    let meter = this.#byName.get(name);
    if (!meter) {
      meter = new Meter(this.#side, name, (interval) => this.#channel.send({ type: 'interval', interval }));
      this.#byName.set(name, meter);
    }
    return meter;
  }

  /** @param measured length of the measured phase by name; null where it ends with the last message */
  begin(start: Micros, warmup: Micros, measured: (name: string) => Micros | null): void {
    const measureStart = carriedDue(start + warmup);
    for (const [name, meter] of this.#byName) {
      meter.begin(start, measureStart, measureStart + (measured(name) ?? Infinity));
    }
  }

  endPhase(at: Micros): void {
    for (const meter of this.#byName.values()) meter.endPhase(at);
  }

  roll(now: Micros): void {
    for (const meter of this.#byName.values()) meter.roll(now);
  }

  flush(): void {
    for (const meter of this.#byName.values()) meter.flush();
  }

  report(): PhaseLatencies[] {
    return [...this.#byName.values()].map((meter) => meter.report());
  }
}
