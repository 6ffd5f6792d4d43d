import { monotonic, sleep, type Micros } from '../base/clock.ts';
import type {
  ClientProgress,
  ConsumePlan,
  FromWorker,
  IntervalReport,
  ProducePlan,
  ShownMessage,
  WorkerReport,
} from '../worker/protocol.ts';
import { WorkerProcess } from './worker-process.ts';

/** Between the agreement on a start and the start: long enough for every worker to have read it. */
const startDelayMillis = 100;

export interface CrewListener {
  interval(interval: IntervalReport): void;
  shown(message: ShownMessage): void;
  warning(warning: { code: string; message: string }): void;
}

/** The worker processes of one trial. Nothing here assumes that they are all the clients there are. */
export class Crew {
  readonly #producers: WorkerProcess[] = [];
  readonly #consumers: WorkerProcess[] = [];
  readonly #progress = new Map<string, ClientProgress>();
  readonly #reports: WorkerReport[] = [];
  readonly #finished: (ProducePlan | ConsumePlan)[] = [];
  /** Rejects when any worker fails. */
  readonly failure: Promise<never>;

  constructor(plans: readonly (ProducePlan | ConsumePlan)[], listener: CrewListener) {
    for (const plan of plans) {
      const worker = new WorkerProcess(plan, (message) => this.#received(message, listener));
      (plan.role === 'produce' ? this.#producers : this.#consumers).push(worker);
      worker.finished.then(
        (report) => {
          this.#reports.push(report);
          this.#finished.push(plan);
        },
        () => undefined,
      );
    }
    this.failure = Promise.race(this.#all.map((worker) => worker.failure));
    this.failure.catch(() => undefined);
  }

  get #all(): WorkerProcess[] {
    return [...this.#producers, ...this.#consumers];
  }

  #received(message: FromWorker, listener: CrewListener): void {
    if (message.type === 'interval') listener.interval(message.interval);
    else if (message.type === 'shown') listener.shown(message.shown);
    else if (message.type === 'warning') listener.warning(message.warning);
    else if (message.type === 'progress') {
      for (const client of message.progress) {
        this.#progress.set(`${client.side} ${client.name} ${client.index}`, client);
      }
    }
  }

  /** Every client connected, every consumer at a known place; librdkafka's version and features. */
  async ready(): Promise<{ librdkafka: string; features: readonly string[] }> {
    const consumers = await Promise.all(this.#consumers.map((worker) => worker.ready));
    const all = [...consumers, ...(await Promise.all(this.#producers.map((worker) => worker.ready)))];
    const first = all.find((ready) => ready.role !== 'mock-host');
    return first ?? { librdkafka: '', features: [] };
  }

  /**
   * Agrees on the start; the time is on CLOCK_MONOTONIC. A whole number of microseconds: envelopes carry due times
   * in nanoseconds, and the first due time of the measured phase must not be rounded into the warm-up.
   */
  start(): Micros {
    const at = Math.ceil(monotonic.now()) + startDelayMillis * 1000;
    for (const worker of this.#all) worker.start(at);
    return at;
  }

  get hasProducers(): boolean {
    return this.#producers.length > 0;
  }

  get hasConsumers(): boolean {
    return this.#consumers.length > 0;
  }

  /** Resolves when every producer has handed over its schedule and drained. */
  async producersFinished(): Promise<void> {
    await Promise.all(this.#producers.map((worker) => worker.finished));
  }

  async consumersFinished(): Promise<void> {
    await Promise.all(this.#consumers.map((worker) => worker.finished));
  }

  stopProducers(drainMillis: number): void {
    for (const worker of this.#producers) worker.stop(drainMillis);
  }

  stopConsumers(): void {
    for (const worker of this.#consumers) worker.stop(0);
  }

  get progress(): readonly ClientProgress[] {
    return [...this.#progress.values()];
  }

  /** Of the workers that have finished. */
  get reports(): readonly WorkerReport[] {
    return this.#reports;
  }

  /** Plans of the workers that have finished. */
  get finished(): readonly (ProducePlan | ConsumePlan)[] {
    return this.#finished;
  }

  get pids(): readonly number[] {
    return this.#all.flatMap((worker) => worker.pid ?? []);
  }

  /** Gives workers that still run a moment to report what they have, then ends them all. */
  async end(graceMillis: number): Promise<void> {
    if (graceMillis > 0) {
      this.stopProducers(graceMillis / 2);
      this.stopConsumers();
      await Promise.race([
        Promise.allSettled(this.#all.map((worker) => worker.finished)),
        sleep(graceMillis),
      ]);
    }
    await Promise.all(this.#all.map((worker) => worker.end()));
  }
}
