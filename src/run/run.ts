import { monotonic, sleep, type Micros } from '../base/clock.ts';
import { BenchError, messageOf, type Warning } from '../base/errors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { openCluster } from '../cluster/open.ts';
import { evaluateExpectations } from '../results/expect.ts';
import { AppendFile, runFiles, type RunFiles } from '../results/journal.ts';
import { schemaVersion, type RunResult } from '../results/schema.ts';
import { writeResult } from '../results/write.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { ConsumePlan, ProducePlan } from '../worker/protocol.ts';
import { assembleTrial, type TrialEvidence } from './assemble.ts';
import { clusterRequest } from './cluster-request.ts';
import { Crew } from './crew.ts';
import { drainConsumers, readersOf } from './drain.ts';
import { describeDurability } from './durability.ts';
import { describeClock, describeEnvironment, describeTool } from './environment.ts';
import { IntervalCollector } from './intervals.ts';
import { judgeTrial } from './judge.ts';
import { MachineMeter } from './machine.ts';
import { mockVolume } from './mock-volume.ts';
import { startMockHost } from './mock-host.ts';
import { newRunId } from './names.ts';
import { silent, type PhaseName, type RunObserver } from './observer.ts';
import { acksOf, groupOf, planWorkers } from './plan.ts';
import { ProgressMeter } from './progress-meter.ts';
import { collectReports } from './reports.ts';
import { prepareTopics, removeTopics, type RunTopics } from './topics.ts';

export interface RunOptions {
  /** Where the result goes; created when missing. */
  readonly resultsDirectory: string;
  readonly env: NodeJS.ProcessEnv;
  /** Overrides the scenario's cluster. */
  readonly bootstrap?: string | undefined;
  readonly cluster?: 'auto' | Cluster['kind'] | undefined;
  /** Leave the cluster and the topics as they are at the end. */
  readonly keep?: boolean | undefined;
  /** Single messages handed to the observer, at most; 0: none. */
  readonly showMessagesPerSecond?: number | undefined;
  readonly observer?: RunObserver | undefined;
  /** Ends the run early, in order: stop sending, drain, write what there is. */
  readonly stop?: AbortSignal | undefined;
  /** Ends it at once. */
  readonly cut?: AbortSignal | undefined;
}

export interface RunOutcome {
  readonly result: RunResult;
  readonly files: RunFiles;
}

/** What ended a run early when nobody asked for it; the partial result repeats it. */
const failureGraceMillis = 1000;

/**
 * One run of one scenario, from cluster to result file. A failure after the cluster is there ends in a partial
 * result whose `outcome` says why.
 * @throws BenchError where nothing could be measured at all: no cluster, no place for results.
 */
export async function runScenario(loaded: LoadedScenario, options: RunOptions): Promise<RunOutcome> {
  const run = new Run(loaded, options);
  await run.openCluster();
  try {
    await run.prepareTopics();
    await run.startWorkers();
    await run.measure();
    await run.drain();
  } catch (error) {
    run.failed(error);
  }
  await run.endWorkers();
  await run.describeCluster();
  await run.removeTopics();
  await run.closeCluster();
  return run.writeResult();
}

class Run {
  readonly #loaded: LoadedScenario;
  readonly #options: RunOptions;
  readonly #observer: RunObserver;
  readonly #stop: AbortSignal;
  readonly #cut: AbortSignal;
  readonly #runId = newRunId();
  readonly #startedAt = new Date();
  readonly #files: RunFiles;
  readonly #journal: AppendFile;
  readonly #hlog: AppendFile;
  readonly #warnings: Warning[] = [];
  readonly #intervals: IntervalCollector;
  readonly #progress: ProgressMeter;
  #phase: PhaseName = 'prepare';
  /** Where the run stood when it was asked to stop. */
  #stoppedIn: PhaseName | undefined;
  #outcome: RunResult['outcome'] = { state: 'completed' };
  #cluster!: Cluster;
  #hostFailure: Promise<never> = new Promise(() => undefined);
  #topics: RunTopics = { byName: new Map(), warnings: [] };
  #plans: readonly (ProducePlan | ConsumePlan)[] = [];
  #crew: Crew | undefined;
  #client: { librdkafka: string; features: readonly string[] } | null = null;
  #durability: RunResult['cluster']['durability'] = [];
  #machine: MachineMeter | undefined;
  #times: { start: Micros | null; measure: Micros | null; drain: Micros | null } = {
    start: null,
    measure: null,
    drain: null,
  };

  constructor(loaded: LoadedScenario, options: RunOptions) {
    this.#loaded = loaded;
    this.#options = options;
    this.#observer = options.observer ?? silent;
    this.#stop = options.stop ?? new AbortController().signal;
    this.#cut = options.cut ?? new AbortController().signal;
    for (const signal of [this.#stop, this.#cut]) {
      signal.addEventListener('abort', () => (this.#stoppedIn ??= this.#phase), { once: true });
    }
    this.#warnings.push(...loaded.warnings);
    this.#files = runFiles(options.resultsDirectory, this.#startedAt, loaded.scenario.name, this.#runId);
    this.#journal = new AppendFile(this.#files.journal);
    this.#hlog = new AppendFile(this.#files.hlog);
    this.#progress = new ProgressMeter(loaded.scenario);
    this.#intervals = new IntervalCollector((second, lines) => {
      this.#journal.append(`${JSON.stringify(second)}\n`);
      this.#hlog.append(lines.join(''));
    });
  }

  async openCluster(): Promise<void> {
    const { scenario } = this.#loaded;
    this.#hostFailure = new Promise<never>((_, reject) => (this.#hostFailed = reject));
    this.#hostFailure.catch(() => undefined);
    try {
      this.#cluster = await openCluster(clusterRequest(scenario, this.#options), {
        env: this.#options.env,
        signal: this.#stop,
        progress: (line) => this.#observer.status(line),
        startMock: (brokers) => startMockHost(brokers, (error) => this.#hostFailed(error)),
        neededReplication: Math.max(1, ...scenario.topics.map((topic) => topic.replicationFactor ?? 1)),
      });
      if (this.#cluster.kind === 'mock') mockVolume(scenario);
    } catch (error) {
      await this.#cluster?.close();
      this.#discardFiles();
      throw error;
    }
    this.#observer.status(`cluster: ${this.#cluster.why}`);
  }

  #hostFailed: (error: Error) => void = () => undefined;

  async prepareTopics(): Promise<void> {
    this.#topics = await prepareTopics(this.#cluster, this.#loaded.scenario.topics, this.#runId);
    for (const warning of this.#topics.warnings) this.#warn(warning);
    this.#throwIfStopped();
  }

  async startWorkers(): Promise<void> {
    this.#plans = planWorkers({
      scenario: this.#loaded.scenario,
      seed: this.#loaded.seed,
      runId: this.#runId,
      cluster: this.#cluster,
      topics: this.#topics,
      showMessagesPerSecond: this.#options.showMessagesPerSecond ?? 0,
    });
    this.#crew = new Crew(this.#plans, {
      interval: (interval) => this.#intervals.add(interval),
      shown: (message) => this.#observer.shown(message),
      warning: (warning) => this.#clientWarning(warning),
    });
    this.#client = await this.#unlessFailed(this.#crew.ready());
    this.#throwIfStopped();
  }

  /** Warm-up and measured phase: until every producer is done, or, without producers, for the phase's length. */
  async measure(): Promise<void> {
    const crew = this.#requireCrew();
    const { phases } = this.#loaded.scenario;
    this.#machine = new MachineMeter();
    const start = crew.start();
    const measure = start + phases.warmup;
    this.#times = { ...this.#times, start, measure };
    this.#phase = phases.warmup > 0 ? 'warmup' : 'measure';
    const ticker = setInterval(() => this.#tick(), 500);
    try {
      const ended = crew.hasProducers ? crew.producersFinished() : this.#consumersOnly(measure + phases.measure);
      const stopped = whenAborted(this.#stop).then(() => {
        crew.stopProducers(phases.drain / 1000);
        return ended;
      });
      await this.#unlessFailed(Promise.race([ended, stopped]));
    } finally {
      clearInterval(ticker);
    }
    this.#times.drain = monotonic.now();
  }

  async #consumersOnly(end: Micros): Promise<void> {
    const enough = new AbortController();
    const time = sleep(Math.max(0, (end - monotonic.now()) / 1000), AbortSignal.any([this.#stop, enough.signal]));
    await Promise.race([time, this.#requireCrew().consumersFinished()]);
    enough.abort();
  }

  #tick(): void {
    if (this.#phase === 'warmup' && monotonic.now() >= (this.#times.measure ?? Infinity)) this.#phase = 'measure';
    this.#observer.progress(
      this.#progress.read(this.#phase, this.#times.start, this.#crew?.progress ?? [], this.#intervals.seconds),
    );
  }

  async drain(): Promise<void> {
    const crew = this.#requireCrew();
    if (!crew.hasConsumers) return this.#throwIfStopped();
    this.#phase = 'drain';
    const ticker = setInterval(() => this.#tick(), 500);
    try {
      const warnings = await this.#unlessFailed(
        drainConsumers({
          crew,
          admin: this.#cluster.admin,
          readers: crew.hasProducers
            ? readersOf(this.#plans.filter((plan) => plan.role === 'consume'))
            : [],
          delivered: this.#delivered(),
          limit: this.#loaded.scenario.phases.drain,
          cut: this.#cut,
        }),
      );
      for (const warning of warnings) this.#warn(warning);
      await this.#unlessFailed(crew.consumersFinished());
    } finally {
      clearInterval(ticker);
    }
    this.#throwIfStopped();
  }

  /** Messages that succeeded, by the cluster's name of the topic. */
  #delivered(): ReadonlyMap<string, number> {
    const delivered = new Map<string, number>();
    const topicOf = new Map(
      this.#plans.flatMap((plan) => (plan.role === 'produce' ? plan.clients : [])).map((each) => [each.name, each.topic]),
    );
    for (const client of this.#crew?.progress ?? []) {
      const topic = client.side === 'producer' ? topicOf.get(client.name) : undefined;
      if (topic !== undefined) {
        delivered.set(topic, (delivered.get(topic) ?? 0) + client.settled - client.failed);
      }
    }
    return delivered;
  }

  /** The outcome of a run that did not end by itself; the first cause stands. */
  failed(error: unknown): void {
    if (this.#outcome.state !== 'completed') return;
    const interrupted = error instanceof BenchError && error.code === 'interrupted';
    this.#outcome = {
      state: interrupted ? 'aborted' : 'failed',
      phase: interrupted ? (this.#stoppedIn ?? this.#phase) : this.#phase,
      reason: error instanceof BenchError && error.hint !== undefined ? `${error.message} (${error.hint})` : messageOf(error),
    };
  }

  async endWorkers(): Promise<void> {
    this.#phase = 'finish';
    const grace = this.#outcome.state === 'failed' && !this.#cut.aborted ? failureGraceMillis : 0;
    await this.#crew?.end(grace);
    this.#intervals.finish();
  }

  /** What decides durability, as the brokers have it; skipped where the run failed and they may not answer. */
  async describeCluster(): Promise<void> {
    if (this.#outcome.state === 'failed') return;
    this.#durability = await describeDurability(this.#cluster, this.#topics);
  }

  async removeTopics(): Promise<void> {
    if (this.#options.keep) return;
    const patience = this.#outcome.state === 'completed' ? 15_000 : 1000;
    const late: Warning[] = [{ code: 'topics-left', message: 'the cluster did not delete the topics of this run in time' }];
    const done = new AbortController();
    const warnings = await Promise.race([
      removeTopics(this.#cluster, this.#topics),
      sleep(patience, done.signal).then(() => late),
    ]);
    done.abort();
    for (const warning of warnings) this.#warn(warning);
  }

  async closeCluster(): Promise<void> {
    await this.#cluster.close({ keep: this.#options.keep ?? false });
  }

  writeResult(): RunOutcome {
    const { scenario, file, sha256, seed, resolved, secrets } = this.#loaded;
    const evidence = this.#evidence();
    const assembled = assembleTrial(evidence);
    const validity = judgeTrial({
      scenario,
      trial: assembled,
      workers: evidence.workers,
      machine: this.#machine?.read(this.#ownProcesses()) ?? { steal: null, others: null },
      sharesMachine: this.#cluster.sharesMachine,
    });
    const trial = { ...assembled, validity };
    for (const log of [this.#journal, this.#hlog]) {
      log.close();
      if (log.warning) this.#warn(log.warning);
    }
    if (this.#cluster.kind === 'mock') {
      this.#warn({
        code: 'mock-cluster',
        message: 'measured against librdkafka’s mock: it says what this harness can do, nothing about Kafka',
      });
    }
    const result: RunResult = {
      schemaVersion,
      runId: this.#runId,
      startedAt: this.#startedAt.toISOString(),
      endedAt: new Date().toISOString(),
      outcome: this.#outcome,
      tool: describeTool(),
      environment: describeEnvironment(this.#client),
      cluster: {
        kind: this.#cluster.kind,
        why: this.#cluster.why,
        brokers: this.#cluster.brokers.map(({ id, name, host, port }) => ({ id, name, host, port })),
        version: this.#cluster.version,
        durability: this.#durability,
      },
      scenario: { name: scenario.name, file, sha256, seed, resolved },
      shard: { index: 0, count: 1 },
      clock: describeClock(),
      trials: [trial],
      expectations: evaluateExpectations(scenario.expect, trial),
      warnings: this.#warnings,
    };
    writeResult(this.#files.result, result, secrets);
    return { result, files: this.#files };
  }

  #evidence(): TrialEvidence {
    const { scenario } = this.#loaded;
    const workers = this.#crew?.reports ?? [];
    return {
      scenario,
      groups: new Map(scenario.consumers.map((spec) => [spec.name, groupOf(spec, this.#topics, this.#runId)])),
      clients: collectReports(workers, this.#crew?.progress ?? [], (name) =>
        scenario.producers.some((spec) => spec.name === name && acksOf(spec.client) === 0),
      ),
      workers,
      seconds: this.#intervals.seconds,
      times: { ...this.#times, end: monotonic.now() },
    };
  }

  #ownProcesses(): ReadonlySet<number> {
    return new Set([process.pid, ...(this.#crew?.pids ?? []), ...(this.#cluster.processIds?.() ?? [])]);
  }

  #requireCrew(): Crew {
    if (!this.#crew) throw new Error('workers have not been started');
    return this.#crew;
  }

  /** The work's result, unless a worker fails, the mock's host dies or the run is cut. */
  async #unlessFailed<T>(work: Promise<T>): Promise<T> {
    const cut = whenAborted(this.#cut).then((): never => {
      throw interrupted();
    });
    return Promise.race([work, cut, this.#hostFailure, ...(this.#crew ? [this.#crew.failure] : [])]);
  }

  #throwIfStopped(): void {
    if (this.#stop.aborted || this.#cut.aborted) throw interrupted();
  }

  /** librdkafka repeats its errors: one of a kind is enough. */
  #clientWarning({ code, message }: { code: string; message: string }): void {
    if (this.#warnings.some((known) => known.code === `client ${code}`)) return;
    this.#warn({ code: `client ${code}`, message });
  }

  #warn(warning: Warning): void {
    this.#warnings.push(warning);
    this.#observer.warning(warning);
  }

  #discardFiles(): void {
    this.#journal.discard();
    this.#hlog.discard();
  }
}

function interrupted(): BenchError {
  return new BenchError('interrupted', 'interrupted');
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
