import { monotonic, type Micros } from '../../base/clock.ts';
import type { Scenario } from '../../scenario/schema.ts';
import type { ClientProgress } from '../../protocol/report.ts';
import type { Second } from '../../judge/performance/intervals.ts';
import type { AuditProgress, PhaseName, Progress } from '../observer.ts';

/** Turns what workers last said into what a progress line shows. */
export class ProgressMeter {
  readonly #totalSeconds: number | null;
  readonly #plannedMessages: number | null;
  readonly #latency: 'ack' | 'serviceAck' | 'endToEnd';
  #auditSince: Micros | null = null;

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
    const worst = (statistic: 'p50' | 'p99'): number | null => {
      const values = last.flatMap((each) => each.latency[this.#latency]?.[statistic] ?? []);
      return values.length === 0 ? null : Math.max(...values);
    };
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
      p50: worst('p50'),
      p99: worst('p99'),
    };
  }

  /**
   * While the log is read back.
   *
   * @param expected records that must be in it, by what the clients were told
   */
  readAudit(
    start: Micros | null,
    reader: readonly ClientProgress[],
    expected: number,
    now: Micros = monotonic.now(),
  ): Progress {
    this.#auditSince ??= now;
    const read = reader.reduce((sum, { received }) => sum + received, 0);
    const seconds = (now - this.#auditSince) / 1e6;
    const audit: AuditProgress = { read, expected, seconds, perSecond: seconds > 0 ? read / seconds : 0 };
    return { ...this.read('audit', start, reader, []), audit };
  }
}
