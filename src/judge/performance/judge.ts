import { isPercentile, percentiles, type ParsedMetric } from '../../metrics/metrics.ts';
import { restoreHistogram } from '../../measure/summary.ts';
import { judge } from '../gates/validity.ts';
import type {
  ClientLimits,
  ConsumerMeasurement,
  ProducerMeasurement,
  SilentWorker,
  ValidityInput,
} from '../gates/validity-input.ts';
import { readMetric } from '../gates/metric-value.ts';
import type { ConsumerResult, HistogramJson, TrialResult } from '../../results/schema.ts';
import type { Scenario } from '../../scenario/schema.ts';
import type { ClientReport, ProducerReport, WorkerReport } from '../../protocol/report.ts';
import { ceilingOf, type Calibration } from './calibration.ts';
import type { MachineUse } from '../../trial/monitor/machine.ts';
import { openLoopSpan, perSecondOver } from './span.ts';

type Assembled = Omit<TrialResult, 'validity'>;

export interface JudgeInput {
  readonly scenario: Scenario;
  readonly trial: Assembled;
  readonly workers: readonly WorkerReport[];
  readonly machine: MachineUse;
  readonly sharesMachine: boolean;
  /** What this harness can do here; null or left out where nobody measured it. */
  readonly calibration?: Calibration | null;
  /** Workers that stood still while it was measured; left out: none. */
  readonly stoodStill?: readonly SilentWorker[];
}

/** Holds the trial's own numbers against the validity rules. */
export function judgeTrial({
  scenario,
  trial,
  workers,
  machine,
  sharesMachine,
  calibration,
  stoodStill = [],
}: JudgeInput): TrialResult['validity'] {
  const steadyUntil = secondsBeforeFaults(trial);
  const producers = trial.producers.map((result) =>
    producerMeasurement(result, scenario, workers, trial, steadyUntil),
  );
  const { ok, reasons } = judge({
    producers,
    consumers: trial.consumers.map((result) => consumerMeasurement(result, scenario, workers)),
    histograms: negatives(trial),
    series: steadySeries(scenario, trial, steadyUntil),
    openings: openings(scenario, trial, steadyUntil),
    machine: {
      stealFraction: machine.steal,
      othersFraction: machine.others,
      pressureFraction: machine.pressure,
      sharedWithBrokers: sharesMachine,
    },
    ceiling: calibration ? ceilingFor(trial, workers, calibration) : null,
    stoodStill,
    gatedPercentiles: gatedPercentiles(scenario.expect, trial),
  });
  return { ok, reasons: reasons.map((reason) => ({ ...reason, metrics: [...reason.metrics] })) };
}

/** What a fault does to rate and steadiness is what is measured: only the time before it is judged. Infinity without. */
function secondsBeforeFaults({ phases }: Assembled): number {
  const hasFaults = phases.some(({ name }) => name === 'during' || name === 'after');
  return hasFaults ? (phases.find(({ name }) => name === 'before')?.to ?? 0) : Infinity;
}

/** Of fewer messages one that falls beyond the last second would count for too much. */
const fewestDue = 1000;

/**
 * What was handed over, not what was acknowledged: a cluster that refuses messages was offered them. 0 offered where
 * there is nothing to hold against the offer: a run cut short has no rate, and random arrivals before a fault have
 * only the rate that they were drawn from.
 */
function offer(
  result: TrialResult['producers'][number],
  spec: Scenario['producers'][number] | undefined,
  reports: readonly ProducerReport[],
  trial: Assembled,
  steadyUntil: number,
): { offered: number; achieved: number } {
  const { attempted, durationSeconds, rate } = result;
  const offered = rate.offered ?? 0;
  if (steadyUntil === Infinity) {
    const achieved = perSecondOver(attempted, openLoopSpan(reports, rate.offered));
    return achieved === null ? nothing : { offered, achieved };
  }
  const isUniform =
    typeof spec?.rate === 'object' && spec.rate.kind === 'constant' && spec.arrival === 'uniform';
  const seconds = Math.min(steadyUntil, Math.floor(durationSeconds));
  if (!isUniform || offered * seconds < fewestDue) return nothing;
  const columns = trial.intervals.producers[result.name]?.['attempted'] ?? [];
  const before = columns.filter((_, i) => {
    const second = trial.intervals.second[i]!;
    return second >= 0 && second < seconds;
  });
  return { offered, achieved: before.reduce<number>((sum, count) => sum + (count ?? 0), 0) / seconds };
}

const nothing = { offered: 0, achieved: 0 };

function producerMeasurement(
  result: TrialResult['producers'][number],
  scenario: Scenario,
  workers: readonly WorkerReport[],
  trial: Assembled,
  steadyUntil: number,
): ProducerMeasurement {
  const spec = scenario.producers.find((each) => each.name === result.name);
  const reports = reportsOf(workers, 'producer', result.name);
  return {
    name: result.name,
    feeds: scenario.consumers
      .filter((each) => spec && each.topics.includes(spec.topic))
      .map(({ name }) => name),
    closedLoop: result.closedLoop,
    ...offer(result, spec, reports, trial, steadyUntil),
    scheduleDelayP99: result.latency.scheduleDelay?.p99 ?? null,
    ackP99: result.latency.ack?.p99 ?? null,
    eventLoopUtilisation: busiest(workers, result.name),
    sources: sources(workers, result.name),
    outcomes: {
      ...limitsOf(result, reports),
      attempted: result.attempted,
      counted: spec?.messages !== undefined,
      observed: result.observed?.messages ?? result.messages,
      later: result.observed?.later ?? 0,
      refused: result.refused ?? 0,
      unanswered: result.unanswered ?? 0,
      queueFullTime: result.queueFullTime ?? 0,
    },
  };
}

function limitsOf(
  { durationSeconds, librdkafka }: Pick<ConsumerResult, 'durationSeconds' | 'librdkafka'>,
  reports: readonly ClientReport[],
): ClientLimits {
  return {
    seconds: durationSeconds,
    fatal: reports.flatMap(({ fatal }) => (fatal === null ? [] : [fatal.message])),
    throttled: librdkafka.throttled ?? null,
  };
}

function reportsOf<Side extends ClientReport['side']>(
  workers: readonly WorkerReport[],
  side: Side,
  name: string,
) {
  return workers
    .flatMap(({ clients }) => clients)
    .filter(
      (each): each is Extract<ClientReport, { side: Side }> => each.side === side && each.name === name,
    );
}

function consumerMeasurement(
  result: TrialResult['consumers'][number],
  scenario: Scenario,
  workers: readonly WorkerReport[],
): ConsumerMeasurement {
  const topics = scenario.consumers.find((each) => each.name === result.name)?.topics ?? [];
  return {
    name: result.name,
    closedLoop: scenario.producers
      .filter((producer) => topics.includes(producer.topic))
      .every((producer) => producer.rate === 'max'),
    eventLoopUtilisation: busiest(workers, result.name),
    sources: sources(workers, result.name),
    limits: {
      ...limitsOf(result, reportsOf(workers, 'consumer', result.name)),
      observed: result.observed?.messages ?? result.messages,
      later: result.observed?.later ?? 0,
    },
  };
}

/** Of the trial's own mix of producers. */
function ceilingFor(
  { producers }: Assembled,
  workers: readonly WorkerReport[],
  calibration: Calibration,
): number | null {
  const loads = producers.map(({ ackSource, attempted, durationSeconds, messages, bytes }) => ({
    ackSource,
    perSecond: durationSeconds > 0 ? attempted / durationSeconds : 0,
    bytes: messages > 0 ? bytes / messages : 0,
  }));
  const producing = workers.filter(({ clients }) => clients.some(({ side }) => side === 'producer'));
  return ceilingOf(calibration, loads, producing.length);
}

function busiest(workers: readonly WorkerReport[], name: string): number | null {
  const own = workers.filter(({ clients }) => clients.some((client) => client.name === name));
  return own.length === 0 ? null : Math.max(...own.map(({ process }) => process.eventLoop));
}

function sources(workers: readonly WorkerReport[], name: string): string[] {
  const own = workers.flatMap(({ clients }) => clients).filter((client) => client.name === name);
  return [
    ...new Set(own.map((client) => (client.side === 'producer' ? client.ackSource : client.receiveSource))),
  ];
}

function negatives(trial: Assembled): ValidityInput['histograms'] {
  const of = (scope: string, latencies: Readonly<Record<string, HistogramJson | null>>) =>
    Object.entries(latencies).flatMap(([name, histogram]) =>
      histogram ? [{ metric: `${scope}${name}`, negative: histogram.negative }] : [],
    );
  return [
    ...of('', trial.totals.latency),
    ...trial.producers.flatMap(({ name, latency }) => of(`${name}.`, latency)),
    ...trial.consumers.flatMap(({ name, latency }) => of(`${name}.`, latency)),
  ];
}

/** Whole seconds of the measured phase before any fault, of producers that are meant to be steady. */
function steadySeries(scenario: Scenario, trial: Assembled, steadyUntil: number): ValidityInput['series'] {
  const measured = trial.phases.find(({ name }) => name === 'measure');
  return scenario.producers.flatMap((spec) => {
    if (typeof spec.rate === 'object' && spec.rate.kind !== 'constant') return [];
    const columns = trial.intervals.producers[spec.name];
    if (!columns || !measured) return [];
    // The last second is rarely whole; a series that includes it would always seem to fall.
    const whole = Math.floor(trial.producers.find(({ name }) => name === spec.name)?.durationSeconds ?? 0);
    const end = Math.min(whole, steadyUntil);
    const inside = trial.intervals.second.map((second) => second >= 0 && second < end);
    const pick = (column: string) => (columns[column] ?? []).filter((_, i) => inside[i]);
    const latency = spec.rate === 'max' ? 'serviceAck' : 'ack';
    return [
      { metric: `${spec.name}.throughput`, values: pick('settled') },
      { metric: `${spec.name}.${latency}.p50`, values: pick(`${latency}.p50`) },
    ];
  });
}

/** What is to be steady from the first second on: producers at one rate or in a closed loop, and who reads them. */
function openings(scenario: Scenario, trial: Assembled, steadyUntil: number): ValidityInput['openings'] {
  const isSteady = ({ rate }: Scenario['producers'][number]) => rate === 'max' || rate.kind === 'constant';
  const values = (
    columns: Readonly<Record<string, readonly (number | null)[]>> | undefined,
    column: string,
    seconds: number,
  ): (number | null)[] => {
    const end = Math.min(Math.floor(seconds), steadyUntil);
    const inside = trial.intervals.second.map((second) => second >= 0 && second < end);
    return (columns?.[column] ?? []).filter((_, i) => inside[i]);
  };
  const sent = trial.producers.flatMap(({ name, durationSeconds }): ValidityInput['openings'] => {
    const spec = scenario.producers.find((each) => each.name === name);
    if (!spec || !isSteady(spec)) return [];
    const columns = trial.intervals.producers[name];
    const of = (column: string) => values(columns, column, durationSeconds);
    return spec.rate === 'max'
      ? [{ metric: `${name}.throughput`, unit: 'perSecond', values: of('settled') }]
      : [{ metric: `${name}.ack`, unit: 'micros', values: of('ack.p50') }];
  });
  const received = trial.consumers.flatMap(({ name, durationSeconds }): ValidityInput['openings'] => {
    const spec = scenario.consumers.find((each) => each.name === name);
    const feeding = scenario.producers.filter(({ topic }) => spec?.topics.includes(topic));
    if (spec?.start !== undefined || feeding.length === 0 || !feeding.every(isSteady)) return [];
    const columns = trial.intervals.consumers[name];
    const found = values(columns, 'endToEnd.p50', durationSeconds);
    return [{ metric: `${name}.endToEnd`, unit: 'micros', values: found }];
  });
  return [...sent, ...received];
}

function gatedPercentiles(
  gates: readonly (ParsedMetric & { readonly metric: string })[],
  trial: Assembled,
): ValidityInput['gatedPercentiles'] {
  return gates.flatMap((gate) => {
    const { histogram } = readMetric(gate, trial);
    if (!histogram || gate.statistic === null || !isPercentile(gate.statistic)) return [];
    const beyond = restoreHistogram(histogram).beyond(percentiles[gate.statistic]);
    return [{ metric: gate.metric, beyond }];
  });
}
