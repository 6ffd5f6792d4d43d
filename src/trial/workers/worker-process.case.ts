import type { FromWorker, WorkerReady } from '../../protocol/messages.ts';
import type { WorkerPlan } from '../../protocol/plan.ts';
import type { ClientProgress, WorkerReport } from '../../protocol/report.ts';
import { workerReport } from '../evidence.case.ts';
import type { WorkerEvents, WorkerSilence } from './worker-process.ts';

/** A worker that does what the test says; those of one test file are in `workers`. */
export class FakeWorker {
  static readonly workers: FakeWorker[] = [];
  readonly plan: WorkerPlan;
  readonly ready: Promise<WorkerReady>;
  readonly finished: Promise<WorkerReport>;
  readonly failure: Promise<never>;
  readonly tell: (message: FromWorker) => void;
  readonly starts: number[] = [];
  readonly stops: number[] = [];
  readonly phaseEnds: number[] = [];
  ended = 0;
  /** What happens on a stop. */
  onStop: () => void = () => undefined;
  readonly pid: number;
  beReady!: (ready?: WorkerReady) => void;
  finish!: (report?: WorkerReport) => void;
  fail!: (error: Error) => void;

  readonly silence: (silence: WorkerSilence) => void;

  constructor(plan: WorkerPlan, onMessage: (message: FromWorker) => void, events: WorkerEvents = {}) {
    this.plan = plan;
    this.silence = (silence) => events.silence?.(silence);
    this.tell = onMessage;
    this.pid = 1000 + FakeWorker.workers.length;
    this.failure = new Promise<never>((_, reject) => (this.fail = reject));
    const ready = new Promise<WorkerReady>((resolve) => {
      this.beReady = (value = { role: 'consume', librdkafka: '2.x', features: [] }) => resolve(value);
    });
    const finished = new Promise<WorkerReport>((resolve) => {
      this.finish = (report = workerReport({ worker: plan.worker })) => resolve(report);
    });
    this.ready = Promise.race([ready, this.failure]);
    this.finished = Promise.race([finished, this.failure]);
    for (const promise of [this.ready, this.finished, this.failure]) promise.catch(() => undefined);
    FakeWorker.workers.push(this);
  }

  start(at: number): void {
    this.starts.push(at);
  }
  stop(drainMillis: number): void {
    this.stops.push(drainMillis);
    this.onStop();
  }
  endPhase(at: number): void {
    this.phaseEnds.push(at);
  }
  end(): Promise<void> {
    this.ended++;
    return Promise.resolve();
  }
  progress(...progress: ClientProgress[]): void {
    this.tell({ type: 'progress', progress });
  }
}

/** Whether a promise has been settled by now. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => (settled = true);
  promise.then(settle, settle);
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}
