import type { Micros } from '../../base/clock.ts';
import type { AnomalyKind } from '../../judge/delivery/anomalies.ts';

/** One instance of an anomaly, with what is needed to look for it in Kafka's own tools. */
export interface Witness {
  readonly kind: AnomalyKind;
  readonly producer?: number;
  readonly incarnation?: number;
  readonly sequence?: number;
  /** Where it was met. */
  readonly place?: Place;
  /** What the acknowledgement said. `at`: null until the producer's evidence has been asked (ack-times.ts). */
  readonly acked?: Place & { at: Micros | null };
  /** The sequences before and after, and what became of them. */
  readonly neighbours?: readonly Neighbour[];
  readonly group?: string;
  readonly member?: number;
  /** Offsets concerned, from `place.offset` on, where there is more than one. */
  readonly count?: number;
  /** What was there before: an offset, an epoch. */
  readonly previous?: number;
  /** One line for a person. */
  readonly note?: string;
}

export interface Place {
  readonly topic: string;
  readonly partition: number;
  /** −1 where no broker named one. */
  readonly offset: number;
}

export interface Neighbour {
  readonly sequence: number;
  readonly outcome: 'acked' | 'sent' | 'rejected' | 'indeterminate';
  readonly inLog: boolean;
  readonly acked?: Place;
}

/** So many in one second of the measured phase; `second` is negative in the warm-up, null where nobody knows it. */
export interface SecondCount {
  readonly second: number | null;
  readonly count: number;
}

/** Those that are counted by the second, too. */
const dated: ReadonlySet<AnomalyKind> = new Set(['duplicate', 'redelivery', 'committed-redelivery']);

/** Counts every finding and keeps the first witnesses of each kind. */
export class Findings {
  readonly witnesses: Witness[] = [];
  /** What is entered now happened in this second of the measured phase; null where nobody knows. */
  second: number | null = null;
  readonly #seconds = new Map<AnomalyKind, Map<number | null, number>>();
  readonly #counts = new Map<AnomalyKind, number>();
  readonly #witnessesPerKind: number;
  readonly #disabled: ReadonlySet<AnomalyKind>;
  readonly #kept = new Map<AnomalyKind, number>();

  /** @param disabled kinds that are not detected: how the self-test proves that it would notice */
  constructor(options: { witnessesPerKind?: number; disabled?: Iterable<AnomalyKind> } = {}) {
    this.#witnessesPerKind = options.witnessesPerKind ?? 10;
    this.#disabled = new Set(options.disabled);
  }

  add(kind: AnomalyKind, count: number, witness: () => Omit<Witness, 'kind'>): void {
    if (count === 0 || this.#disabled.has(kind)) return;
    this.#counts.set(kind, this.count(kind) + count);
    if (dated.has(kind)) this.#date(kind, count);
    const kept = this.#kept.get(kind) ?? 0;
    if (kept >= this.#witnessesPerKind) return;
    this.#kept.set(kind, kept + 1);
    this.witnesses.push({ kind, ...witness() });
  }

  count(kind: AnomalyKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** When those of the given kinds were, in the order of time; they add up to what was counted. */
  secondsOf(...kinds: readonly AnomalyKind[]): SecondCount[] {
    const sums = new Map<number | null, number>();
    for (const [second, count] of kinds.flatMap((kind) => [...(this.#seconds.get(kind) ?? [])])) {
      sums.set(second, (sums.get(second) ?? 0) + count);
    }
    return [...sums]
      .map(([second, count]) => ({ second, count }))
      .sort((a, b) => (a.second ?? Infinity) - (b.second ?? Infinity));
  }

  #date(kind: AnomalyKind, count: number): void {
    let seconds = this.#seconds.get(kind);
    if (seconds === undefined) this.#seconds.set(kind, (seconds = new Map<number | null, number>()));
    seconds.set(this.second, (seconds.get(this.second) ?? 0) + count);
  }

  /** Kinds that were found, with their counts. */
  get counts(): Partial<Record<AnomalyKind, number>> {
    return Object.fromEntries(this.#counts);
  }
}
