import { formatDuration, formatNumber } from '../../base/units.ts';
import type { ClientLimits } from './validity-input.ts';
import { ackLatency, flow, metricsOf, percent, thresholds, type Rule } from './validity-rules.ts';

/** Reasons of a run that gave up something it was to do: it is not green, whatever was asked of it. */
export const gaveUpCodes: readonly string[] = ['cut-off', 'fatal-error'];

const of = (part: number, whole: number): string =>
  `${formatNumber(part)} of ${formatNumber(whole)} messages`;

const cutOff: Rule = ({ producers }) =>
  producers.flatMap((producer) => {
    const { attempted, unanswered, counted } = producer.outcomes;
    if (unanswered === 0) return [];
    return {
      code: 'cut-off',
      severity: 'invalid' as const,
      // A phase of a given length is over by then; a number of messages is not complete.
      metrics: metricsOf(
        producer,
        [...ackLatency, ...(counted ? flow : [])],
        ['endToEnd', ...(counted ? flow : [])],
      ),
      message: `${producer.name}: ${of(unanswered, attempted)} had no answer when the run stopped waiting (phases.drain): they are indeterminate, and in no latency`,
      value: unanswered,
      threshold: 0,
    };
  });

const refused: Rule = ({ producers }) =>
  producers.flatMap((producer) => {
    const { attempted, refused: count } = producer.outcomes;
    if (count === 0) return [];
    const share = count / attempted;
    const invalid = share > 1 - thresholds.achieved;
    return {
      code: 'refused',
      severity: invalid ? ('invalid' as const) : ('warn' as const),
      metrics: metricsOf(producer, [...ackLatency, ...flow], ['endToEnd', ...flow]),
      message: `${producer.name}: the client itself refused ${of(count, attempted)}: the load was not what the scenario says`,
      value: share,
      threshold: invalid ? 1 - thresholds.achieved : 0,
    };
  });

const fatal: Rule = ({ producers, consumers }) => {
  const reason = (name: string, what: string, metrics: readonly string[], { fatal: told }: ClientLimits) => ({
    code: 'fatal-error',
    severity: 'invalid' as const,
    metrics,
    message: `${name}: ${told.length === 1 ? 'a client' : `${told.length} clients`} died of a fatal error and ${what} nothing more: ${told[0]}`,
    value: told.length,
    threshold: 0,
  });
  return [
    ...producers
      .filter(({ outcomes }) => outcomes.fatal.length > 0)
      .map((producer) =>
        reason(
          producer.name,
          'sent',
          metricsOf(producer, [...ackLatency, ...flow], ['endToEnd', ...flow]),
          producer.outcomes,
        ),
      ),
    ...consumers
      .filter(({ limits }) => limits.fatal.length > 0)
      .map(({ name, limits }) =>
        reason(
          name,
          'received',
          ['endToEnd', ...flow].flatMap((metric) => [`${name}.${metric}`, metric]),
          limits,
        ),
      ),
  ];
};

/** A closed loop always ends with a queue; of a schedule what comes late says that the cluster did not keep up. */
const late: Rule = ({ producers, consumers }) => {
  const reason = (name: string, what: string, later: number, observed: number) =>
    later <= thresholds.later * observed
      ? []
      : [
          {
            code: 'late',
            severity: 'warn' as const,
            metrics: flow.map((metric) => `${name}.${metric}`),
            message: `${name}: ${of(later, later + observed)} ${what} after the measured phase; throughput is what came in it`,
            value: observed === 0 ? null : later / observed,
            threshold: thresholds.later,
          },
        ];
  return [
    ...producers
      .filter(({ closedLoop, outcomes }) => !closedLoop && !outcomes.counted)
      .flatMap(({ name, outcomes }) => reason(name, 'were acknowledged', outcomes.later, outcomes.observed)),
    ...consumers
      .filter(({ closedLoop }) => !closedLoop)
      .flatMap(({ name, limits }) => reason(name, 'were received', limits.later, limits.observed)),
  ];
};

const throttled: Rule = ({ producers, consumers }) =>
  [...producers.map(({ name, outcomes }) => ({ name, limits: outcomes })), ...consumers].flatMap(
    ({ name, limits }) => {
      const time = limits.throttled ?? 0;
      if (time <= 0) return [];
      return {
        code: 'throttled',
        severity: 'warn' as const,
        metrics: [],
        message: `${name}: brokers throttled it for ${formatDuration(time)} of ${formatDuration(limits.seconds * 1e6)} (summed over clients and brokers): a quota is the limit, not the system`,
        value: time,
        threshold: 0,
      };
    },
  );

/** In a closed loop a full queue is how it works; a schedule that meets one waits. */
const queueFull: Rule = ({ producers }) =>
  producers.flatMap(({ name, closedLoop, outcomes: { queueFullTime, seconds } }) => {
    const share = queueFullTime / (seconds * 1e6);
    if (closedLoop || !(share > thresholds.queueFull)) return [];
    return {
      code: 'queue-full',
      severity: 'warn' as const,
      metrics: [],
      message: `${name}: librdkafka's queue was full for ${formatDuration(queueFullTime)} (${percent(share)} of the measured phase): what was due then waited`,
      value: share,
      threshold: thresholds.queueFull,
    };
  });

/** Of what the run gave up, and of limits that were met; one rule a row. */
export const outcomeRules: readonly Rule[] = [cutOff, refused, fatal, late, throttled, queueFull];
