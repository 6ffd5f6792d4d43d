import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { atMost, monotonic, type Micros } from '../../base/clock.ts';
import { BenchError } from '../../base/errors.ts';
import { packageRoot } from '../../base/package-root.ts';
import type { FromWorker, ToWorker, WorkerReady } from '../../protocol/messages.ts';
import type { WorkerPlan } from '../../protocol/plan.ts';
import type { WorkerReport } from '../../protocol/report.ts';

/** Silence, in event-loop time of ours, after which a worker counts as standing still: it speaks every 250 ms. */
const silenceMillis = 1000;
/**
 * The same after which it counts as dead. A machine under load and a virtual machine that is moved stand still for
 * seconds: what has been measured is worth more than knowing of a deadlock a little sooner.
 */
export const goneMillis = 60_000;
const checkMillis = 250;
const stderrLines = 8;
/** What the system takes at most to end a process that has been killed. */
const exitMillis = 5000;

/** A time in which a worker said nothing, on CLOCK_MONOTONIC; `to` is null while it lasts. */
export interface WorkerSilence {
  readonly worker: string;
  readonly from: Micros;
  readonly to: Micros | null;
}

export interface WorkerEvents {
  /** A silence has begun, or ended. Loading its modules, before a worker's first word, is none. */
  silence?(silence: WorkerSilence): void;
}

/** One forked worker, from plan to report. Fails once, with the reason, when the process exits or has been silent for a minute. */
export class WorkerProcess {
  readonly plan: WorkerPlan;
  readonly ready: Promise<WorkerReady>;
  readonly finished: Promise<WorkerReport>;
  /** Rejects with the reason when the worker fails, at whatever stage; never resolves. */
  readonly failure: Promise<never>;
  readonly #child: ChildProcess;
  #stderr: string[] = [];
  #silence = 0;
  readonly #onSilence: (silence: WorkerSilence) => void;
  /** When it spoke last; null before its first word. */
  #heardAt: Micros | null = null;
  #isSilent = false;
  #over = false;
  #expectedExit = false;
  #fail!: (error: BenchError) => void;
  readonly #exited: Promise<void>;

  constructor(plan: WorkerPlan, onMessage: (message: FromWorker) => void, events: WorkerEvents = {}) {
    this.plan = plan;
    this.#onSilence = (silence) => events.silence?.(silence);
    const clients = 'clients' in plan ? plan.clients.length : 1;
    // Workers always run compiled code, also under a test runner that transforms sources.
    this.#child = fork(join(packageRoot(), 'dist', 'client', 'worker', 'main.js'), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      // Every client blocks a thread of libuv's pool while it waits for messages or flushes.
      env: { ...process.env, UV_THREADPOOL_SIZE: String(Math.min(1024, 4 + 2 * clients)) },
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#remember(text));
    this.#exited = new Promise((resolve) => this.#child.once('exit', () => resolve()));

    this.failure = new Promise<never>((_, reject) => (this.#fail = reject));
    this.failure.catch(() => undefined);
    let ready: (value: WorkerReady) => void = () => undefined;
    let finished: (value: WorkerReport) => void = () => undefined;
    this.ready = Promise.race([new Promise<WorkerReady>((resolve) => (ready = resolve)), this.failure]);
    this.finished = Promise.race([
      new Promise<WorkerReport>((resolve) => (finished = resolve)),
      this.failure,
    ]);
    this.ready.catch(() => undefined);
    this.finished.catch(() => undefined);

    this.#child.on('message', (received) => {
      const message = received as FromWorker;
      this.#heard();
      if (message.type === 'ready') ready(message.ready);
      else if (message.type === 'failed') this.#failed(`: ${message.message}`, message.hint);
      else if (message.type === 'finished') {
        this.#over = true;
        finished(message.report);
      } else onMessage(message);
    });
    this.#child.once('exit', (code, signal) => {
      if (this.#over || this.#expectedExit) return;
      const how = signal === null ? `exited with code ${String(code)}` : `was killed by ${signal}`;
      // The pipe may still hold the last words.
      setTimeout(() => this.#failed(` ${how} while it was working`), 20);
    });
    this.#watch();
    this.#send({ type: 'plan', plan });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  start(at: number): void {
    this.#send({ type: 'start', at });
  }

  endPhase(at: number): void {
    this.#send({ type: 'phase-end', at });
  }

  stop(drainMillis: number): void {
    this.#send({ type: 'stop', drainMillis });
  }

  /** Ends the process for good; resolves when it is gone. */
  async end(): Promise<void> {
    this.#expectedExit = true;
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await atMost(exitMillis, this.#exited);
  }

  #heard(): void {
    const now = monotonic.now();
    if (this.#isSilent) this.#onSilence({ worker: this.plan.worker, from: this.#heardAt ?? now, to: now });
    this.#isSilent = false;
    this.#silence = 0;
    this.#heardAt = now;
  }

  #send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, undefined, undefined, () => undefined);
  }

  #remember(text: string): void {
    this.#stderr.push(...text.split('\n').filter((line) => line.trim() !== ''));
    this.#stderr = this.#stderr.slice(-stderrLines);
  }

  #failed(what: string, hint?: string): void {
    if (this.#over || this.#expectedExit) return;
    this.#over = true;
    const lines = this.#stderr.length === 0 ? '' : `; its last lines: ${this.#stderr.join(' | ')}`;
    this.#fail(
      new BenchError('worker', `${this.plan.worker}${what}${lines}`, hint === undefined ? {} : { hint }),
    );
  }

  // Counts our own ticks rather than wall time: after a laptop's sleep, or while this process is starved, the
  // worker's messages are still unread, and that is not its silence.
  #watch(): void {
    const timer = setInterval(() => {
      if (this.#over || this.#expectedExit) {
        clearInterval(timer);
        return;
      }
      this.#silence += checkMillis;
      if (this.#silence >= goneMillis) this.#failed(` has not answered for ${goneMillis / 1000} s`);
      else if (this.#silence >= silenceMillis && !this.#isSilent && this.#heardAt !== null) {
        this.#isSilent = true;
        this.#onSilence({ worker: this.plan.worker, from: this.#heardAt, to: null });
      }
    }, checkMillis);
    timer.unref();
  }
}
