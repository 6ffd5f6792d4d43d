import type { Findings, SecondCount } from './findings.ts';

/** When the measured phase began, on the clock that clients share and on the one that records are stamped with. */
export interface MeasureStart {
  /** µs on CLOCK_MONOTONIC. */
  readonly monotonic: number;
  /** ms since 1970. */
  readonly wall: number;
}

/** When happened what should have happened once. */
export interface DeliverySeconds {
  /**
   * By the time of the further record in the log. That is when the message was handed to its producer (CreateTime),
   * which keeps it when it sends the message again; on a topic with `message.timestamp.type=LogAppendTime` it is when
   * the broker stored the record.
   */
  readonly duplicates: readonly SecondCount[];
  /** By the time at which a member processed the message again, as it wrote that down: up to 250 ms late. */
  readonly redelivered: readonly SecondCount[];
}

/** Which second of the measured phase a time is in; negative in the warm-up. Both in ms on one clock. */
export function secondOf(time: number, start: number): number {
  return Math.floor((time - start) / 1000);
}

/** Tells the second of the measured phase that records of the evidence are about. */
export class MeasuredSeconds {
  readonly #start: MeasureStart | null;
  /** By partition: of the records behind its last `logTime`. */
  readonly #log: (number | null)[] = [];

  constructor(start: MeasureStart | null) {
    this.#start = start;
  }

  /** @param nanos on CLOCK_MONOTONIC */
  ofClient(nanos: number): number | null {
    return this.#start && secondOf(nanos / 1e6, this.#start.monotonic / 1000);
  }

  ofLog(partition: number): number | null {
    return this.#log[partition] ?? null;
  }

  /** What follows in the partition's log has times in the second of this one. @param time ms since 1970, −1 for none */
  logTime(partition: number, time: number): void {
    this.#log[partition] = this.#start && time >= 0 ? secondOf(time, this.#start.wall) : null;
  }

  /** Null where nobody knows when the measured phase began. */
  of(findings: Findings): DeliverySeconds | null {
    return (
      this.#start && {
        duplicates: findings.secondsOf('duplicate'),
        redelivered: findings.secondsOf('redelivery', 'committed-redelivery'),
      }
    );
  }
}
