import { atMost, monotonic, sleep, type Micros } from '../base/clock.ts';
import type { BenchError, Warning } from '../base/errors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { listeningProcesses } from '../cluster/listening-processes.ts';
import { runFiles, type RunFiles } from '../results/journal.ts';
import type { RunResult, TrialResult } from '../results/schema.ts';
import { acksOf } from '../scenario/acks.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { ConsumePlan, ProducePlan } from '../protocol/plan.ts';
import type { ClientProgress } from '../protocol/report.ts';
import { assembleTrial } from '../judge/performance/assemble.ts';
import { auditLog } from './audit-log.ts';
import { prepareAvro } from './plan/avro-schemas.ts';
import { readCalibration } from './record/calibration-file.ts';
import { ClientStarts, presentAtStart } from './workers/client-starts.ts';
import { ClientStops } from './workers/client-stops.ts';
import { checkConsumerProtocol } from './consumer-protocol.ts';
import { Crew, leaveMillis } from './workers/crew.ts';
import { crossChecked } from '../judge/performance/cross-check.ts';
import { describeRun } from './record/describe-run.ts';
import { deliveredByTopic, drainConsumers, readersOf } from './drain.ts';
import { describeDurability } from './record/durability.ts';
import { FaultControl } from './fault-control.ts';
import { gaveUp } from './workers/gave-up.ts';
import { awaitedGroups, groupsReady } from './monitor/group-readiness.ts';
import { GroupSampling } from './monitor/group-sampling.ts';
import { Interruption } from './interruption.ts';
import { judgeTrial } from '../judge/performance/judge.ts';
import { closeMillis, lastStep, type LastStep } from './last-step.ts';
import { MachineMeter, unknownUse, type MachineUse } from './monitor/machine.ts';
import { mockExcess, mockVolume } from './plan/mock-volume.ts';
import { newRunId, runNumber, uniqueName } from './plan/names.ts';
import { silent, type PhaseName, type RunObserver } from './observer.ts';
import { outcomeAfter } from './outcome.ts';
import { openForRun, type OpenedCluster } from './open-for-run.ts';
import { groupOf, longestFault, planWorkers } from './plan/plan.ts';
import type { RunOptions } from './run-options.ts';
import { ProgressMeter } from './monitor/progress-meter.ts';
import { collectReports, type ClientReports } from './workers/reports.ts';
import { RunLog } from './record/run-log.ts';
import { WorkerSilences } from './workers/worker-silences.ts';
import { standstill } from './workers/standstill.ts';
import type { SilentWorker } from '../judge/gates/validity-input.ts';
import { holdTopics, releaseTopics } from './left-topics.ts';
import { noTopics, prepareTopics, removeTopics } from './plan/topics.ts';
import { UnacknowledgedSends } from './monitor/unacknowledged.ts';
import { Verification, verifiedTopics } from './verification.ts';
import { goneMillis } from './workers/worker-process.ts';
import { warmBrokers, type BrokerWarmup } from './warm/warm-brokers.ts';

/** Where a trial stands: among those of its scenario, in its block, and among all that were made together. */
export interface TrialPlace {
  readonly index: number;
  readonly order: number;
  readonly block?: number;
}

export interface TrialOptions extends RunOptions {
  /** Open already, and left open; without it the trial opens its own and closes it. */
  readonly opened?: OpenedCluster | undefined;
  readonly place?: TrialPlace | undefined;
}

export interface RunOutcome {
  readonly result: RunResult;
  readonly files: RunFiles;
  /** Why the result is not in its file. */
  readonly unwritten?: BenchError;
}

/** What the other workers have, after one failed, to report what they did. */
const failureGraceMillis = 1000;
const progressEveryMillis = 500;
/** A worker that was stopped and does not end may stand still as long as one that works. */
const lateMillis = goneMillis;
/** An engine that is gone does not say which processes were its own. */
const machineMillis = 2000;
/** What undoes faults has limits of its own, which are longer the more there are. */
const healMillis = 300_000;

/**
 * One trial of one scenario: fresh clients, fresh topics, a result of its own, not yet written. A failure after the
 * cluster is there ends in a partial result whose `outcome` says why.
 * @throws BenchError where nothing could be measured at all: no cluster, no place for results.
 */
export async function runTrial(loaded: LoadedScenario, options: TrialOptions): Promise<RunOutcome> {
  const run = new Run(loaded, options);
  await run.openCluster();
  try {
    await run.warmBrokers();
    await run.prepareTopics();
    await run.startWorkers();
    await run.measure();
    await run.healFaults();
    await run.drain();
    await run.audit();
  } catch (error) {
    run.failed(error);
  }
  await run.finish();
  return run.outcome();
}

class Run {
  readonly #loaded: LoadedScenario;
  readonly #options: TrialOptions;
  readonly #observer: RunObserver;
  readonly #interruption: Interruption;
  /** Ends what is still waited for when the run has failed: nobody asks any more, and a process waits for its timers. */
  readonly #over = new AbortController();
  readonly #runId = newRunId();
  readonly #startedAt = new Date();
  readonly #files: RunFiles;
  readonly #log: RunLog;
  readonly #progress: ProgressMeter;
  readonly #silences: WorkerSilences;
  /** The mock's host may serve many runs. */
  #hostSilences: WorkerSilences | undefined;
  #phase: PhaseName = 'prepare';
  #outcome: RunResult['outcome'] = { state: 'completed' };
  #cluster!: Cluster;
  #hostFailure: Promise<never> = new Promise(() => undefined);
  #warmup: BrokerWarmup | null = null;
  readonly #topics = noTopics();
  #verification: Verification | null = null;
  #delivery: TrialResult['delivery'] | null = null;
  #plans: readonly (ProducePlan | ConsumePlan)[] = [];
  #crew: Crew | undefined;
  #starts: ClientStarts | undefined;
  #stops: ClientStops | undefined;
  #sampling: GroupSampling | undefined;
  #unacknowledged: UnacknowledgedSends | undefined;
  #faults: FaultControl | undefined;
  #client: { librdkafka: string; features: readonly string[] } | null = null;
  #durability: RunResult['cluster']['durability'] = [];
  #machine: MachineMeter | undefined;
  #machineUse: MachineUse = unknownUse;
  #machineRead: Promise<void> | undefined;
  #start: Micros | null = null;
  /** Of the measured phase, ms since 1970. */
  #wallStart: number | null = null;
  #drainStart: Micros | null = null;
  /** When the run was stopped or failed, and with it its measured phase; null: it was not. */
  #phaseEnd: Micros | null = null;
  /** Groups that still had something to read when the drain ended. */
  #unread: ReadonlySet<number> = new Set();
  /** When the others had come to their ends, by group. */
  #drained: ReadonlyMap<string, Micros> = new Map();
  #audited = false;
  #healed = false;
  #auditor: readonly ClientProgress[] = [];
  /** Workers that did not end when they were stopped. */
  readonly #killed: string[] = [];

  constructor(loaded: LoadedScenario, options: TrialOptions) {
    this.#loaded = loaded;
    this.#options = options;
    this.#observer = options.observer ?? silent;
    this.#interruption = new Interruption(options.stop, options.cut, () => this.#phase);
    this.#files = runFiles(options.resultsDirectory, this.#startedAt, loaded.scenario.name, this.#runId);
    this.#log = new RunLog(this.#files, this.#observer);
    this.#log.warn(...loaded.warnings);
    this.#progress = new ProgressMeter(loaded.scenario);
    this.#silences = new WorkerSilences((line) => this.#observer.status(line));
  }

  async openCluster(): Promise<void> {
    const { scenario } = this.#loaded;
    try {
      const opened =
        this.#options.opened ?? (await openForRun(this.#loaded, this.#options, this.#interruption.stop));
      this.#cluster = opened.cluster;
      this.#hostFailure = opened.failure;
      this.#hostSilences = opened.silences;
    } catch (error) {
      this.#log.discard();
      throw error;
    }
    if (!this.#options.opened) this.#observer.status(`cluster: ${this.#cluster.why}`);
    try {
      if (this.#cluster.kind === 'mock') mockVolume(scenario);
      await checkConsumerProtocol(scenario, this.#cluster);
      await this.#planFaults();
    } catch (error) {
      await this.closeCluster();
      this.#log.discard();
      throw error;
    }
  }

  /** What this cluster cannot do is refused before anything is made on it. */
  async #planFaults(): Promise<void> {
    this.#faults = await FaultControl.plan({
      loaded: this.#loaded,
      cluster: this.#cluster,
      runId: this.#runId,
      env: this.#options.env,
      tell: (line) => this.#observer.status(line),
    });
    this.#log.warn(...this.#faults.warnings);
    // A second Ctrl-C may be followed by worse: whoever presses it should know what is still broken.
    this.#interruption.cut.addEventListener('abort', () => this.#tellManualCommands(), { once: true });
  }

  #tellManualCommands(): void {
    for (const command of this.#faults?.manualCommands ?? []) {
      this.#observer.status(`being undone; by hand: ${command}`);
    }
  }

  async warmBrokers(): Promise<void> {
    const { warmup, warnings } = await warmBrokers({
      scenario: this.#loaded.scenario,
      seed: this.#loaded.seed,
      cluster: this.#cluster,
      ackSource: this.#options.ackSource,
      signal: AbortSignal.any([this.#interruption.stop, this.#interruption.cut]),
      tell: (line) => this.#observer.status(line),
    });
    this.#warmup = warmup;
    this.#log.warn(...warnings);
    this.#interruption.throwIfAsked();
  }

  async prepareTopics(): Promise<void> {
    this.#holdTopics();
    const { scenario } = this.#loaded;
    await this.#unlessFailed(prepareTopics(this.#cluster, scenario, this.#runId, this.#topics));
    this.#log.warn(...this.#topics.warnings);
    this.#interruption.throwIfAsked();
  }

  async startWorkers(): Promise<void> {
    const { scenario } = this.#loaded;
    const tell = (line: string): void => this.#observer.status(line);
    const avro = await prepareAvro(this.#loaded, tell, this.#interruption.stop);
    this.#verification = this.#prepareVerification();
    this.#plans = planWorkers({
      scenario,
      avro,
      seed: this.#loaded.seed,
      runId: this.#runId,
      cluster: this.#cluster,
      topics: this.#topics,
      showMessagesPerSecond: this.#options.showMessagesPerSecond ?? 0,
      ackSource: this.#options.ackSource,
      evidence: this.#verification?.plan ?? null,
    });
    const present = presentAtStart(scenario, this.#plans);
    this.#crew = new Crew(present, {
      interval: (interval) => this.#log.intervals.add(interval),
      shown: (message) => this.#observer.shown(message),
      warning: (warning) => this.#log.warnOfClient(warning),
      silence: (silence) => this.#silences.add(silence),
    });
    const crew = this.#crew;
    const joining = {
      ...{ scenario, plans: this.#plans, crew },
      joins: (plan: ConsumePlan | ProducePlan) => this.#verification?.expectFiles(plan),
      settled: (plan: ConsumePlan) => this.#settled(plan),
      tell: (line: string) => this.#observer.status(line),
    };
    const starts = new ClientStarts(joining);
    this.#starts = starts;
    this.#stops = new ClientStops({ ...joining, hasJoined: (plan) => starts.hasJoined(plan) });
    this.#client = await this.#unlessFailed(Promise.race([crew.ready(), this.#interruption.failIfAsked()]));
    // Nothing is measured while a group is still being dealt out.
    await this.#unlessFailed(this.#groupsReady(present, this.#untilFailed(this.#interruption.stop)));
    this.#interruption.throwIfAsked();
    await this.#verification?.begin(this.#cluster.admin, present);
    await this.#openSampling(crew);
    this.#unacknowledged = await UnacknowledgedSends.before(this.#cluster.admin, this.#plans);
    this.#log.warn(
      ...((await this.#faults?.prepare(this.#topics, this.#loaded.seed, () => crew.acked)) ?? []),
    );
    this.#interruption.throwIfAsked();
  }

  /** Resolves when the groups of these plans' clients are ready, or when `signal` says that nobody waits. */
  #groupsReady(plans: readonly (ProducePlan | ConsumePlan)[], signal: AbortSignal): Promise<void> {
    const crew = this.#requireCrew();
    return groupsReady({
      groups: awaitedGroups(plans, this.#topics),
      living: () => crew.living,
      progress: () => crew.livingProgress,
      admin: this.#cluster.admin,
      signal: AbortSignal.any([signal, crew.ending]),
    });
  }

  /** Of clients that came in mid-run. */
  #settled({ clients }: ConsumePlan): Promise<void> {
    const joined = new Set(clients.map(({ group }) => group));
    const living = this.#requireCrew().living.flatMap((plan) => {
      if (plan.role !== 'consume') return [];
      return [{ ...plan, clients: plan.clients.filter(({ group }) => joined.has(group)) }];
    });
    return this.#groupsReady(living, this.#untilFailed(this.#interruption.cut));
  }

  async #openSampling(crew: Crew): Promise<void> {
    this.#sampling = await GroupSampling.open({
      admin: this.#cluster.admin,
      plans: this.#plans.filter((plan) => plan.role === 'consume'),
      progress: () => crew.progress,
    });
    this.#log.warn(...this.#sampling.warnings);
  }

  /** Null where nothing can be proven, or nobody asked. */
  #prepareVerification(): Verification | null {
    const { scenario } = this.#loaded;
    const { audit } = scenario.verify;
    if (audit === 'off' || verifiedTopics(scenario).length === 0) return null;
    const [excess] = this.#cluster.kind === 'mock' ? mockExcess(scenario) : [];
    if (excess) {
      this.#log.warn({
        code: 'mock-audit',
        message: `delivery is not checked: topic ${excess.topic} takes ${excess.volume}, more than the mock keeps`,
      });
      return null;
    }
    return new Verification({
      scenario,
      topics: this.#topics,
      run: runNumber(this.#runId),
      directory: this.#files.evidence,
    });
  }

  /** Warm-up and measured phase: until every producer is done, or, without producers, for the phase's length. */
  async measure(): Promise<void> {
    const crew = this.#requireCrew();
    const { phases } = this.#loaded.scenario;
    this.#machine = new MachineMeter({
      harness: () => [process.pid, ...crew.pids],
      brokers: () => this.#brokerProcesses(),
    });
    this.#machine.begin();
    const start = crew.start();
    this.#start = start;
    const measure = start + phases.warmup;
    const wall = Date.now() + (measure - monotonic.now()) / 1000;
    this.#wallStart = wall;
    this.#starts?.begin(measure);
    this.#stops?.begin(measure);
    this.#sampling?.begin(measure);
    this.#faults?.start(measure);
    this.#log.begin(wall);
    this.#verification?.measures(measure, wall);
    this.#phase = phases.warmup > 0 ? 'warmup' : 'measure';
    await this.#showingProgress(() => {
      const ended = crew.hasProducers
        ? this.#producersDone(crew, measure)
        : this.#consumersOnly(measure + phases.measure);
      const stopped = this.#interruption.whenStopped().then(() => {
        this.#endPhase();
        crew.stopProducers(phases.drain / 1000);
        return ended;
      });
      return Promise.race([ended, stopped]);
    });
    this.#drainStart = monotonic.now();
    this.#machineRead = this.#machine.end().then((use) => void (this.#machineUse = use));
    this.#sampling?.measured();
  }

  /** Ahead of its plan, if that is still to come: nothing counts as measured that comes after. */
  #endPhase(): void {
    if (this.#phaseEnd !== null) return;
    this.#phaseEnd = monotonic.now();
    this.#crew?.endPhase(this.#phaseEnd);
  }

  /** Until producers are done, or until they get nowhere any more. */
  async #producersDone(crew: Crew, measure: Micros): Promise<void> {
    const { producers, phases } = this.#loaded.scenario;
    const over = new AbortController();
    const bounded = producers.every(({ messages }) => messages === undefined);
    const longest = Math.max(...producers.map((spec) => spec.for ?? phases.measure));
    const stuck = standstill({
      progress: () => crew.progress,
      scheduleEnd: bounded ? measure + longest : null,
      drain: phases.drain,
      fault: longestFault(this.#loaded.scenario),
      now: () => monotonic.now(),
      over: this.#untilFailed(over.signal),
    }).then(async (warning) => {
      if (warning === null) return;
      this.#log.warn(warning);
      crew.stopProducers(failureGraceMillis);
      await this.#endLate(crew, 'produce', lateMillis);
    });
    try {
      await Promise.race([crew.producersFinished(), stuck]);
    } finally {
      over.abort();
    }
  }

  async #endLate(crew: Crew, role: 'produce' | 'consume', millis: number): Promise<void> {
    for (const worker of await crew.endLate(role, millis, this.#interruption.cut)) {
      const message = this.#interruption.cut.aborted
        ? `${worker} was killed: the run was ended at once`
        : `${worker} had not ended ${millis / 1000} s after it was stopped, and was killed`;
      this.#log.warn({ code: 'killed', message });
      this.#killed.push(worker);
    }
  }

  /** What is broken is mended before drain and audit, which read what must be there. */
  async healFaults(): Promise<void> {
    // Also the end of a run that failed comes here, and what there was to say has been said.
    if (this.#healed) return;
    this.#healed = true;
    const how = this.#interruption.isAsked ? 'interrupted' : 'finished';
    const met = await lastStep({
      what: 'mending what is broken',
      limitMillis: healMillis,
      work: async () => this.#log.warn(...((await this.#faults?.end(how)) ?? [])),
    });
    this.#log.warn(...met);
    if (met.length > 0) this.#tellManualCommands();
  }

  async #consumersOnly(end: Micros): Promise<void> {
    const enough = new AbortController();
    const early = this.#untilFailed(this.#interruption.stop, enough.signal);
    const time = sleep(Math.max(0, (end - monotonic.now()) / 1000), early);
    const ended = this.#starts?.areAllHere === false ? time : this.#requireCrew().consumersFinished();
    await Promise.race([time, ended]);
    enough.abort();
  }

  async drain(): Promise<void> {
    const crew = this.#requireCrew();
    const { drain: limit } = this.#loaded.scenario.phases;
    const delivered = deliveredByTopic(this.#plans, crew.progress);
    const consuming = this.#plans.filter((plan) => plan.role === 'consume');
    await this.#showingProgress(async () =>
      this.#unacknowledged?.stored(delivered, limit, this.#untilFailed(this.#interruption.cut)),
    );
    if (consuming.length > 0) {
      this.#phase = 'drain';
      await this.#showingProgress(async () => {
        const cut = this.#untilFailed(this.#interruption.cut);
        await this.#starts?.joined(limit, cut);
        await this.#stops?.restarted(limit, cut);
        const joined = consuming.filter((plan) => this.#starts?.hasJoined(plan));
        const { warnings, unread, completed } = await drainConsumers({
          crew,
          admin: this.#cluster.admin,
          readers: crew.hasProducers ? readersOf(joined, (topic) => this.#partitionsOf(topic)) : [],
          delivered,
          stamped: this.#loaded.scenario.producers.every(({ envelope }) => envelope !== 'none'),
          limit,
          cut,
        });
        if (this.#over.signal.aborted) return;
        this.#log.warn(...warnings);
        this.#unread = unread;
        this.#drained = completed;
        this.#starts?.close();
        this.#stops?.close();
        await this.#endLate(crew, 'consume', leaveMillis + lateMillis);
        await this.#sampling?.left();
      });
    }
  }

  /** Reads the log once more, independently: that is where the messages must be. */
  async audit(): Promise<void> {
    const verification = this.#verification;
    if (verification) {
      this.#phase = 'audit';
      const auditSilences = new WorkerSilences((line) => this.#observer.status(line));
      for (const plan of this.#requireCrew().finished) verification.ended(plan);
      verification.sharesGroups(this.#sampling?.others ?? new Map());
      verification.drained(this.#unread, this.#stops?.stoppedGroups ?? new Set());
      const conditions = [this.#starts, this.#stops, this.#faults].flatMap((each) => each?.conditions ?? []);
      for (const { name, met } of conditions) verification.condition(name, met);
      await this.#showingProgress(async () => {
        const warnings = await auditLog({
          verification,
          run: runNumber(this.#runId),
          admin: this.#cluster.admin,
          config: this.#cluster.clientConfig,
          keys: this.#loaded.scenario.verify.order === 'key',
          limit: this.#loaded.scenario.phases.drain,
          stop: this.#interruption.stop,
          cut: this.#interruption.cut,
          progress: (reader) => (this.#auditor = reader),
          // What it reads is there however long that takes: nothing that was measured is touched.
          silence: (silence) => auditSilences.add(silence),
        });
        this.#log.warn(...warnings);
      });
      this.#audited = true;
    } else this.#log.warn(...(this.#sampling?.strangers ?? []));
    this.#interruption.throwIfAsked();
  }

  /** The outcome of a run that did not end by itself; the first cause stands. */
  failed(error: unknown): void {
    this.#over.abort();
    this.#endPhase();
    const [phase, interruptedIn] = [this.#phase, this.#interruption.askedIn];
    this.#outcome = outcomeAfter(error, this.#outcome, { phase, interruptedIn });
  }

  /** The way out of every run that had a cluster. */
  async finish(): Promise<void> {
    this.#phase = 'finish';
    const steps: readonly LastStep[] = [
      // Also after a failure: nothing stays broken.
      { what: 'mending', work: () => this.healFaults() },
      { what: 'ending the workers', limitMillis: 60_000, work: () => this.#endWorkers() },
      { what: 'judging delivery', work: () => this.#judgeDelivery() },
      { what: 'describing the cluster', limitMillis: 60_000, work: () => this.#describeCluster() },
      { what: 'removing the topics', limitMillis: 60_000, work: () => this.#removeTopics() },
      { what: 'closing the cluster', limitMillis: closeMillis, work: () => this.closeCluster() },
    ];
    for (const step of steps) this.#log.warn(...(await lastStep(step)));
  }

  async #endWorkers(): Promise<void> {
    this.#starts?.close();
    this.#stops?.close();
    this.#sampling?.close();
    this.#verification?.close();
    this.#machine?.close();
    const grace =
      this.#outcome.state === 'failed' && !this.#interruption.cut.aborted ? failureGraceMillis : 0;
    await this.#crew?.end(grace);
    await this.#faults?.close();
  }

  /** A run that failed on the way has its evidence, and no verdict. */
  async #judgeDelivery(): Promise<void> {
    if (!this.#verification || !this.#audited) return;
    try {
      const crew = this.#requireCrew();
      this.#verification.gaveUp(...gaveUp(this.#clients(), this.#loaded.scenario.phases.drain, this.#killed));
      const { delivery, warnings } = await this.#verification.judge();
      const complete = crew.unreported.every(({ side }) => side !== 'producer');
      this.#delivery = crossChecked(delivery, this.#loaded.scenario, crew.reports, complete);
      this.#log.warn(...warnings);
    } catch (error) {
      // What was measured is kept, whatever became of its verdict.
      this.failed(error);
    }
  }

  /** What only the living cluster can tell; skipped where the run failed and it may not answer. */
  async #describeCluster(): Promise<void> {
    if (this.#outcome.state !== 'completed') return;
    if (this.#machineRead) await atMost(machineMillis, this.#machineRead);
    this.#durability = await describeDurability(this.#cluster, this.#topics);
  }

  async #removeTopics(): Promise<void> {
    if (this.#options.keep) {
      releaseTopics(this.#options.env, this.#runId);
      return;
    }
    const patience = this.#outcome.state === 'completed' ? 15_000 : 1000;
    const late: Warning = {
      code: 'topics-left',
      message: 'the cluster did not delete the topics of this run in time',
    };
    const done = new AbortController();
    const warnings = await Promise.race([
      removeTopics(this.#cluster, this.#topics),
      sleep(patience, done.signal).then(() => [late]),
    ]);
    done.abort();
    if (warnings.length === 0) releaseTopics(this.#options.env, this.#runId);
    this.#log.warn(...warnings);
  }

  /** Of a cluster that outlives the run, which may be killed. */
  #holdTopics(): void {
    const { admin, kind, bootstrap, directBootstrap = bootstrap } = this.#cluster;
    if (admin === null) return;
    const { topics, security } = this.#loaded.scenario;
    const own = topics.filter(({ reuse }) => !reuse);
    holdTopics(this.#options.env, {
      run: this.#runId,
      bootstrap: directBootstrap,
      names: own.map(({ name }) => uniqueName(name, this.#runId)),
      kind,
      protocol: security?.protocol ?? 'plaintext',
    });
  }

  async closeCluster(): Promise<void> {
    if (!this.#options.opened) await this.#cluster.close({ keep: this.#options.keep ?? false });
  }

  outcome(): RunOutcome {
    const { scenario } = this.#loaded;
    this.#log.close();
    const workers = this.#crew?.reports ?? [];
    const assembled = assembleTrial({
      scenario,
      groups: new Map(
        scenario.consumers.map((spec) => [spec.name, groupOf(spec, scenario.topics, this.#runId)]),
      ),
      clients: this.#clients(),
      workers,
      seconds: this.#log.intervals.seconds,
      samples: this.#sampling?.samples(this.#nameOf()) ?? null,
      drained: this.#drained,
      delivery: this.#delivery,
      faults: {
        records: this.#faults?.records ?? [],
        changes: this.#faults?.changes ?? [],
        unanswered: this.#faults?.unanswered ?? [],
        topics: new Map([...this.#topics.byName].map(([name, topic]) => [topic.name, name])),
      },
      times: {
        start: this.#start,
        measure: this.#start === null ? null : this.#start + scenario.phases.warmup,
        drain: this.#drainStart,
        stopped: this.#phaseEnd,
        end: monotonic.now(),
      },
    });
    const validity = judgeTrial({
      scenario,
      trial: assembled,
      workers,
      machine: this.#machineUse,
      sharesMachine: this.#cluster.sharesMachine,
      calibration: readCalibration(this.#options.env),
      stoodStill: this.#stoodStill(),
    });
    const result = describeRun({
      runId: this.#runId,
      startedAt: this.#startedAt,
      outcome: this.#outcome,
      loaded: this.#loaded,
      cluster: this.#cluster,
      durability: this.#durability,
      client: this.#client,
      trial: {
        ...assembled,
        ...(this.#wallStart !== null && { measureStart: new Date(this.#wallStart).toISOString() }),
        ...(this.#warmup && { brokerWarmup: this.#warmup }),
        ...this.#options.place,
        validity,
      },
      warnings: this.#log.warnings,
    });
    return { result, files: this.#files };
  }

  /** Workers that stood still since the measured phase began, with the clients that they hold; null: all clients. */
  #stoodStill(): readonly SilentWorker[] {
    if (this.#start === null) return [];
    const [from, now] = [this.#start + this.#loaded.scenario.phases.warmup, monotonic.now()];
    const clientsOf = (worker: string) =>
      this.#crew?.plans.find((plan) => plan.worker === worker)?.clients.map(({ name }) => name) ?? [];
    return [
      ...this.#silences
        .since(from, now)
        .map((each) => ({ ...each, clients: [...new Set(clientsOf(each.worker))] })),
      ...(this.#hostSilences?.since(from, now) ?? []).map((each) => ({ ...each, clients: null })),
    ];
  }

  #clients(): ClientReports {
    const { producers } = this.#loaded.scenario;
    return collectReports(this.#crew?.reports ?? [], this.#crew?.unreported ?? [], (name) =>
      producers.some((spec) => spec.name === name && acksOf(spec.client) === 0),
    );
  }

  /** Topics as the scenario calls them. */
  #nameOf(): (topic: string) => string {
    const names = new Map([...this.#topics.byName].map(([name, topic]) => [topic.name, name]));
    return (topic) => names.get(topic) ?? topic;
  }

  /** Null: they run here, and cannot be told from other processes. */
  async #brokerProcesses(): Promise<readonly number[] | null> {
    const cluster = this.#cluster;
    if (cluster.processIds) return cluster.processIds();
    return cluster.sharesMachine ? listeningProcesses(cluster.brokers.map(({ port }) => port)) : [];
  }

  /** When the run began, by the cluster's name of the topic. */
  #partitionsOf(topic: string): number {
    const known = [...this.#topics.byName.values()].find(({ name }) => name === topic);
    return known?.partitions ?? Infinity;
  }

  #requireCrew(): Crew {
    if (!this.#crew) throw new Error('workers have not been started');
    return this.#crew;
  }

  /** Does the work, unless something fails, and tells how far it is meanwhile. */
  async #showingProgress(work: () => Promise<void>): Promise<void> {
    const ticker = setInterval(() => this.#tick(), progressEveryMillis);
    try {
      await this.#unlessFailed(work());
    } finally {
      clearInterval(ticker);
    }
  }

  #tick(): void {
    const measuring =
      this.#start !== null && monotonic.now() >= this.#start + this.#loaded.scenario.phases.warmup;
    if (this.#phase === 'warmup' && measuring) this.#phase = 'measure';
    const clients = this.#crew?.progress ?? [];
    if (this.#phase === 'audit') {
      const stored = clients.reduce(
        (sum, { side, settled, failed }) => sum + (side === 'producer' ? settled - failed : 0),
        0,
      );
      this.#observer.progress(this.#progress.readAudit(this.#start, this.#auditor, stored));
      return;
    }
    this.#observer.progress(
      this.#progress.read(this.#phase, this.#start, clients, this.#log.intervals.seconds),
    );
  }

  /** Aborted with one of `signals`, and when the run has failed. */
  #untilFailed(...signals: readonly AbortSignal[]): AbortSignal {
    return AbortSignal.any([...signals, this.#over.signal]);
  }

  /** The work's result, unless a worker fails, the mock's host dies or the run is cut. */
  #unlessFailed<T>(work: Promise<T>): Promise<T> {
    const failures = [
      this.#interruption.failIfCut(),
      this.#hostFailure,
      ...(this.#crew ? [this.#crew.failure] : []),
    ];
    return Promise.race([work, ...failures]);
  }
}
