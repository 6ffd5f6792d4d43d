/**
 * A broker that has just been started runs code that nobody has compiled yet: its first thousands of messages take
 * several times as long as those that follow. Brokers that we start are therefore warmed before anything is measured,
 * with the scenario's own load on topics of its own, until two successive seconds agree. Nothing of it is measured,
 * audited or kept, and no failure of it fails the run.
 */
import { atMost, monotonic, sleep, whenAborted, type Micros } from '../../base/clock.ts';
import type { AckSourceChoice } from '../../base/choices.ts';
import { BenchError, messageOf, type Warning } from '../../base/errors.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { Histogram } from '../../measure/histogram.ts';
import type { TrialResult } from '../../results/schema.ts';
import type { Scenario } from '../../scenario/schema.ts';
import type { ConsumePlan, ProducePlan } from '../../protocol/plan.ts';
import type { IntervalReport, LatencyName } from '../../protocol/report.ts';
import { Crew } from '../workers/crew.ts';
import { awaitedGroups, groupsReady } from '../monitor/group-readiness.ts';
import { newRunId } from '../plan/names.ts';
import { planWorkers } from '../plan/plan.ts';
import { noTopics, prepareTopics, removeTopics, type RunTopics } from '../plan/topics.ts';
import { warmLoad, type WarmLoad } from './warm-scenario.ts';

export type BrokerWarmup = NonNullable<TrialResult['brokerWarmup']>;

export interface WarmContext {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly cluster: Cluster;
  readonly ackSource: AckSourceChoice | undefined;
  /** Ends it early. */
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

export const windowMillis = 1000;
const mostWindows = 5;
/** A worker tells of a second after it, with its next heartbeat. */
const reportMillis = 300;
/** Clients that cannot start, as with a property that librdkafka refuses, fail in the run itself. */
const readyMillis = 10_000;
/** For a group's members to leave, so that the coordinator has nothing left to do with them. */
const leaveMillis = 500;
/** What the cluster has not deleted by then it deletes later. */
const removeMillis = 5_000;

/** Resolves when the brokers are as warm as they get in five seconds of load, or need not be warmed. */
export async function warmBrokers(
  context: WarmContext,
): Promise<{ warmup: BrokerWarmup; warnings: readonly Warning[] }> {
  const { scenario, cluster, signal, tell } = context;
  const { warmth } = cluster;
  if (!warmth) return without('not-ours');
  if (scenario.warmBrokers === false) return without('off');
  const start = monotonic.now();
  const took = (): Micros => monotonic.now() - start;
  try {
    const load = warmLoad(scenario, await warmth.known(), cluster.brokers.length);
    if (load === null) return without('remembered');
    tell(`warming the brokers: ${load.shapes.join('; ')}`);
    const windows = await warm(load, context);
    if (signal.aborted) throw new BenchError('interrupted', 'interrupted');
    const settled = agree(windows);
    // What had not settled, or moved nothing, is done once more by whoever comes next.
    if (settled) await warmth.remember(load.shapes);
    const warmup = { state: 'warmed' as const, took: took(), settled, windows: [...windows] };
    return { warmup, warnings: settled ? [] : [unsettled(windows)] };
  } catch (error) {
    if (signal.aborted) throw error;
    const message = `the brokers could not be warmed: ${messageOf(error)}`;
    const warmup = { state: 'failed' as const, took: took(), settled: null, windows: [] };
    return { warmup, warnings: [{ code: 'brokers-not-warmed', message }] };
  }
}

function without(state: BrokerWarmup['state']): { warmup: BrokerWarmup; warnings: readonly Warning[] } {
  return { warmup: { state, took: 0, settled: null, windows: [] }, warnings: [] };
}

function unsettled(windows: readonly (Micros | null)[]): Warning {
  const shown = windows.map((each) => (each === null ? 'none' : `${(each / 1000).toFixed(1)} ms`));
  return {
    code: 'brokers-not-settled',
    message: `the brokers had not settled after ${windows.length} s of warming (p50 by second: ${shown.join(', ')}): the first seconds may be slower than the rest`,
  };
}

/** Median latency by second, in µs, of those that it took. */
async function warm(load: WarmLoad, context: WarmContext): Promise<readonly (Micros | null)[]> {
  const { cluster, seed, signal } = context;
  const runId = newRunId();
  const topics = noTopics();
  const seconds = new SecondMedians(load.scenario.consumers.length > 0 ? 'endToEnd' : 'serviceAck');
  let crew: Crew | undefined;
  const cut = whenAborted(signal).then(() => []);
  try {
    await Promise.race([prepareTopics(cluster, load.scenario, runId, topics), cut]);
    if (signal.aborted) return [];
    const plans = planWorkers({
      ...{ scenario: load.scenario, seed, runId, cluster, topics },
      ...{ ackSource: context.ackSource, showMessagesPerSecond: 0, evidence: null },
    });
    crew = new Crew(plans, {
      interval: (interval) => seconds.add(interval),
      shown: () => undefined,
      warning: () => undefined,
    });
    // Also where one of its workers fails: nothing of it goes on while the run is measured.
    const over = AbortSignal.any([signal, crew.ending]);
    const ready = readyWith(crew, plans, topics, cluster.admin, over);
    return await Promise.race([untilSettled(crew, ready, seconds, over), crew.failure]);
  } finally {
    await crew?.end(signal.aborted ? 0 : leaveMillis);
    await atMost(removeMillis, removeTopics(cluster, topics));
  }
}

async function readyWith(
  crew: Crew,
  plans: readonly (ProducePlan | ConsumePlan)[],
  topics: RunTopics,
  admin: Cluster['admin'],
  signal: AbortSignal,
): Promise<void> {
  await crew.ready();
  await groupsReady({
    groups: awaitedGroups(plans, topics),
    living: () => crew.living,
    progress: () => crew.livingProgress,
    admin,
    signal,
  });
}

async function untilSettled(
  crew: Crew,
  ready: Promise<void>,
  seconds: SecondMedians,
  signal: AbortSignal,
): Promise<readonly (Micros | null)[]> {
  const late = new AbortController();
  const isReady = await Promise.race([
    ready.then(() => true),
    sleep(readyMillis, AbortSignal.any([signal, late.signal])).then(() => false),
  ]).finally(() => late.abort());
  if (!isReady && !signal.aborted)
    throw new Error(`not every client was ready after ${readyMillis / 1000} s`);
  const start = crew.start() / 1000;
  const windows: (Micros | null)[] = [];
  while (windows.length < mostWindows && !agree(windows) && !signal.aborted) {
    const over = start + (windows.length + 1) * windowMillis + reportMillis;
    await sleep(Math.max(0, over - monotonic.now() / 1000), signal);
    windows.push(seconds.median(windows.length));
  }
  return windows;
}

const closeMicros = 500;
const closeShare = 0.25;

/** Whether the last two differ by no more than a quarter, or half a millisecond. */
export function agree(windows: readonly (Micros | null)[]): boolean {
  const [before, last] = windows.slice(-2);
  if (windows.length < 2 || typeof before !== 'number' || typeof last !== 'number') return false;
  return Math.abs(before - last) <= Math.max(closeMicros, closeShare * Math.max(before, last));
}

/** One latency of all clients by second. */
class SecondMedians {
  readonly #latency: LatencyName;
  readonly #seconds = new Map<number, Histogram>();

  constructor(latency: LatencyName) {
    this.#latency = latency;
  }

  add({ second, latency }: IntervalReport): void {
    const sparse = latency[this.#latency];
    if (!sparse) return;
    let histogram = this.#seconds.get(second);
    if (!histogram) this.#seconds.set(second, (histogram = new Histogram()));
    histogram.addSparse(sparse);
  }

  /** Null where too few were observed. */
  median(second: number): Micros | null {
    return this.#seconds.get(second)?.percentile(0.5) ?? null;
  }
}
