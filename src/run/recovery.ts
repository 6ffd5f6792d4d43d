import type { Micros } from '../base/clock.ts';
import type { Second } from './intervals.ts';

/** What service was before anything was broken: medians of whole seconds. */
export interface Steady {
  /** Acknowledged a second. */
  readonly rate: number;
  /** Of `ack`, or of `serviceAck` in a closed loop. */
  readonly p99: Micros | null;
}

const steadySeconds = 3;
const recoveredSeconds = 5;
const rateShare = 0.95;
const p99Factor = 2;

interface Whole {
  readonly second: number;
  readonly settled: number;
  readonly received: number;
  readonly p99: Micros | null;
}

/** Over the whole seconds of the measured phase before `until` (s); null where there are fewer than three. */
export function steadyBefore(until: number, seconds: readonly Second[]): Steady | null {
  const before = wholeSeconds(seconds).filter(({ second }) => second >= 0 && second + 1 <= until);
  if (before.length < steadySeconds) return null;
  const p99s = before.flatMap(({ p99 }) => p99 ?? []);
  return {
    rate: median(before.map(({ settled }) => settled)),
    p99: p99s.length === 0 ? null : median(p99s),
  };
}

/** From `ended` (s) to the first of five good seconds in a row, µs; null where there were none. */
export function recoveredAfter(ended: number, seconds: readonly Second[], steady: Steady): Micros | null {
  const after = wholeSeconds(seconds).filter(({ second }) => second + 1 > ended);
  let good = 0;
  for (const each of after) {
    good = isGood(each, steady) ? good + 1 : 0;
    if (good === recoveredSeconds) return Math.max(0, each.second - recoveredSeconds + 1 - ended) * 1e6;
  }
  return null;
}

function isGood({ settled, p99 }: Whole, steady: Steady): boolean {
  if (settled < rateShare * steady.rate) return false;
  return steady.p99 === null || p99 === null || p99 <= p99Factor * steady.p99;
}

/** From `ended` (s) to the end of the first second with nothing more to receive, µs; null without consumers. */
export function drainedAfter(ended: number, seconds: readonly Second[]): Micros | null {
  if (!seconds.some(({ side }) => side === 'consumer')) return null;
  const readers = new Set(seconds.flatMap(({ side, name }) => (side === 'consumer' ? [name] : []))).size;
  let acked = 0;
  let received = 0;
  for (const each of wholeSeconds(seconds)) {
    acked += each.settled;
    received += each.received;
    if (each.second + 1 < ended) continue;
    // Each consumer receives everything; what is on its way within a second is no lag.
    if (received >= readers * (acked - each.settled)) return Math.max(0, each.second + 1 - ended) * 1e6;
  }
  return null;
}

/** Sums over producers and consumers; seconds in which nothing happened are there, with zeros. */
function wholeSeconds(seconds: readonly Second[]): Whole[] {
  if (seconds.length === 0) return [];
  const first = Math.min(...seconds.map(({ second }) => second));
  const last = Math.max(...seconds.map(({ second }) => second));
  const whole = Array.from({ length: last - first + 1 }, (_, i) => ({
    second: first + i,
    settled: 0,
    received: 0,
    p99: null as Micros | null,
  }));
  for (const { second, counts, latency } of seconds) {
    const at = whole[second - first]!;
    at.settled += counts.settled;
    at.received += counts.received;
    const p99 = (latency.ack ?? latency.serviceAck)?.p99 ?? null;
    if (p99 !== null) at.p99 = Math.max(at.p99 ?? 0, p99);
  }
  return whole;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
