import { formatBytesPerSecond, formatDuration, formatNumber, formatRate } from '../base/units.ts';
import type {
  ConsumerResult,
  HistogramJson,
  ProducerResult,
  RunResult,
  TrialResult,
} from '../results/schema.ts';
import { worstDelivery } from '../judge/gates/worst-delivery.ts';
import { renderDelivery } from './delivery.ts';
import { renderFaults } from './faults.ts';
import { renderGroups } from './groups.ts';
import { formatMetric } from './metric-text.ts';
import { plain, type Paint } from './paint.ts';
import { renderTable } from './table.ts';
import { renderTrials } from './trials.ts';
import { renderUnprocessed } from './unprocessed.ts';

/** One run as a person reads it in ten seconds: what ran where, how much, how fast, what to doubt. 80 columns. */
export function renderSummary(result: RunResult, paint: Paint = plain): string {
  const blocks = [header(result, paint)];
  if (result.trials.length > 1) blocks.push(renderTrials(result.trials, paint));
  // Of several, the one that most needs to be looked at.
  const trial = worstDelivery(result.trials) ?? result.trials[0];
  if (trial) {
    if (result.trials.length > 1) blocks.push([`trial ${result.trials.indexOf(trial) + 1}`]);
    blocks.push(throughput(trial), latency(trial), renderGroups(trial), renderFaults(trial, paint));
    blocks.push(renderDelivery(trial.delivery, paint), renderUnprocessed(trial.consumers, paint));
    blocks.push(errors(trial, paint));
  }
  blocks.push(expectations(result, paint), doubts(result, trial, paint));
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function header(result: RunResult, paint: Paint): string[] {
  const { scenario, cluster, outcome } = result;
  const seconds = (Date.parse(result.endedAt) - Date.parse(result.startedAt)) / 1000;
  const state =
    outcome.state === 'completed'
      ? paint.good(`completed in ${formatDuration(seconds * 1e6)}`)
      : paint.bad(`${outcome.state} during ${outcome.phase}: ${outcome.reason}`);
  const brokers = `${cluster.brokers.length} broker${cluster.brokers.length === 1 ? '' : 's'}`;
  const lines = [
    `${paint.bold(scenario.name)}  ${state}`,
    `cluster ${cluster.kind}, ${cluster.version === null ? '' : `Kafka ${cluster.version}, `}${brokers}: ${cluster.why}`,
  ];
  const suffix = ownSuffix(result);
  if (suffix !== undefined && result.trials.length === 1)
    lines.push(`names of its topics and groups end in ${suffix}`);
  const warmup = result.trials[0]?.brokerWarmup;
  if (warmup?.state === 'warmed') {
    const load = `${warmup.windows.length} s of load`;
    lines.push(`brokers warmed first: ${load}, ${formatDuration(warmup.took)} in all`);
  }
  if (cluster.kind === 'mock') lines.push(paint.warn('MOCK: librdkafka’s mock, not Kafka'));
  return lines;
}

/** What a run puts behind the names that it makes, where it has made some. */
function ownSuffix({ runId, cluster, trials }: RunResult): string | undefined {
  const suffix = `-${runId}`;
  const names = [
    ...cluster.durability.map(({ topic }) => topic),
    ...trials.flatMap(({ groups }) => groups.map(({ name }) => name)),
  ];
  return names.some((name) => name.endsWith(suffix)) ? suffix : undefined;
}

const columns = 80;

/** With both readings of "mega" where they fit, else with MB alone. */
function throughput(trial: TrialResult): string[] {
  const both = throughputTable(trial, formatBytesPerSecond);
  if (both.every((line) => Array.from(line).length <= columns)) return both;
  return throughputTable(trial, (bytes) => `${formatNumber(bytes / 1e6)} MB/s`);
}

function throughputTable(trial: TrialResult, bandwidth: (bytesPerSecond: number) => string): string[] {
  const rows = [
    ...trial.producers.map((producer) => [
      producer.name,
      `${formatNumber(producer.messages)} ${producer.ackSource === 'socket-write' ? 'sent' : 'acked'}`,
      rateOf(producer),
      producer.bytesPerSecond === null ? '' : bandwidth(producer.bytesPerSecond),
      [
        producer.rate.offered === null ? 'closed loop' : `of ${formatRate(producer.rate.offered)} offered`,
        ...queueOf(producer),
        ...laterOf(producer),
      ].join(', '),
    ]),
    ...trial.consumers.map((consumer) => [
      consumer.name,
      `${formatNumber(consumer.messages)} received`,
      rateOf(consumer),
      consumer.bytesPerSecond === null ? '' : bandwidth(consumer.bytesPerSecond),
      [...(consumer.endedBy === 'idle' ? ['ended idle'] : []), ...laterOf(consumer)].join(', '),
    ]),
  ];
  return renderTable(rows, ['left', 'right', 'right', 'right', 'left']);
}

/** For how long librdkafka's queue was full, where that is worth a word. */
function queueOf({ queueFullTime = 0, durationSeconds, clients }: ProducerResult): string[] {
  const time = queueFullTime / Math.max(1, clients);
  return time > 1e4 * durationSeconds ? [`queue full ${formatDuration(time)}`] : [];
}

/** What came after the measured phase: it is not in the rate. */
function laterOf({ observed }: Pick<ProducerResult, 'observed'>): string[] {
  return observed && observed.later > 0 ? [`${formatNumber(observed.later)} later`] : [];
}

function rateOf({ rate }: ProducerResult | ConsumerResult): string {
  return rate.achieved === null ? '-' : formatRate(rate.achieved);
}

function latency(trial: TrialResult): string[] {
  const socket = trial.producers.some((producer) => producer.ackSource === 'socket-write');
  const mixed = socket && trial.producers.some((producer) => producer.ackSource !== 'socket-write');
  const end = mixed ? 'acknowledged or socket' : socket ? 'socket' : 'acknowledged';
  const about: Record<string, string> = {
    scheduleDelay: 'due → handed over',
    serviceAck: `handed over → ${end}`,
    ack: `due → ${end}`,
    endToEnd: 'due → received',
  };
  const rows = Object.entries(about).flatMap(([name, what]) => {
    const histogram = trial.totals.latency[name as 'ack'];
    return histogram ? [[name, what, ...figures(histogram)]] : [];
  });
  if (rows.length === 0) return [];
  return renderTable(
    [['latency', '', 'p50', 'p99', 'p99.9', 'max'], ...rows],
    ['left', 'left', 'right', 'right', 'right', 'right'],
  );
}

function figures({ p50, p99, p999, max }: HistogramJson): string[] {
  return [p50, p99, p999, max].map((value) => (value === null ? '-' : formatDuration(value)));
}

function errors(trial: TrialResult, paint: Paint): string[] {
  return trial.errors
    .slice(0, 5)
    .map(({ scope, count, code, phase }) =>
      paint.bad(`${scope}: ${formatNumber(count)} × ${code} (${phase})`),
    );
}

function expectations(result: RunResult, paint: Paint): string[] {
  return result.expectations.map(({ metric, bound, value, ok, reason }) => {
    const verdict = ok === null ? paint.warn('invalid') : ok ? paint.good('ok') : paint.bad('FAILED');
    const measured = value === null ? '-' : formatMetric(metric, value);
    return `expect ${metric} ${bound}: ${verdict} (${measured}${reason === undefined ? '' : `; ${reason}`})`;
  });
}

function doubts(result: RunResult, trial: TrialResult | undefined, paint: Paint): string[] {
  return [
    ...(trial?.validity.reasons ?? []).map(({ code, severity, message }) =>
      severity === 'invalid'
        ? paint.bad(`INVALID ${code}: ${message}`)
        : paint.warn(`warning ${code}: ${message}`),
    ),
    ...result.warnings
      .filter(({ code }) => code !== 'mock-cluster')
      .map(({ code, message }) => paint.warn(`warning ${code}: ${message}`)),
  ];
}
