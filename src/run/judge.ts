import type { ParsedMetric } from '../base/metrics.ts';
import { percentiles, restoreHistogram, type PercentileName } from '../measure/summary.ts';
import { judge } from '../measure/validity.ts';
import type { ConsumerMeasurement, ProducerMeasurement, ValidityInput } from '../measure/validity-input.ts';
import { readMetric } from '../results/metric-value.ts';
import type { HistogramJson, TrialResult } from '../results/schema.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { WorkerReport } from '../worker/protocol.ts';
import type { MachineUse } from './machine.ts';

type Assembled = Omit<TrialResult, 'validity'>;

export interface JudgeInput {
  readonly scenario: Scenario;
  readonly trial: Assembled;
  readonly workers: readonly WorkerReport[];
  readonly machine: MachineUse;
  readonly sharesMachine: boolean;
}

/** Holds the trial's own numbers against the validity rules. */
export function judgeTrial({
  scenario,
  trial,
  workers,
  machine,
  sharesMachine,
}: JudgeInput): TrialResult['validity'] {
  const producers = trial.producers.map((result) => producerMeasurement(result, scenario, workers));
  const { ok, reasons } = judge({
    producers,
    consumers: trial.consumers.map((result) => consumerMeasurement(result, scenario, workers)),
    histograms: negatives(trial),
    series: steadySeries(scenario, trial),
    machine: {
      stealFraction: machine.steal,
      otherProcessFraction: machine.others,
      sharedWithBrokers: sharesMachine,
    },
    ceiling: null,
    gatedPercentiles: gatedPercentiles(scenario.expect, trial),
  });
  return { ok, reasons: reasons.map((reason) => ({ ...reason, metrics: [...reason.metrics] })) };
}

function producerMeasurement(
  result: TrialResult['producers'][number],
  scenario: Scenario,
  workers: readonly WorkerReport[],
): ProducerMeasurement {
  const spec = scenario.producers.find((each) => each.name === result.name);
  return {
    name: result.name,
    feeds: scenario.consumers
      .filter((each) => spec && each.topics.includes(spec.topic))
      .map(({ name }) => name),
    closedLoop: result.closedLoop,
    // What was handed over, not what was acknowledged: a cluster that refuses messages was offered them. A run cut
    // short may have no rate: then there is nothing to hold against the offer.
    offered: result.durationSeconds > 0 ? (result.rate.offered ?? 0) : 0,
    achieved: result.durationSeconds > 0 ? result.attempted / result.durationSeconds : 0,
    scheduleDelayP99: result.latency.scheduleDelay?.p99 ?? null,
    ackP99: result.latency.ack?.p99 ?? null,
    eventLoopUtilisation: busiest(workers, result.name),
    sources: sources(workers, result.name),
  };
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
  };
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

/** Whole seconds of the measured phase, of producers that are meant to be steady. */
function steadySeries(scenario: Scenario, trial: Assembled): ValidityInput['series'] {
  const measured = trial.phases.find(({ name }) => name === 'measure');
  return scenario.producers.flatMap((spec) => {
    if (typeof spec.rate === 'object' && spec.rate.kind !== 'constant') return [];
    const columns = trial.intervals.producers[spec.name];
    if (!columns || !measured) return [];
    // The last second is rarely whole; a series that includes it would always seem to fall.
    const whole = Math.floor(trial.producers.find(({ name }) => name === spec.name)?.durationSeconds ?? 0);
    const inside = trial.intervals.second.map((second) => second >= 0 && second < whole);
    const pick = (column: string) => (columns[column] ?? []).filter((_, i) => inside[i]);
    const latency = spec.rate === 'max' ? 'serviceAck' : 'ack';
    return [
      { metric: `${spec.name}.throughput`, values: pick('settled') },
      { metric: `${spec.name}.${latency}.p50`, values: pick(`${latency}.p50`) },
    ];
  });
}

function gatedPercentiles(
  gates: readonly (ParsedMetric & { readonly metric: string })[],
  trial: Assembled,
): ValidityInput['gatedPercentiles'] {
  return gates.flatMap((gate) => {
    const { histogram } = readMetric(gate, trial);
    if (!histogram || gate.statistic === null || !Object.hasOwn(percentiles, gate.statistic)) return [];
    const beyond = restoreHistogram(histogram).beyond(percentiles[gate.statistic as PercentileName]);
    return [{ metric: gate.metric, beyond }];
  });
}
