import type { Micros } from '../../../base/clock.ts';
import { median } from '../../../measure/drift.ts';
import { Histogram } from '../../../measure/histogram.ts';
import { recoveryTakes } from '../../gates/fault-metric.ts';
import { addCompact, type CompactHistogram } from '../compact-histogram.ts';
import type { KeptSecond } from '../intervals.ts';

/** What service was before anything was broken: medians over whole seconds, five of them together. */
export interface Steady {
  /** Acknowledged a second. */
  readonly rate: number;
  /** Of `ack`, or of `serviceAck` in a closed loop. */
  readonly p99: Micros | null;
  /** What the oldest message of a second had waited when it was received; null without consumers. */
  readonly oldest: Micros | null;
}

/** Those who together receive all that these producers send, each of them so many times. */
export interface Reader {
  readonly consumers: readonly string[];
  readonly producers: readonly string[];
  readonly copies: number;
}

const fewestSeconds = 3;
const recoveredSeconds = recoveryTakes / 1e6;
const rateShare = 0.95;
const factor = 2;
/** To have waited less is no lag, however fast it was before. */
const noLag: Micros = 1e6;
/** A measured phase of 60 s may end some µs before. */
const slack = 0.001;

interface Whole {
  readonly second: number;
  settled: number;
  readonly latency: CompactHistogram[];
  /** Where no histograms are kept any more. */
  shownP99: Micros | null;
  oldest: Micros | null;
}

/** Over the whole seconds of the measured phase before `until` (s); null where there are fewer than three. */
export function steadyBefore(until: number, seconds: readonly KeptSecond[]): Steady | null {
  const before = wholeSeconds(seconds).filter(({ second }) => second >= 0 && second + 1 <= until);
  if (before.length < fewestSeconds) return null;
  const length = Math.min(recoveredSeconds, before.length);
  const windows = before.slice(length - 1).map((_, i) => before.slice(i, i + length));
  const rate = medianOf(windows.map(rateOf));
  if (rate === null || rate === 0) return null;
  return {
    rate,
    p99: medianOf(windows.flatMap((window) => p99Of(window) ?? [])),
    oldest: medianOf(before.flatMap(({ oldest }) => oldest ?? [])),
  };
}

/**
 * From `ended` to the first second that is good, and good together with the four after it, µs; null where there was
 * none before `sendingEnded`. Times in seconds. A second is judged by its nearest-rank p99, of however few samples.
 */
export function recoveredAfter(
  ended: number,
  sendingEnded: number,
  seconds: readonly KeptSecond[],
  steady: Steady,
): Micros | null {
  const whole = wholeSeconds(seconds);
  for (const [i, { second }] of whole.entries()) {
    if (second + 1 <= ended || second + recoveredSeconds > sendingEnded + slack) continue;
    const window = whole.slice(i, i + recoveredSeconds);
    if (window.length === recoveredSeconds && isGood(window.slice(0, 1), steady) && isGood(window, steady))
      return Math.max(0, second - ended) * 1e6;
  }
  return null;
}

function isGood(window: readonly Whole[], steady: Steady): boolean {
  if (rateOf(window) < rateShare * steady.rate) return false;
  const p99 = p99Of(window);
  return steady.p99 === null || p99 === null || p99 <= factor * steady.p99;
}

function rateOf(window: readonly Whole[]): number {
  return window.reduce((sum, { settled }) => sum + settled, 0) / window.length;
}

function p99Of(window: readonly Whole[]): Micros | null {
  const kept = window.flatMap(({ latency }) => latency);
  if (kept.length === 0) {
    const shown = window.flatMap(({ shownP99 }) => shownP99 ?? []);
    return shown.length === 0 ? null : Math.max(...shown);
  }
  const sum = new Histogram();
  for (const each of kept) addCompact(sum, each);
  return sum.rawPercentile(0.99);
}

/**
 * From `ended` (s) to the end of the last second in which a message came that should have come before, µs: one that
 * had been due for longer than is usual, and before the second in which the backlog seemed to be over. Null without
 * consumers that see due times, and where not everything came that was sent after.
 */
export function drainedAfter(
  ended: number,
  seconds: readonly KeptSecond[],
  steady: Steady,
  readers: readonly Reader[],
): Micros | null {
  if (steady.oldest === null || !readers.every((reader) => receivedAll(reader, ended, seconds))) return null;
  const usual = Math.max(noLag, factor * steady.oldest) / 1e6;
  let until = ended;
  for (const { second, oldest } of wholeSeconds(seconds)) {
    if (oldest === null || second + 1 <= until) continue;
    const due = second + 1 - oldest / 1e6;
    if (due + usual < until) until = second + 1;
  }
  return (until - ended) * 1e6;
}

/** Whoever receives nothing more has no late messages either. */
function receivedAll(
  { consumers, producers, copies }: Reader,
  ended: number,
  seconds: readonly KeptSecond[],
): boolean {
  const first = Math.floor(ended);
  let sent = 0;
  let received = 0;
  for (const { side, name, second, counts } of seconds) {
    // A message may be received a moment before its acknowledgement is.
    if (side === 'producer' && producers.includes(name) && second > first) sent += counts.settled;
    if (side === 'consumer' && consumers.includes(name) && second >= first) received += counts.received;
  }
  return received >= copies * sent;
}

/** Sums over producers and consumers; seconds in which nothing happened are there, with zeros. */
function wholeSeconds(seconds: readonly KeptSecond[]): Whole[] {
  if (seconds.length === 0) return [];
  const numbers = seconds.map(({ second }) => second);
  const first = numbers.reduce((least, second) => Math.min(least, second));
  const last = numbers.reduce((most, second) => Math.max(most, second));
  const whole = Array.from({ length: last - first + 1 }, (_, i): Whole => ({
    second: first + i,
    settled: 0,
    latency: [],
    shownP99: null,
    oldest: null,
  }));
  for (const { second, counts, latency, histograms } of seconds) {
    const at = whole[second - first]!;
    at.settled += counts.settled;
    const kept = histograms?.ack ?? histograms?.serviceAck;
    if (kept) at.latency.push(kept);
    at.shownP99 = larger(at.shownP99, (latency.ack ?? latency.serviceAck)?.p99);
    at.oldest = larger(at.oldest, latency.endToEnd?.max);
  }
  return whole;
}

function larger(known: Micros | null, other: Micros | null | undefined): Micros | null {
  if (other === null || other === undefined) return known;
  return Math.max(known ?? other, other);
}

function medianOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : median(values);
}
