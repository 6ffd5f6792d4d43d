import { percentiles, type PercentileName } from '../../metrics/metrics.ts';
import { Histogram } from '../../measure/histogram.ts';
import { hlogLine } from '../../measure/hlog.ts';
import type {
  ErrorCounts,
  IntervalCounts,
  IntervalReport,
  LatencyName,
  LibrdkafkaSample,
} from '../../protocol/report.ts';
import { compact, sumCompact, type CompactHistogram } from './compact-histogram.ts';

/** Workers report a second when it is over; one this old is complete. */
const completeAfterSeconds = 2;
/** A second takes some 10 KB a producer; two hours of them are kept. */
const histogramsUntilSecond = 7200;

/** Of each second; what lies further out has too few samples in one. */
export const intervalPercentiles = ['p50', 'p90', 'p95', 'p99'] as const satisfies readonly PercentileName[];
export type IntervalStatistic = (typeof intervalPercentiles)[number] | 'max';

/** One producer's or consumer's second, over all of its workers. */
export interface Second {
  readonly side: 'producer' | 'consumer';
  readonly name: string;
  readonly second: number;
  readonly counts: IntervalCounts;
  readonly errors?: ErrorCounts;
  readonly latency: Partial<Record<LatencyName, Readonly<Record<IntervalStatistic, number | null>>>>;
  readonly librdkafka: LibrdkafkaSample | null;
}

/** A second with what parts of a run are summed from. */
export interface KeptSecond extends Second {
  /** Absent after the first two hours. */
  readonly histograms?: SecondHistograms;
}

export type SecondHistograms = Readonly<Partial<Record<LatencyName, CompactHistogram>>>;

interface Open {
  readonly side: 'producer' | 'consumer';
  readonly name: string;
  readonly second: number;
  counts: IntervalCounts;
  errors: ErrorCounts | undefined;
  readonly latency: Map<LatencyName, Histogram>;
  readonly samples: LibrdkafkaSample[];
}

/**
 * Joins the workers' seconds. When one is complete what remains are the columns' numbers, a line of the interval log
 * and, for two hours, its histograms in compact form.
 */
export class IntervalCollector {
  readonly seconds: KeptSecond[] = [];
  readonly #open = new Map<string, Open>();
  /** Where the seconds that are complete stand in `seconds`. */
  readonly #complete = new Map<string, number>();
  readonly #closed: (second: Second, hlog: readonly string[]) => void;
  #latest = -Infinity;

  constructor(closed: (second: Second, hlog: readonly string[]) => void) {
    this.#closed = closed;
  }

  add(report: IntervalReport): void {
    const key = `${report.side} ${report.name} ${report.second}`;
    let open = this.#open.get(key);
    if (!open) {
      open = {
        side: report.side,
        name: report.name,
        second: report.second,
        counts: { attempted: 0, settled: 0, errors: 0, received: 0, bytes: 0, within: 0, late: 0 },
        errors: undefined,
        latency: new Map(),
        samples: [],
      };
      this.#open.set(key, open);
    }
    open.counts = addCounts(open.counts, report.counts);
    open.errors = addErrors(open.errors, report.errors);
    for (const [name, sparse] of Object.entries(report.latency) as [
      LatencyName,
      typeof report.latency.ack,
    ][]) {
      if (!sparse) continue;
      let histogram = open.latency.get(name);
      if (!histogram) open.latency.set(name, (histogram = new Histogram()));
      histogram.addSparse(sparse);
    }
    open.samples.push(...report.librdkafka);
    this.#latest = Math.max(this.#latest, report.second);
    this.#close(this.#latest - completeAfterSeconds);
  }

  finish(): void {
    this.#close(Infinity);
  }

  /** A worker that was starved may come with a second that was complete without it: nothing of it may be lost. */
  #keep(key: string, second: KeptSecond): void {
    const known = this.#complete.get(key);
    if (known === undefined) this.#complete.set(key, this.seconds.push(second) - 1);
    else this.seconds[known] = addLate(this.seconds[known]!, second);
  }

  #close(before: number): void {
    const complete = [...this.#open].filter(([, open]) => open.second < before);
    complete.sort(([, a], [, b]) => a.second - b.second);
    for (const [key, open] of complete) {
      this.#open.delete(key);
      const second: Second = {
        side: open.side,
        name: open.name,
        second: open.second,
        counts: open.counts,
        ...(open.errors ? { errors: open.errors } : {}),
        latency: Object.fromEntries(
          [...open.latency].map(([name, histogram]) => [
            name,
            intervalStatistics(histogram.max, (q) => histogram.percentile(q)),
          ]),
        ),
        librdkafka: joinSamples(open.samples),
      };
      const isKept = open.second < histogramsUntilSecond;
      this.#keep(key, isKept ? { ...second, histograms: compactAll(open.latency) } : second);
      const lines = [...open.latency].map(([name, histogram]) =>
        hlogLine(`${open.name}.${name}`, open.second, 1, histogram),
      );
      this.#closed(second, lines);
    }
  }
}

function intervalStatistics(
  max: number | null,
  percentile: (q: number) => number | null,
): Record<IntervalStatistic, number | null> {
  const values = intervalPercentiles.map((name) => [name, percentile(percentiles[name])]);
  return { ...(Object.fromEntries(values) as Record<IntervalStatistic, number | null>), max };
}

function compactAll(latency: ReadonlyMap<LatencyName, Histogram>): SecondHistograms {
  return Object.fromEntries([...latency].map(([name, histogram]) => [name, compact(histogram)]));
}

/** Sums and the maximum; percentiles of a second that has been told are not told anew. */
function addLate(kept: KeptSecond, late: KeptSecond): KeptSecond {
  const latency = { ...kept.latency, ...late.latency };
  for (const name of Object.keys(kept.latency) as LatencyName[]) {
    const [one, other] = [kept.latency[name], late.latency[name]];
    if (!one || !other) continue;
    latency[name] = intervalStatistics(Math.max(one.max ?? 0, other.max ?? 0), () => null);
  }
  const errors = addErrors(kept.errors, late.errors);
  return {
    ...kept,
    counts: addCounts(kept.counts, late.counts),
    ...(errors ? { errors } : {}),
    latency,
    librdkafka: joinSamples([kept.librdkafka, late.librdkafka].filter((sample) => sample !== null)),
    ...(kept.histograms && late.histograms
      ? { histograms: addHistograms(kept.histograms, late.histograms) }
      : {}),
  };
}

function addHistograms(kept: SecondHistograms, late: SecondHistograms): SecondHistograms {
  const sums: Partial<Record<LatencyName, CompactHistogram>> = { ...kept };
  for (const [name, more] of Object.entries(late) as [LatencyName, CompactHistogram][]) {
    const known = kept[name];
    sums[name] = known ? compact(sumCompact([known, more])!) : more;
  }
  return sums;
}

function addCounts(one: IntervalCounts, other: IntervalCounts): IntervalCounts {
  return {
    attempted: one.attempted + other.attempted,
    settled: one.settled + other.settled,
    errors: one.errors + other.errors,
    received: one.received + other.received,
    bytes: one.bytes + other.bytes,
    within: one.within + other.within,
    late: one.late + other.late,
  };
}

function addErrors(one: ErrorCounts | undefined, other: ErrorCounts | undefined): ErrorCounts | undefined {
  if (!one || !other) return one ?? other;
  const sums: Record<string, number> = { ...one };
  for (const [code, count] of Object.entries(other)) sums[code] = (sums[code] ?? 0) + count;
  return sums;
}

/** Several clients in one second: means of means, sums of counts, the worst p99. */
export function joinSamples(samples: readonly LibrdkafkaSample[]): LibrdkafkaSample | null {
  if (samples.length === 0) return null;
  const mean = (field: keyof LibrdkafkaSample): number | null => {
    const values = samples.map((sample) => sample[field]).filter((value) => value !== null);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const throttled = samples.flatMap((sample) => sample.throttled ?? []);
  return {
    batchBytes: mean('batchBytes'),
    batchMessages: mean('batchMessages'),
    internalLatency: mean('internalLatency'),
    outbufLatency: mean('outbufLatency'),
    rtt: mean('rtt'),
    ...worstOf(samples),
    throttle: mean('throttle'),
    throttled: throttled.length === 0 ? null : throttled.reduce((sum, value) => sum + value, 0),
    retries: samples.reduce((sum, sample) => sum + sample.retries, 0),
    queued: samples.reduce((sum, sample) => sum + sample.queued, 0),
  };
}

/** Where one is not known but for being greater than something, the worst is not known either. */
function worstOf(samples: readonly LibrdkafkaSample[]): Pick<LibrdkafkaSample, 'rttP99' | 'rttP99Above'> {
  const above = samples.flatMap(({ rttP99Above }) => rttP99Above ?? []);
  const known = samples.flatMap(({ rttP99 }) => rttP99 ?? []);
  const worst = [...known, ...above].length === 0 ? null : Math.max(...known, ...above);
  return above.length > 0 ? { rttP99: null, rttP99Above: worst } : { rttP99: worst, rttP99Above: null };
}
