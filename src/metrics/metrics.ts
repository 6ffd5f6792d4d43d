import type { Micros } from '../base/clock.ts';
import { nearest } from '../base/nearest.ts';
import { parseBytesPerSecond, parseCount, parseDuration, parseRate, unitForms } from '../base/units.ts';

/** What a metric's value is: microseconds, per second, bytes per second, a number of things, a part of 1. */
export type UnitKind = 'duration' | 'rate' | 'bytesPerSecond' | 'count' | 'share';

/** Whose name may stand before a metric. */
export type Side = 'producer' | 'consumer' | 'group' | 'pipeline';

export interface Metric {
  readonly unit: UnitKind;
  /** Statistics that must follow the name; null where the metric is one number. `codes`: an error code may. */
  readonly statistics: readonly string[] | 'codes' | null;
  /** Empty: counted over the whole run. */
  readonly sides: readonly Side[];
  /** Whether a run measures it today. */
  readonly supported: boolean;
  /** Whether it is known of parts of the measured phase: before, during and after the faults, and ranges of seconds. */
  readonly windows: boolean;
  /** Whether it is known of single moments of it. */
  readonly moments: boolean;
  /** Told by the audit of the log: nothing is known of it where the audit is off. */
  readonly audited: boolean;
  readonly about: string;
}

/** Percentiles of a latency, as quantiles. */
export const percentiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999, p9999: 0.9999 } as const;

export type PercentileName = keyof typeof percentiles;

export const isPercentile = (name: string): name is PercentileName => Object.hasOwn(percentiles, name);

export type LatencyStatistic = PercentileName | 'max' | 'mean';

export const latencyStatistics: readonly LatencyStatistic[] = [
  ...Object.keys(percentiles).filter(isPercentile),
  'max',
  'mean',
];

/** Samples that must lie beyond a percentile before it may be shown, and before a gate may judge it. */
export const showableBeyond = 10;
export const gateableBeyond = 100;

const metric = (
  unit: UnitKind,
  sides: readonly Side[],
  about: string,
  more: Partial<Pick<Metric, 'statistics' | 'supported' | 'windows' | 'moments' | 'audited'>> = {},
): Metric => ({
  unit,
  sides,
  about,
  statistics: more.statistics ?? null,
  supported: more.supported ?? false,
  windows: more.windows ?? false,
  moments: more.moments ?? false,
  audited: more.audited ?? false,
});

const latency = (sides: readonly Side[], about: string, supported = true): Metric =>
  metric('duration', sides, about, { statistics: latencyStatistics, supported, windows: supported });

const today = { supported: true };
const withWindows = { supported: true, windows: true };

const audited = (sides: readonly Side[], about: string, windows = false): Metric =>
  metric('count', sides, about, { supported: true, audited: true, windows });

/** The one registry: `expect`, `search`, results and compare know a metric by these names and no others. */
export const metrics = {
  throughput: metric(
    'rate',
    ['producer', 'consumer', 'pipeline'],
    'messages per second of the measured phase',
    withWindows,
  ),
  bytesPerSecond: metric(
    'bytesPerSecond',
    ['producer', 'consumer', 'pipeline'],
    'value bytes per second',
    withWindows,
  ),
  scheduleDelay: latency(['producer'], 'due to handed to librdkafka'),
  serviceAck: latency(['producer'], 'handed to librdkafka to acknowledged'),
  ack: latency(['producer'], 'due to acknowledged'),
  endToEnd: latency(['consumer'], 'due to received by the consumer'),
  transaction: latency(['producer', 'pipeline'], 'begin to commit of a transaction', false),
  lag: metric('count', ['consumer', 'group'], 'messages the group is behind, by what it has committed', {
    ...withWindows,
    moments: true,
  }),
  drained: metric(
    'duration',
    ['consumer', 'group'],
    'until consumers had caught up after a fault; of a group, or without faults, after the end of producing',
    today,
  ),
  errors: metric('count', ['producer', 'consumer', 'pipeline'], 'errors, all or of one code', {
    statistics: 'codes',
    ...withWindows,
  }),
  attempted: metric('count', ['producer'], 'messages that the producer tried to send', today),
  acked: metric('count', ['producer'], 'messages acknowledged', today),
  sent: metric('count', ['producer'], 'messages sent with acks=0: written to the socket', today),
  rejected: metric('count', ['producer'], 'messages refused: must never appear', today),
  indeterminate: metric('count', ['producer'], 'messages that may appear or not', today),
  received: metric('count', ['consumer'], 'messages received', today),
  processed: metric('count', ['consumer'], 'messages processed', today),
  undelivered: audited(['consumer', 'group'], 'in the log, never given to the group'),
  lost: audited([], 'acknowledged, not in the log'),
  compacted: audited([], 'acknowledged, and lawfully removed by log compaction'),
  absent: audited([], 'sent with acks=0, not in the log'),
  duplicates: audited([], 'in the log more than once: each further time', true),
  redelivered: audited([], 'processed more than once by a group: each further time', true),
  reordered: audited([], 'out of order within a partition, or within a key with verify.order: key'),
  corrupt: audited([], 'whose checksum does not match'),
  phantom: audited([], 'that nobody sent'),
  abortedReads: audited([], 'of an aborted transaction, read as committed'),
  tornTransactions: audited([], 'transactions that are in the log in part'),
  deadLettered: metric('count', ['consumer', 'group'], 'messages sent to the dead-letter topic', today),
  invalid: metric('count', ['consumer'], 'messages that failed validation', today),
  unavailable: metric(
    'duration',
    ['producer'],
    'longest gap between acknowledgements of a partition during a fault',
    today,
  ),
  recovered: metric('duration', [], 'until rate and p99 were back after a fault, the worst', today),
  rebalances: metric(
    'count',
    ['consumer', 'group'],
    'rebalances of the group, its first one included',
    today,
  ),
  share: metric('share', ['consumer', 'group'], "smallest or largest member's part of the messages", {
    statistics: ['min', 'max'],
    ...withWindows,
  }),
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

export const metricNames = Object.keys(metrics) as readonly MetricName[];

/** Metrics that a run measures today. */
export const supportedMetrics: ReadonlySet<MetricName> = new Set(
  metricNames.filter((name) => metrics[name].supported),
);

export interface ParsedMetric {
  /** A producer's, consumer's, group's or pipeline's name; null for the total. */
  readonly scope: string | null;
  readonly name: MetricName;
  /** `p99` of a latency, `min` of share, the code of `errors.<CODE>`. */
  readonly statistic: string | null;
  /** What follows `@`: `30s`, `20s..60s`, a phase; null for the measured phase. */
  readonly window: string | null;
}

export interface MetricError {
  readonly error: string;
  /** The valid name it may have meant. */
  readonly nearest?: string;
}

const phases = ['warmup', 'measure', 'before', 'during', 'after', 'drain'];

export type Window =
  | { readonly kind: 'phase'; readonly phase: string }
  /** Times are µs from the start of the measured phase. */
  | { readonly kind: 'at'; readonly at: Micros }
  | { readonly kind: 'range'; readonly from: Micros; readonly to: Micros };

/** `during`, `30s`, `20s..60s`; undefined for anything else. */
export function parseWindow(text: string): Window | undefined {
  if (phases.includes(text)) return { kind: 'phase', phase: text };
  const [from, to, ...more] = text.split('..').map(parseDuration);
  if (from === undefined || more.length > 0) return undefined;
  if (!text.includes('..')) return { kind: 'at', at: from };
  return to === undefined ? undefined : { kind: 'range', from, to };
}

const faultPhases = ['before', 'during', 'after'];

/** Whether a run measures this metric for its window, or has none to measure. */
export function isMeasured({ name, window }: Pick<ParsedMetric, 'name' | 'window'>): boolean {
  const { supported, windows, moments }: Metric = metrics[name];
  if (!supported || window === null) return supported;
  const parsed = parseWindow(window);
  if (parsed?.kind === 'at') return moments;
  return (
    windows && (parsed?.kind === 'range' || (parsed?.kind === 'phase' && faultPhases.includes(parsed.phase)))
  );
}

/** `writer.ack.p99@during` → its parts, or what is wrong with it. */
export function parseMetric(text: string): ParsedMetric | MetricError {
  const at = text.indexOf('@');
  const path = at < 0 ? text : text.slice(0, at);
  const window = at < 0 ? null : text.slice(at + 1);
  if (window !== null && parseWindow(window) === undefined) {
    return {
      error: `"${window}" is no window: expected a time (@30s), a range (@20s..60s) or one of ${phases.join(', ')}`,
    };
  }
  const parts = path.split('.');
  // The first split that fits: a producer may be named like a metric, and a group's id may hold dots.
  for (let index = 0; index < parts.length; index++) {
    const name = parts[index]!;
    const statistic = index + 1 < parts.length ? parts.slice(index + 1).join('.') : null;
    const scope = index === 0 ? null : parts.slice(0, index).join('.');
    if (scope !== '' && isMetricName(name) && fits(metrics[name], statistic))
      return { scope, name, statistic, window };
  }
  return explain(path, parts);
}

function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(metrics, name);
}

function fits(metric: Metric, statistic: string | null): boolean {
  if (metric.statistics === null) return statistic === null;
  if (metric.statistics === 'codes') return statistic === null || /^[A-Z_][A-Z0-9_]*$/.test(statistic);
  return statistic !== null && metric.statistics.includes(statistic);
}

function explain(path: string, parts: readonly string[]): MetricError {
  const index = parts.findIndex(isMetricName);
  if (index >= 0) {
    const name = parts[index] as MetricName;
    const { statistics }: Metric = metrics[name];
    const prefix = parts.slice(0, index + 1).join('.');
    const rest = parts.slice(index + 1).join('.');
    if (statistics === null) return { error: `${name} has no statistic "${rest}"`, nearest: prefix };
    if (statistics === 'codes')
      return { error: `"${rest}" is no error code: they look like _TIMED_OUT or NOT_ENOUGH_REPLICAS` };
    const near = nearest(rest, statistics);
    return {
      error: `${name} needs a statistic: one of ${statistics.join(', ')}`,
      ...(near === undefined ? {} : { nearest: `${prefix}.${near}` }),
    };
  }
  const near = nearestMetric(path, parts);
  if (near !== undefined) return { error: `unknown metric "${path}"`, nearest: near };
  const like = metricsLike(parts.at(-1)!);
  return { error: `unknown metric "${path}"; expected one of ${like.join(', ')}` };
}

/** What other tools call ours. */
const otherNames: Readonly<Record<string, MetricName>> = {
  e2e: 'endToEnd',
  produce: 'ack',
  loss: 'lost',
  rate: 'throughput',
  tps: 'throughput',
  mps: 'throughput',
  bandwidth: 'bytesPerSecond',
  bps: 'bytesPerSecond',
};

/** Those that take the statistic which was asked for, else all. */
function metricsLike(statistic: string): readonly string[] {
  const known = [...supportedMetrics];
  const taking = known.filter((name) => fits(metrics[name], statistic));
  if (taking.length > 0) return taking.map((name) => `${name}.${statistic}`);
  return known.map((name) => {
    const { statistics }: Metric = metrics[name];
    return statistics === latencyStatistics ? `${name}.p99` : name === 'share' ? 'share.min' : name;
  });
}

function nearestMetric(path: string, parts: readonly string[]): string | undefined {
  const index = parts.findIndex((part) => Object.hasOwn(otherNames, part.toLowerCase()));
  if (index >= 0) {
    const ours = parts.with(index, otherNames[parts[index]!.toLowerCase()]!).join('.');
    if (!('error' in parseMetric(ours))) return ours;
  }
  const whole = nearest(path, unscopedMetrics());
  if (whole !== undefined || parts.length < 2) return whole;
  const rest = nearest(parts.slice(1).join('.'), unscopedMetrics());
  return rest === undefined ? undefined : `${parts[0]!}.${rest}`;
}

/** Every name that may stand without scope or window: `throughput`, `ack.p50`, `ack.p90` … */
export function unscopedMetrics(): readonly string[] {
  return metricNames.flatMap((name): readonly string[] => {
    const { statistics }: Metric = metrics[name];
    return statistics === null || statistics === 'codes'
      ? [name]
      : statistics.map((each) => `${name}.${each}`);
  });
}

const inside = (form: RegExp): string => form.source.slice(1, -1);

/** Every name that `expect` takes, with its scope and window, for editors. */
export function metricPattern(): string {
  const names = metricNames.map((name) => {
    const { statistics }: Metric = metrics[name];
    if (statistics === null) return name;
    return statistics === 'codes' ? `${name}(\\.[A-Z_][A-Z0-9_]*)?` : `${name}\\.(${statistics.join('|')})`;
  });
  const time = inside(unitForms.duration);
  const window = `(${phases.join('|')}|${time}(\\.\\.${time})?)`;
  return `^(.+\\.)?(${names.join('|')})(@${window})?$`;
}

/** What bounds of a metric of this unit look like, for editors: a number alone is one too, where a text of it is. */
export function boundPattern(unit: UnitKind): string {
  return `^(<=|>=|<|>|==|=)?\\s*(${inside(unitForms[unit])}|0)$`;
}

export type Operator = '<=' | '>=' | '<' | '>' | '==';

export interface Bound {
  readonly op: Operator;
  /** In the metric's unit: µs, per second, bytes per second, a number, a part of 1. */
  readonly value: number;
}

export const boundForms: Readonly<Record<UnitKind, string>> = {
  duration: 'a bound such as "<= 500ms"',
  rate: 'a bound such as ">= 1980/s"',
  bytesPerSecond: 'a bound such as ">= 10MB/s"',
  count: 'a bound such as "<= 10" or 0',
  share: 'a bound such as ">= 20%" or ">= 0.2"',
};

/** `<= 500ms`, `>= 1980/s`, `"0"`, 0 (a value alone means ==); undefined where it is not a bound of that unit. */
export function parseBound(text: string | number, unit: UnitKind): Bound | undefined {
  const match = /^(<=|>=|<|>|==|=)?\s*(\S.*)$/.exec(String(text).trim());
  if (!match) return undefined;
  const value = readers[unit](match[2]!);
  if (value === undefined) return undefined;
  const op = match[1] === undefined || match[1] === '=' ? '==' : (match[1] as Operator);
  return { op, value };
}

const readers: Readonly<Record<UnitKind, (text: string) => number | undefined>> = {
  duration: (text) => (text === '0' ? 0 : parseDuration(text)),
  rate: (text) => (text === '0' ? 0 : parseRate(text)),
  bytesPerSecond: (text) => (text === '0' ? 0 : parseBytesPerSecond(text)),
  count: parseCount,
  share(text) {
    const match = unitForms.share.exec(text);
    const value = match ? Number(match[1]) / (match[2] === undefined ? 1 : 100) : NaN;
    return value >= 0 && value <= 1 ? value : undefined;
  },
};
