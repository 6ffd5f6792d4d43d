import type { Micros } from '../../base/clock.ts';
import type { TrialResult } from '../../results/schema.ts';
import { changingProducer } from '../../scenario/even-load.ts';
import type { Scenario } from '../../scenario/schema.ts';
import type { WorkerReport } from '../../protocol/report.ts';
import { toColumns } from './columns.ts';
import { joinSilence } from './faults/ack-silence.ts';
import { consumerResult } from './consumer-results.ts';
import { deliveryResult } from './delivery-result.ts';
import { faultResults, type FaultEvidence } from './faults/fault-results.ts';
import { faultSpan, silencesByName } from './faults/fault-span.ts';
import { withUnreachable } from './faults/unreachable.ts';
import { groupResult } from './group-results.ts';
import type { GroupSamples } from '../../trial/monitor/group-sampling.ts';
import type { KeptSecond } from './intervals.ts';
import { flowUntil, plannedLength } from './flow.ts';
import { latencyResults } from './latencies.ts';
import { addErrors, deliveryCounts } from './phases/phase-counts.ts';
import { producerResult, type PhaseTimes } from './producer-results.ts';
import type { Reader } from './faults/recovery.ts';
import type { ClientReports } from '../../trial/workers/reports.ts';
import { joinSpans, least, most, perSecondOver, type Span } from './span.ts';
import { faultPhases, gatedWindows } from './phases/window-phases.ts';

export interface TrialEvidence {
  readonly scenario: Scenario;
  /** Group id on the cluster by consumer name. */
  readonly groups: ReadonlyMap<string, string | null>;
  readonly clients: ClientReports;
  readonly workers: readonly WorkerReport[];
  readonly seconds: readonly KeptSecond[];
  /** Null where the run ended before its measured phase. */
  readonly samples: GroupSamples | null;
  /** When a group had read its logs to the ends that they had when producing ended, by its name on the cluster. */
  readonly drained: ReadonlyMap<string, Micros>;
  readonly faults: Pick<FaultEvidence, 'records' | 'changes' | 'topics'> & {
    /** When no broker answered. */
    readonly unanswered?: readonly Span[];
  };
  /** Of the audit; null where there was none. */
  readonly delivery: TrialResult['delivery'] | null;
  /** On CLOCK_MONOTONIC; null for a phase that the run did not reach. */
  readonly times: {
    readonly start: Micros | null;
    readonly measure: Micros | null;
    readonly drain: Micros | null;
    /** When the run was stopped or failed, which workers were told then; null: it was not. */
    readonly stopped: Micros | null;
    readonly end: Micros;
  };
}

/** Everything that a trial measured, in the form of results; its validity is judged afterwards. */
export function assembleTrial(given: TrialEvidence): Omit<TrialResult, 'validity'> {
  const acks = joinSilence(given.workers);
  const evidence = { ...given, faults: { ...given.faults, ...withUnreachable(given.faults, acks) } };
  const { scenario, groups, clients, workers, seconds, times } = evidence;
  const measureStart = times.measure ?? times.end;
  const { stopped } = times;
  const phase = { measure: measureStart, planned: scenario.phases.measure, stopped };
  const producers = scenario.producers.map((spec) =>
    producerResult(spec, clients.producers, workers, seconds, phase),
  );
  const consumers = scenario.consumers.map((spec) =>
    consumerResult(spec, groups.get(spec.name) ?? null, clients.consumers, workers, seconds, {
      measure: measureStart,
      end: endOfPhase(scenario, phase),
      reads: producers.length === 0,
    }),
  );
  const produced = joinSpans(producers.map(({ span }) => span));
  const consumed = joinSpans(consumers.map(({ span }) => span));
  const latency = latencyResults(workers, 'measured');
  const sides = {
    producers: total(producers.map(({ result }) => result)),
    consumers: total(consumers.map(({ result }) => result)),
  };
  const flows = {
    producers: total(producers.map((each) => flowUntil(seconds, 'producer', each, produced))),
    consumers: total(consumers.map((each) => flowUntil(seconds, 'consumer', each, consumed))),
  };
  const offered = producers.map(({ result }) => result.rate.offered);
  return {
    index: 0,
    order: 0,
    producers: producers.map(({ result }) => result),
    consumers: consumers.map(({ result }) => result),
    groups: groupResults(evidence, measureStart),
    pipelines: [],
    totals: {
      producers: {
        ...sides.producers,
        rate: {
          offered:
            offered.length === 0 || offered.includes(null) ? null : sum(offered.map((rate) => rate ?? 0)),
          achieved: perSecondOver(flows.producers.messages, produced),
        },
        bytesPerSecond: perSecondOver(flows.producers.bytes, produced),
      },
      consumers: {
        ...sides.consumers,
        rate: { offered: null, achieved: perSecondOver(flows.consumers.messages, consumed) },
        bytesPerSecond: perSecondOver(flows.consumers.bytes, consumed),
      },
      latency,
    },
    phases: phases(
      evidence,
      latency,
      {
        producers: perSecondOver(flows.producers.messages, produced),
        consumers: perSecondOver(flows.consumers.messages, consumed),
      },
      produced?.to ?? consumed?.to ?? null,
    ),
    intervals: toColumns(seconds, evidence.samples ?? undefined),
    harness: harness(workers, carried(clients)),
    delivery: evidence.delivery ?? deliveryResult(scenario, clients),
    errors: errors(clients),
    faults: faults(
      evidence,
      producers.map(({ sending }) => sending),
    ),
  };
}

/** Null where it ended with the last message. */
function endOfPhase(scenario: Scenario, { measure, stopped }: PhaseTimes): Micros | null {
  const length = plannedLength(scenario);
  return length === null ? null : Math.min(measure + length, stopped ?? Infinity);
}

/** Those that some client told of. */
function groupResults(
  { scenario, groups, clients, samples, drained, delivery, times }: TrialEvidence,
  measureStart: Micros,
): TrialResult['groups'] {
  const names = [...new Set(clients.consumers.flatMap(({ name }) => groups.get(name) ?? []))];
  return names.map((name) => {
    const at = drained.get(name);
    const called = scenario.consumers.find((spec) => groups.get(spec.name) === name)?.group;
    const facts = {
      name,
      redelivered: delivery?.groups.find((group) => group.name === called)?.redelivered ?? null,
      reports: clients.consumers.filter((report) => groups.get(report.name) === name),
      lag: samples?.lag.get(name) ?? null,
      drained: at === undefined || times.drain === null ? null : Math.max(0, at - times.drain),
    };
    return groupResult(facts, measureStart);
  });
}

function faults(
  { faults: found, scenario, groups, clients, workers, seconds, times }: TrialEvidence,
  spans: readonly (Span | null)[],
): TrialResult['faults'] {
  if (found.records.length === 0) return [];
  const sending = joinSpans(spans);
  const lastSettled = most(clients.producers.map((report) => report.lastSettled));
  return faultResults({
    ...found,
    silences: joinSilence(workers),
    untold: untoldTopics(scenario, clients, workers),
    sending: sending && { from: sending.from, to: Math.max(sending.to, lastSettled ?? sending.to) },
    evenUntil: changingProducer(scenario) ? null : least(spans.map((span) => span?.to ?? null)),
    seconds,
    readers: readers(scenario, groups),
    measureStart: times.measure ?? times.end,
  });
}

/** To which a client sent whose worker never reported: what it was acknowledged is not known. */
function untoldTopics(
  { producers }: Scenario,
  clients: ClientReports,
  workers: readonly WorkerReport[],
): Set<string> {
  const told = new Set(workers.flatMap((worker) => worker.clients));
  const untold = new Set(clients.producers.filter((report) => !told.has(report)).map(({ name }) => name));
  return new Set(producers.filter(({ name }) => untold.has(name)).map(({ topic }) => topic));
}

/** A group receives everything once, however many consumers form it; without a group each client does. */
function readers({ producers, consumers }: Scenario, groups: TrialEvidence['groups']): Reader[] {
  const byGroup = new Map<string, typeof consumers>();
  for (const consumer of consumers) {
    const group = groups.get(consumer.name) ?? `/${consumer.name}`;
    byGroup.set(group, [...(byGroup.get(group) ?? []), consumer]);
  }
  return [...byGroup.values()].map((own) => ({
    consumers: own.map(({ name }) => name),
    producers: producers
      .filter(({ topic }) => own.some(({ topics }) => topics.includes(topic)))
      .map(({ name }) => name),
    copies: own[0]!.group === undefined ? own[0]!.count : 1,
  }));
}

function total(results: readonly { messages: number; bytes: number }[]): { messages: number; bytes: number } {
  return {
    messages: sum(results.map((each) => each.messages)),
    bytes: sum(results.map((each) => each.bytes)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

type Phase = TrialResult['phases'][number];

function phases(
  { scenario, workers, clients, seconds: observed, faults: found, delivery, times }: TrialEvidence,
  measured: Phase['latency'],
  throughput: Phase['throughput'],
  measureEnd: Micros | null,
): Phase[] {
  const { start, measure, drain, end } = times;
  if (start === null || measure === null) return [];
  const seconds = (at: Micros): number => (at - measure) / 1e6;
  const observations = { seconds: observed, delivery: delivery?.seconds ?? null };
  const errorsDueIn = (phase: 'warmup' | 'measure') =>
    addErrors(errors(clients).filter((each) => each.phase === phase));
  const list: Phase[] = [];
  if (measure > start) {
    const warm = observed.filter(({ second }) => second < 0);
    const per = (side: 'producer' | 'consumer', field: 'settled' | 'received'): number | null =>
      perSecondOver(sum(warm.map((each) => (each.side === side ? each.counts[field] : 0))), {
        from: start,
        to: measure,
      });
    list.push({
      name: 'warmup',
      from: seconds(start),
      to: 0,
      latency: latencyResults(workers, 'warmup'),
      throughput: {
        producers: per('producer', 'settled'),
        consumers: per('consumer', 'received'),
      },
      errors: errorsDueIn('warmup'),
      ...deliveryCounts(-Infinity, 0, observations.delivery),
    });
  }
  const length = seconds(Math.min(measureEnd ?? drain ?? end, drain === null ? end : Infinity));
  list.push({
    ...{ name: 'measure', from: 0, to: length, latency: measured, throughput },
    errors: errorsDueIn('measure'),
    ...deliveryCounts(
      measure > start ? 0 : -Infinity,
      drain === null ? Infinity : length,
      observations.delivery,
    ),
  });
  const silences = silencesByName(joinSilence(workers), found.topics);
  const span = faultSpan(found.records, found.changes, silences);
  if (span) list.push(...faultPhases(span, { start: measure, length }, observations));
  list.push(...gatedWindows(scenario.expect, { start: measure, length }, observations));
  if (drain !== null) {
    const to = Math.max(length, seconds(end));
    const later = (side: 'producer' | 'consumer'): number | null =>
      perSecondOver(sum(observed.map((each) => (each.side === side ? each.counts.late : 0))), {
        from: length * 1e6,
        to: to * 1e6,
      });
    // What was settled or received in the drain was due before, and its latency counts there.
    const empty = { scheduleDelay: null, serviceAck: null, ack: null, transaction: null, endToEnd: null };
    list.push({
      name: 'drain',
      from: length,
      to,
      latency: empty,
      throughput: { producers: later('producer'), consumers: later('consumer') },
      errors: null,
      ...deliveryCounts(length, Infinity, observations.delivery),
    });
  }
  return list;
}

/** Messages sent plus received in both phases: workers' CPU is that of both. */
function carried({ producers, consumers }: ClientReports): number {
  const sent = producers.flatMap(({ warmup, measured }) => [warmup, measured]);
  const received = consumers.flatMap(({ warmup, measured }) => [warmup, measured]);
  return sum(sent.map((each) => each.acked + each.sent)) + sum(received.map((each) => each.received));
}

function harness(workers: readonly WorkerReport[], messages: number): TrialResult['harness'] {
  const usage = workers.map((worker) => ({ name: worker.worker, ...worker.process }));
  const cpu = sum(usage.map((each) => each.cpu));
  return {
    cpu: sum(usage.map((each) => (each.elapsed > 0 ? each.cpu / each.elapsed : 0))),
    cpuPerMessage: messages === 0 ? null : cpu / messages,
    rss: sum(usage.map((each) => each.rss)),
    eventLoop: Math.max(0, ...usage.map((each) => each.eventLoop)),
    workers: usage,
  };
}

function errors(clients: ClientReports): TrialResult['errors'] {
  const counts = new Map<string, TrialResult['errors'][number]>();
  for (const report of [...clients.producers, ...clients.consumers]) {
    for (const { code, phase, count } of report.errors) {
      const key = `${report.name} ${code} ${phase}`;
      const known = counts.get(key) ?? { code, phase, scope: report.name, count: 0 };
      counts.set(key, { ...known, count: known.count + count });
    }
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}
