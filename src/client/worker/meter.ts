import type { Micros } from '../../base/clock.ts';
import { Recorder } from '../../measure/recorder.ts';
import { slotFloor, type SparseHistogram } from '../../measure/slots.ts';
import type {
  IntervalReport,
  LatencyName,
  LibrdkafkaSample,
  PhaseLatencies,
  SparseLatencies,
} from '../../protocol/report.ts';

const second = 1e6;

type Latencies = Record<LatencyName, Recorder>;

const latencies = (): Latencies => ({
  scheduleDelay: new Recorder(),
  serviceAck: new Recorder(),
  ack: new Recorder(),
  endToEnd: new Recorder(),
});

/**
 * Records for one producer or consumer name of this process. Every sample goes into two places: the phase that
 * its due time falls into, and the second in which it was observed. Seconds are handed on when they are over.
 */
export class Meter {
  readonly #side: 'producer' | 'consumer';
  readonly #name: string;
  readonly #emit: (interval: IntervalReport) => void;
  readonly #warmup = latencies();
  readonly #measured = latencies();
  readonly #interval = latencies();
  readonly #counts = { attempted: 0, settled: 0, errors: 0, received: 0, bytes: 0, within: 0, late: 0 };
  /** Of the running second, by librdkafka's name. */
  readonly #errors = new Map<string, number>();
  /** The running second's newest, by client: several of one name may share this process. */
  readonly #librdkafka = new Map<number, LibrdkafkaSample>();
  /** Start of the measured phase; unknown until the start is agreed. */
  #measureStart: Micros = Infinity;
  #measureEnd: Micros = Infinity;
  #second = 0;
  #boundary: Micros = Infinity;
  readonly #collectors: (() => void)[] = [];
  #collecting = false;

  constructor(side: 'producer' | 'consumer', name: string, emit: (interval: IntervalReport) => void) {
    this.#side = side;
    this.#name = name;
    this.#emit = emit;
  }

  /** @param measureEnd Infinity where the measured phase ends with the last message */
  begin(start: Micros, measureStart: Micros, measureEnd: Micros = Infinity): void {
    this.#measureStart = measureStart;
    this.#measureEnd = measureEnd;
    this.#second = Math.floor((start - measureStart) / second);
    this.#boundary = measureStart + (this.#second + 1) * second;
  }

  /** The measured phase ends then, ahead of its plan; one that ends with the last message still does. */
  endPhase(at: Micros): void {
    if (this.#measureEnd !== Infinity) this.#measureEnd = Math.min(this.#measureEnd, at);
  }

  latency(name: LatencyName, due: Micros, at: Micros, micros: number): void {
    if (at >= this.#boundary) this.roll(at);
    (due < this.#measureStart ? this.#warmup : this.#measured)[name].record(micros);
    this.#interval[name].record(micros);
  }

  /** One message handed over: what `count` does, without a look-up by name for each. */
  attempted(at: Micros): void {
    if (at >= this.#boundary) this.roll(at);
    this.#counts.attempted++;
  }

  count(field: 'settled' | 'received' | 'bytes', at: Micros, amount: number): void {
    if (at >= this.#boundary) this.roll(at);
    this.#counts[field] += amount;
    if (field === 'bytes' || at < this.#measureStart) return;
    this.#counts[at < this.#measureEnd ? 'within' : 'late'] += amount;
  }

  /** Bytes of messages that are counted without theirs, in the running second: they may be told when it is over. */
  carried(bytes: number): void {
    this.#counts.bytes += bytes;
  }

  /** One error; `code` is librdkafka's name of it. */
  error(code: string, at: Micros): void {
    if (at >= this.#boundary) this.roll(at);
    this.#counts.errors++;
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  /** Samples of one phase that were observed since the last ones; `exact.min` and `.max` may be those of all so far. */
  absorb(name: LatencyName, phase: 'warmup' | 'measure', growth: SparseHistogram): void {
    (phase === 'warmup' ? this.#warmup : this.#measured)[name].addSparse(growth);
    this.#interval[name].addSparse({ ...growth, exact: { ...growth.exact, ...extremesOf(growth) } });
  }

  /** Called when a second is about to be handed on: who has not yet told of it does so now. */
  beforeFlush(collect: () => void): void {
    this.#collectors.push(collect);
  }

  librdkafka(client: number, sample: LibrdkafkaSample): void {
    this.#librdkafka.set(client, sample);
  }

  /** Closes the running second when `now` is beyond it; seconds without anything are not reported. */
  roll(now: Micros): void {
    if (now < this.#boundary || this.#collecting) return;
    this.flush();
    this.#second = Math.floor((now - this.#measureStart) / second);
    this.#boundary = this.#measureStart + (this.#second + 1) * second;
  }

  /** Hands on what the running second holds. */
  flush(): void {
    // What they tell of belongs to the second that ends, also where its clock is a moment ahead.
    this.#collecting = true;
    for (const collect of this.#collectors) collect();
    this.#collecting = false;
    const counts = this.#counts;
    if (
      counts.attempted + counts.settled + counts.errors + counts.received + counts.bytes > 0 ||
      this.#librdkafka.size > 0
    ) {
      this.#emit({
        side: this.#side,
        name: this.#name,
        second: this.#second,
        counts: { ...counts },
        latency: sparse(this.#interval),
        librdkafka: [...this.#librdkafka.values()],
        ...(this.#errors.size === 0 ? {} : { errors: Object.fromEntries(this.#errors) }),
      });
    }
    this.#errors.clear();
    counts.attempted = counts.settled = counts.errors = counts.received = counts.bytes = 0;
    counts.within = counts.late = 0;
    for (const recorder of Object.values(this.#interval)) if (!recorder.isEmpty) recorder.reset();
    this.#librdkafka.clear();
  }

  report(): PhaseLatencies {
    return {
      side: this.#side,
      name: this.#name,
      warmup: sparse(this.#warmup),
      measured: sparse(this.#measured),
    };
  }
}

/** Least and greatest of these samples, as closely as their slots tell. */
function extremesOf({ indices, exact }: SparseHistogram): { min: number | null; max: number | null } {
  const { min, max, negative, overflow } = exact;
  const first = indices[0];
  const last = indices.at(-1);
  return {
    min: negative > 0 || first === undefined ? min : Math.max(slotFloor(first), min ?? 0),
    max: overflow > 0 || last === undefined ? max : Math.min(slotFloor(last + 1) - 1, max ?? Infinity),
  };
}

function sparse(recorders: Latencies): SparseLatencies {
  return Object.fromEntries(
    Object.entries(recorders).flatMap(([name, recorder]) =>
      recorder.isEmpty ? [] : [[name, recorder.toSparse()] as const],
    ),
  );
}
