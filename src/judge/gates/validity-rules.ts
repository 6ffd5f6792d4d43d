import { gateableBeyond } from '../../metrics/metrics.ts';
import { formatDuration, formatNumber, formatRate } from '../../base/units.ts';
import { drift } from '../../measure/drift.ts';
import { opening } from '../../measure/opening.ts';
import type { ProducerMeasurement, ValidityInput, ValidityReason } from './validity-input.ts';

/** The thresholds of the validity table; fractions unless a unit is named. */
export const thresholds = {
  /** Of what was observed in the measured phase. */
  later: 0.01,
  /** Of the measured phase. */
  queueFull: 0.01,
  achieved: 0.99,
  lateWarnMicros: 1_000,
  lateWarnOfAck: 0.1,
  lateInvalidMicros: 5_000,
  lateInvalidOfAck: 0.5,
  eventLoop: 0.9,
  drift: 0.05,
  cold: 2,
  coldMicros: 1_000,
  machine: 0.1,
  pressure: 0.25,
  ceiling: 0.7,
} as const;

export type Rule = (input: ValidityInput) => ValidityReason[];

export const ackLatency = ['scheduleDelay', 'serviceAck', 'ack', 'transaction'];
export const flow = ['throughput', 'bytesPerSecond'];
/** What depends on when a consumer reads. */
const consumerMetrics = ['endToEnd', ...flow, 'lag', 'drained', 'share'];

/** Metrics of a producer and of those that it feeds, in their own scopes and in the totals. */
export function metricsOf(
  producer: ProducerMeasurement,
  sent: readonly string[],
  received: readonly string[],
): string[] {
  const scoped = (scope: string, metrics: readonly string[]) => metrics.map((metric) => `${scope}.${metric}`);
  return [
    ...new Set([
      ...scoped(producer.name, sent),
      ...producer.feeds.flatMap((consumer) => scoped(consumer, received)),
      ...sent,
      ...received,
    ]),
  ];
}

export const percent = (fraction: number) => `${formatNumber(fraction * 100)} %`;

const underOffered: Rule = ({ producers }) =>
  producers.flatMap((producer) => {
    const { name, offered, achieved, closedLoop } = producer;
    if (closedLoop || offered <= 0 || achieved / offered >= thresholds.achieved) return [];
    return {
      code: 'under-offered',
      severity: 'invalid' as const,
      metrics: metricsOf(producer, [...ackLatency, ...flow], ['endToEnd', ...flow]),
      message: `${name} sent ${formatRate(achieved)} of the ${formatRate(offered)} that were due: the load was not what the scenario says`,
      value: achieved / offered,
      threshold: thresholds.achieved,
    };
  });

const lateSchedule: Rule = ({ producers }) =>
  producers.flatMap((producer) => {
    const { name, scheduleDelayP99: late, ackP99, closedLoop } = producer;
    if (closedLoop || late === null) return [];
    const limit = (micros: number, share: number) => Math.max(micros, share * (ackP99 ?? 0));
    const warn = limit(thresholds.lateWarnMicros, thresholds.lateWarnOfAck);
    const invalid = limit(thresholds.lateInvalidMicros, thresholds.lateInvalidOfAck);
    if (late <= warn) return [];
    return {
      code: 'late-schedule',
      severity: late > invalid ? ('invalid' as const) : ('warn' as const),
      metrics: metricsOf(producer, ['ack'], ['endToEnd']),
      message: `${name} was late itself: p99 schedule delay ${formatDuration(late)} is part of every latency from due time`,
      value: late,
      threshold: late > invalid ? invalid : warn,
    };
  });

const busyLoop: Rule = ({ producers, consumers }) => {
  const reason = (name: string, utilisation: number, metrics: string[]): ValidityReason => ({
    code: 'busy-loop',
    severity: 'invalid',
    metrics,
    message: `${name}: the event loop was busy ${percent(utilisation)} of the time, and every latency seen from JavaScript waits for it`,
    value: utilisation,
    threshold: thresholds.eventLoop,
  });
  const isBusy = (client: {
    closedLoop: boolean;
    eventLoopUtilisation: number | null;
    sources: readonly string[];
  }) =>
    !client.closedLoop &&
    (client.eventLoopUtilisation ?? 0) > thresholds.eventLoop &&
    client.sources.some((source) => source !== 'tap');
  return [
    ...producers
      .filter(isBusy)
      .map((producer) =>
        reason(producer.name, producer.eventLoopUtilisation!, metricsOf(producer, ackLatency, ['endToEnd'])),
      ),
    ...consumers
      .filter(isBusy)
      .map(({ name, eventLoopUtilisation }) =>
        reason(name, eventLoopUtilisation!, [`${name}.endToEnd`, 'endToEnd']),
      ),
  ];
};

const mixedSources: Rule = ({ producers, consumers }) => {
  const mixed = (
    clients: readonly { name: string; sources: readonly string[] }[],
    metrics: readonly string[],
    what: string,
  ): ValidityReason[] => {
    const sources = [...new Set(clients.flatMap((client) => client.sources))];
    if (sources.length <= 1) return [];
    const groups = clients.filter((client) => new Set(client.sources).size > 1).map(({ name }) => `${name}.`);
    return [
      {
        code: 'mixed-sources',
        severity: 'invalid',
        metrics: ['', ...groups].flatMap((scope) => metrics.map((metric) => `${scope}${metric}`)),
        message: `${what} were observed in different ways (${sources.join(', ')}), whose latencies do not add up to one distribution`,
        value: sources.length,
        threshold: 1,
      },
    ];
  };
  return [
    ...mixed(producers, ['serviceAck', 'ack', 'transaction'], 'acknowledgements'),
    ...mixed(consumers, ['endToEnd'], 'received messages'),
  ];
};

const negativeTime: Rule = ({ histograms }) =>
  histograms
    .filter(({ negative }) => negative > 0)
    .map(({ metric, negative }) => ({
      code: 'negative-time',
      severity: 'invalid',
      metrics: [metric],
      message: `${metric} has ${negative} samples below zero: the clocks of its two ends do not agree`,
      value: negative,
      threshold: 0,
    }));

const stoodStill: Rule = ({ stoodStill: workers, producers, consumers }) =>
  workers.map(({ worker, micros, clients }) => {
    const holds = ({ name }: { readonly name: string }) => clients?.includes(name) ?? false;
    const sent = producers
      .filter(holds)
      .flatMap((producer) => metricsOf(producer, [...ackLatency, ...flow], ['endToEnd', ...flow]));
    const received = consumers
      .filter(holds)
      .flatMap(({ name }) => consumerMetrics.flatMap((metric) => [`${name}.${metric}`, metric]));
    return {
      code: 'stood-still',
      severity: 'invalid' as const,
      metrics: [...new Set([...sent, ...received])],
      message: `${worker}${clients === null ? '' : ` (${clients.join(', ')})`} stood still for ${formatDuration(micros)}: what its clients did meanwhile says nothing about the cluster`,
      value: micros,
      threshold: 0,
    };
  });

const drifting: Rule = ({ series }) =>
  series.flatMap(({ metric, values }) => {
    const moved = drift(values);
    if (moved === null || Math.abs(moved) <= thresholds.drift) return [];
    return {
      code: 'drift',
      severity: 'warn' as const,
      metrics: [metric],
      message: `${metric} went ${moved > 0 ? 'up' : 'down'} by ${percent(Math.abs(moved))} over ${values.length} s of the measured phase: no steady state`,
      value: moved,
      threshold: thresholds.drift,
    };
  });

const cold: Rule = ({ openings }) =>
  openings.flatMap(({ metric, unit, values }) => {
    const found = opening(values, unit === 'micros' ? 'higher' : 'lower');
    if (found === null || found.factor < thresholds.cold) return [];
    const { first, rest, factor } = found;
    if (unit === 'micros' && first - rest < thresholds.coldMicros) return [];
    const show = unit === 'micros' ? formatDuration : formatRate;
    return {
      code: 'cold',
      severity: 'warn' as const,
      metrics: [metric],
      message: `${metric} was ${show(first)} in the first second and ${show(rest)} later: what had to get warm is in the numbers; phases.warmup leaves it out`,
      value: factor,
      threshold: thresholds.cold,
    };
  });

const steal: Rule = ({ machine }) => {
  const taken = (fraction: number | null, who: string): ValidityReason[] =>
    fraction === null || fraction <= thresholds.machine
      ? []
      : [
          {
            code: 'steal',
            severity: 'warn',
            metrics: [],
            message: `${who} took ${percent(fraction)} of this machine's processor time`,
            value: fraction,
            threshold: thresholds.machine,
          },
        ];
  return [
    ...taken(machine.stealFraction, 'the hypervisor (steal)'),
    ...taken(machine.othersFraction, 'other processes'),
  ];
};

/** Closed loops keep every processor busy by design. */
const pressure: Rule = ({ machine: { pressureFraction }, producers }) =>
  pressureFraction === null ||
  pressureFraction <= thresholds.pressure ||
  producers.every(({ closedLoop }) => closedLoop)
    ? []
    : [
        {
          code: 'pressure',
          severity: 'warn',
          metrics: [],
          message: `for ${percent(pressureFraction)} of the time something on this machine waited for a processor: such waits are in the latencies`,
          value: pressureFraction,
          threshold: thresholds.pressure,
        },
      ];

const sharedMachine: Rule = ({ machine }) =>
  machine.sharedWithBrokers
    ? [
        {
          code: 'shared-machine',
          severity: 'warn',
          metrics: [],
          message: 'the brokers run on this machine: harness and brokers compete for its processors',
          value: 1,
          threshold: 0,
        },
      ]
    : [];

const nearCeiling: Rule = ({ producers, ceiling }) => {
  const rate = producers.reduce((sum, { achieved }) => sum + achieved, 0);
  if (ceiling === null || producers.every(({ closedLoop }) => closedLoop)) return [];
  if (rate <= thresholds.ceiling * ceiling) return [];
  return [
    {
      code: 'near-ceiling',
      severity: 'warn',
      metrics: [],
      message: `${formatRate(rate)} is ${percent(rate / ceiling)} of what this harness can do here (${formatRate(ceiling)}): its own cost is in the latencies`,
      value: rate / ceiling,
      threshold: thresholds.ceiling,
    },
  ];
};

const shortTail: Rule = ({ gatedPercentiles }) =>
  gatedPercentiles
    .filter(({ beyond }) => beyond < gateableBeyond)
    .map(({ metric, beyond }) => ({
      code: 'short-tail',
      severity: 'invalid',
      metrics: [metric],
      message: `${metric} has ${beyond} samples beyond it, too few to gate: measure longer or gate a lower percentile`,
      value: beyond,
      threshold: gateableBeyond,
    }));

/** Of the load, the clock, the machine and the samples; one rule a row. */
export const measurementRules: readonly Rule[] = [
  underOffered,
  lateSchedule,
  busyLoop,
  mixedSources,
  negativeTime,
  stoodStill,
  drifting,
  cold,
  steal,
  pressure,
  sharedMachine,
  nearCeiling,
  shortTail,
];
