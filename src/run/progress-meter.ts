import { monotonic, type Micros } from '../base/clock.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { ClientProgress } from '../worker/protocol.ts';
import type { Second } from './intervals.ts';
import type { PhaseName, Progress } from './observer.ts';

/** Turns what workers last said into what a progress line shows. */
export class ProgressMeter {
  readonly #totalSeconds: number | null;
  readonly #plannedMessages: number | null;
  readonly #latency: 'ack' | 'serviceAck' | 'endToEnd';

  constructor(scenario: Scenario) {
    const { producers, phases } = scenario;
    const counted = producers.some((spec) => spec.messages !== undefined);
    this.#plannedMessages =
      producers.length > 0 && producers.every((spec) => spec.messages !== undefined)
        ? producers.reduce((sum, spec) => sum + (spec.messages ?? 0), 0)
        : null;
    this.#totalSeconds = counted
      ? null
      : (phases.warmup + Math.max(phases.measure, ...producers.map((spec) => spec.for ?? 0))) / 1e6;
    this.#latency =
      producers.length === 0
        ? 'endToEnd'
        : producers.some((spec) => spec.rate !== 'max')
          ? 'ack'
          : 'serviceAck';
  }

  read(
    phase: PhaseName,
    start: Micros | null,
    clients: readonly ClientProgress[],
    seconds: readonly Second[],
  ): Progress {
    const sum = (field: 'attempted' | 'settled' | 'failed' | 'received'): number =>
      clients.reduce((total, client) => total + client[field], 0);
    const newest = Math.max(-Infinity, ...seconds.slice(-16).map((each) => each.second));
    const last = seconds.slice(-16).filter((each) => each.second === newest);
    const p99 = last.flatMap((each) => each.latency[this.#latency]?.p99 ?? []);
    return {
      phase,
      elapsedSeconds: start === null ? 0 : Math.max(0, (monotonic.now() - start) / 1e6),
      totalSeconds: this.#totalSeconds,
      attempted: sum('attempted'),
      plannedMessages: this.#plannedMessages,
      settled: sum('settled'),
      received: sum('received'),
      errors: sum('failed'),
      inFlight: sum('attempted') - sum('settled'),
      rate: last.reduce((total, each) => total + each.counts.settled, 0),
      receiveRate: last.reduce((total, each) => total + each.counts.received, 0),
      p99: p99.length === 0 ? null : Math.max(...p99),
    };
  }
}
