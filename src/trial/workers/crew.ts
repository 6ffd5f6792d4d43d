import { atMost, monotonic, sleep, type Micros } from '../../base/clock.ts';
import type { FromWorker } from '../../protocol/messages.ts';
import type { ConsumePlan, ProducePlan } from '../../protocol/plan.ts';
import type { ClientProgress, IntervalReport, ShownMessage, WorkerReport } from '../../protocol/report.ts';
import type { UnreportedClient } from './reports.ts';
import { WorkerProcess, type WorkerSilence } from './worker-process.ts';

/** Between the agreement on a start and the start: long enough for every worker to have read it. */
const startDelayMillis = 100;
/** What consumers that are stopped have in hand is finished in this time, commits and leaving the group included. */
export const leaveMillis = 10_000;
/** Workers tell of their progress four times a second. */
const progressMillis = 300;

export interface CrewListener {
  interval(interval: IntervalReport): void;
  shown(message: ShownMessage): void;
  warning(warning: { code: string; message: string }): void;
  silence?(silence: WorkerSilence): void;
}

type ClientPlan = ProducePlan | ConsumePlan;

interface Member {
  readonly plan: ClientPlan;
  readonly process: WorkerProcess;
  readonly progress: Map<string, ClientProgress>;
  report: WorkerReport | null;
  /** Resolves when it has reported or was killed on purpose; never rejects. */
  readonly ended: Promise<void>;
  readonly kill: () => void;
  over: boolean;
  killedByPlan: boolean;
}

/** The worker processes of one trial. Nothing here assumes that they are all the clients there are. */
export class Crew {
  readonly #members: Member[] = [];
  readonly #listener: CrewListener;
  #start: Micros | null = null;
  /** Of a measured phase that was cut short. */
  #phaseEnd: Micros | null = null;
  #leaving = false;
  /** Rejects when any worker fails. */
  readonly failure: Promise<never>;
  readonly #ending = new AbortController();
  #fail: (error: unknown) => void = () => undefined;

  constructor(plans: readonly ClientPlan[], listener: CrewListener) {
    this.#listener = listener;
    this.failure = new Promise<never>((_, reject) => (this.#fail = reject));
    this.failure.catch(() => undefined);
    for (const plan of plans) this.#add(plan);
  }

  #add(plan: ClientPlan): Member {
    const progress = new Map<string, ClientProgress>();
    const process = new WorkerProcess(plan, (message) => this.#received(message, member), {
      silence: (silence) => this.#listener.silence?.(silence),
    });
    process.failure.catch((error: unknown) => this.#fail(error));
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const member: Member = {
      plan,
      process,
      progress,
      report: null,
      ended,
      over: false,
      killedByPlan: false,
      kill: () => {
        member.over = true;
        // Nothing waits for what a killed client had not read; who takes over shows how far the group is.
        for (const [key, client] of progress) {
          progress.set(key, { ...client, state: 'done', atEnd: true, positions: {} });
        }
        void process.end().then(end);
      },
    };
    process.finished.then(
      (report) => {
        member.report = report;
        member.over = true;
        end();
      },
      () => undefined,
    );
    this.#members.push(member);
    return member;
  }

  #received(message: FromWorker, { progress, over }: Member): void {
    const listener = this.#listener;
    if (message.type === 'interval') listener.interval(message.interval);
    else if (message.type === 'shown') listener.shown(message.shown);
    else if (message.type === 'warning') listener.warning(message.warning);
    // What a killed client had said before is not where it stands.
    else if (message.type === 'progress' && !over) {
      for (const client of message.progress) {
        progress.set(`${client.side} ${client.name} ${client.index}`, client);
      }
    }
  }

  #of(role: ClientPlan['role']): Member[] {
    return this.#members.filter(({ plan }) => plan.role === role);
  }

  /** Every client connected, every consumer at a known place; librdkafka's version and features. */
  async ready(): Promise<{ librdkafka: string; features: readonly string[] }> {
    const consumers = await Promise.all(this.#of('consume').map(({ process }) => process.ready));
    const producers = await Promise.all(this.#of('produce').map(({ process }) => process.ready));
    const first = [...consumers, ...producers].find((ready) => ready.role !== 'mock-host');
    return first ?? { librdkafka: '', features: [] };
  }

  /**
   * Agrees on the start; the time is on CLOCK_MONOTONIC. A whole number of microseconds: envelopes carry due times
   * in nanoseconds, and the first due time of the measured phase must not be rounded into the warm-up.
   */
  start(): Micros {
    const at = Math.ceil(monotonic.now()) + startDelayMillis * 1000;
    this.#start = at;
    for (const { process } of this.#members) process.start(at);
    return at;
  }

  /** One more worker while the others run; it has the same time zero. Does nothing when all are leaving. */
  async join(plan: ClientPlan): Promise<void> {
    if (this.#leaving || this.#start === null) return;
    const { process } = this.#add(plan);
    await process.ready;
    process.start(this.#start);
    if (this.#phaseEnd !== null) process.endPhase(this.#phaseEnd);
    // Until it has told where it stands it could be taken for one that has ended.
    await sleep(progressMillis);
  }

  /**
   * Ends the process that holds this client, in order or by SIGKILL. It must have a process of its own. False where
   * the client had ended by then.
   */
  stopClient(plan: ClientPlan, how: 'leave' | 'kill', drainMillis: number): boolean {
    const member = this.#members.find((each) => each.plan === plan && !each.over);
    if (member === undefined) return false;
    if (how === 'kill') {
      member.killedByPlan = true;
      member.kill();
    } else member.process.stop(drainMillis);
    return true;
  }

  /** Every client of that name has ended, by itself or because it was stopped. */
  hasStopped(name: string): boolean {
    const own = this.#members.filter(({ plan }) => plan.clients.some((client) => client.name === name));
    return (
      own.length > 0 &&
      own.every(
        ({ over, plan, progress }) =>
          over ||
          plan.clients
            .filter((client) => client.name === name)
            .every(({ index }) =>
              [...progress.values()].some(
                (client) => client.name === name && client.index === index && client.state === 'done',
              ),
            ),
      )
    );
  }

  get hasProducers(): boolean {
    return this.#of('produce').length > 0;
  }

  get hasConsumers(): boolean {
    return this.#of('consume').length > 0;
  }

  /** Resolves when every producer has handed over its schedule and drained. */
  producersFinished(): Promise<void> {
    return this.#allEnded('produce');
  }

  consumersFinished(): Promise<void> {
    return this.#allEnded('consume');
  }

  async #allEnded(role: ClientPlan['role']): Promise<void> {
    for (;;) {
      const working = this.#of(role).filter(({ over }) => !over);
      if (working.length === 0) return;
      await Promise.all(working.map(({ ended }) => ended));
    }
  }

  /** The measured phase ends then, ahead of its plan: for those that are here, and for those that come. */
  endPhase(at: Micros): void {
    this.#phaseEnd = at;
    for (const { process } of this.#members) process.endPhase(at);
  }

  stopProducers(drainMillis: number): void {
    for (const { process } of this.#of('produce')) process.stop(drainMillis);
  }

  stopConsumers(millis = leaveMillis): void {
    this.#leaving = true;
    for (const { process } of this.#of('consume')) process.stop(millis);
  }

  /**
   * Ends those of a role that are not done within `millis`, by SIGKILL: what they told last is what is known of them.
   * Resolves with what they are called.
   */
  async endLate(role: ClientPlan['role'], millis: number, cut?: AbortSignal): Promise<readonly string[]> {
    await atMost(millis, this.#allEnded(role), cut);
    const late = this.#of(role).filter(({ over }) => !over);
    for (const { kill } of late) kill();
    return late.map(({ plan }) => plan.worker);
  }

  get progress(): readonly ClientProgress[] {
    return this.#members.flatMap(({ progress }) => [...progress.values()]);
  }

  /** Messages acknowledged or, at acks=0, sent, as far as producers have told. */
  get acked(): number {
    const producers = this.progress.filter(({ side }) => side === 'producer');
    return producers.reduce((sum, { settled, failed }) => sum + settled - failed, 0);
  }

  /** The last that was heard of clients whose worker never reported. */
  get unreported(): readonly UnreportedClient[] {
    return this.#members.flatMap(({ progress, report, killedByPlan }) =>
      report === null ? [...progress.values()].map((client) => ({ ...client, killedByPlan })) : [],
    );
  }

  /** Of the workers that have finished. */
  get reports(): readonly WorkerReport[] {
    return this.#members.flatMap(({ report }) => report ?? []);
  }

  /** Plans of the workers that have finished. */
  get finished(): readonly ClientPlan[] {
    return this.#members.flatMap(({ plan, report }) => (report === null ? [] : [plan]));
  }

  /** Plans of the workers that have not ended. */
  get living(): readonly ClientPlan[] {
    return this.#members.filter(({ over }) => !over).map(({ plan }) => plan);
  }

  /** The last that was heard of their clients; a client that starts again is one of them, and once. */
  get livingProgress(): readonly ClientProgress[] {
    return this.#members.flatMap(({ over, progress }) => (over ? [] : [...progress.values()]));
  }

  get plans(): readonly ClientPlan[] {
    return this.#members.map(({ plan }) => plan);
  }

  get pids(): readonly number[] {
    return this.#members.flatMap(({ process }) => process.pid ?? []);
  }

  /** Aborted when all are to end: who waits for something that its clients do has nothing to wait for. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** Gives workers that still run a moment to report what they have, then ends them all. */
  async end(graceMillis: number): Promise<void> {
    this.#ending.abort();
    if (graceMillis > 0) {
      this.stopProducers(graceMillis / 2);
      this.stopConsumers(graceMillis / 2);
      await atMost(graceMillis, Promise.all(this.#members.map(({ ended }) => ended)));
    }
    await Promise.all(this.#members.map(({ process }) => process.end()));
  }
}
