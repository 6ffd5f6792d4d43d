import { parseWindow, type LatencyStatistic, type ParsedMetric } from '../../metrics/metrics.ts';
import { certaintyOf } from './delivery-metric.ts';
import { countErrors } from './error-count.ts';
import { readLagWithin, readShareWithin } from './group-metric.ts';
import { statisticOf } from './latency-statistic.ts';
import type { MeasuredValue } from './measured-value.ts';
import type { TrialResult } from '../../results/schema.ts';

type Trial = Pick<TrialResult, 'phases' | 'intervals' | 'producers' | 'consumers' | 'groups' | 'delivery'>;
type Phase = TrialResult['phases'][number];

/** A metric over a part of the measured phase, cut at whole seconds, by what was observed in them. */
export function readWindowed(metric: ParsedMetric, trial: Trial): MeasuredValue {
  const phase = phaseOf(metric.window ?? '', trial);
  const isMoment = parseWindow(metric.window ?? '')?.kind === 'at';
  if (metric.name === 'lag' && (phase || isMoment)) return readLagWithin(metric, phase, trial);
  if (!phase) return { value: null, reason: missing(metric.window ?? '', trial) };
  switch (metric.name) {
    case 'throughput':
    case 'bytesPerSecond':
      return { value: rate(metric, phase, trial) };
    case 'scheduleDelay':
    case 'serviceAck':
    case 'ack':
    case 'endToEnd': {
      const histogram = isTotal(metric, trial) ? phase.latency[metric.name] : null;
      if (!histogram || metric.statistic === null) return { value: null };
      return { value: statisticOf(histogram, metric.statistic as LatencyStatistic), histogram };
    }
    case 'errors':
      return { value: phase.errors ? countErrors(metric, phase.errors) : null };
    case 'share':
      return readShareWithin(metric, phase, trial);
    case 'duplicates':
    case 'redelivered':
      return deliveryCount(metric.name, phase, trial.delivery);
    default:
      return { value: null };
  }
}

function deliveryCount(
  name: 'duplicates' | 'redelivered',
  phase: Phase,
  delivery: Trial['delivery'],
): MeasuredValue {
  if (delivery.coverage === null) return { value: null, reason: 'not audited' };
  const value = phase[name] ?? null;
  if (value === null) return { value, reason: 'when they were is not known' };
  return { value, ...certaintyOf(name, value, delivery) };
}

function phaseOf(window: string, { phases }: Trial): Phase | undefined {
  const parsed = parseWindow(window);
  if (parsed?.kind === 'phase') return phases.find(({ name }) => name === parsed.phase);
  if (parsed?.kind !== 'range') return undefined;
  const { from, to } = parsed;
  return phases.find(
    (phase) => phase.name === 'window' && phase.from === from / 1e6 && phase.to === to / 1e6,
  );
}

function missing(window: string, { phases }: Trial): string {
  if (parseWindow(window)?.kind === 'range') return 'the measured phase ended before';
  const hasFaults = phases.some(({ name }) => name === 'before' || name === 'during');
  return hasFaults ? `nothing of the measured phase was ${window} the faults` : 'no fault happened';
}

/** Phases keep no latencies by name: a scope is known only where it is the total. */
function isTotal({ name, scope }: ParsedMetric, { producers, consumers }: Trial): boolean {
  if (scope === null) return true;
  const side = name === 'endToEnd' ? consumers : producers;
  return side.length === 1 && side[0]!.name === scope;
}

/** Without a scope the producers', or the consumers' where nothing is produced. */
function rate({ name, scope }: ParsedMetric, { from, to }: Phase, { intervals }: Trial): number | null {
  const { second, producers, consumers } = intervals;
  const producing = scope === null ? Object.keys(producers).length > 0 : Object.hasOwn(producers, scope);
  const side = producing ? producers : consumers;
  const names = scope === null ? Object.keys(side) : Object.hasOwn(side, scope) ? [scope] : [];
  const column = name === 'bytesPerSecond' ? 'bytes' : producing ? 'settled' : 'received';
  if (names.length === 0) return null;
  const count = (each: string, column: string, i: number): number => side[each]?.[column]?.[i] ?? 0;
  const inside = second.flatMap((at, i) => (at >= from && at < to ? [i] : []));
  const sums = names.flatMap((each) =>
    inside.map((i) => count(each, column, i) - (column === 'bytes' ? 0 : count(each, 'late', i))),
  );
  return sums.reduce((total, sum) => total + sum, 0) / (to - from);
}
