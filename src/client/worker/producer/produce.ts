import type { Clock, Micros } from '../../../base/clock.ts';
import { AckGaps } from './ack-gaps.ts';
import type { Channel } from '../channel.ts';
import { Meters } from '../meters.ts';
import { Pace, turnEventLoop, type Pacer } from './pace.ts';
import { ProducerSession } from './producer-session.ts';
import type { ProducePlan } from '../../../protocol/plan.ts';
import type { WorkerReport } from '../../../protocol/report.ts';
import type { Role } from '../role.ts';
import { ShownSampler } from '../shown.ts';
import { UsageMeter } from '../usage.ts';

/** The producing role: one loop hands over what is due for every client of this process. */
export class ProduceRole implements Role {
  readonly #plan: ProducePlan;
  readonly #clock: Clock;
  readonly #meters: Meters;
  readonly #gaps = new Map<string, AckGaps>();
  readonly #sessions: ProducerSession[];
  readonly #usage: UsageMeter;
  readonly #pace: Pacer;
  #drainMillis: number;
  #wake: () => void = () => undefined;

  constructor(plan: ProducePlan, channel: Channel, clock: Clock, pace: Pacer = new Pace(clock)) {
    this.#plan = plan;
    this.#clock = clock;
    this.#pace = pace;
    this.#usage = new UsageMeter(clock);
    this.#meters = new Meters('producer', channel);
    this.#drainMillis = plan.drain / 1000;
    const shown = new ShownSampler(plan.showMessagesPerSecond, clock, (message) =>
      channel.send({ type: 'shown', shown: message }),
    );
    this.#sessions = plan.clients.map((client) => {
      return new ProducerSession(client, {
        plan,
        clock,
        meter: this.#meters.of(client.name),
        gaps: this.#gapsOf(client.topic),
        shown,
        onError: (code, message) => channel.send({ type: 'warning', warning: { code, message } }),
      });
    });
  }

  #gapsOf(topic: string): AckGaps {
    let gaps = this.#gaps.get(topic);
    if (gaps === undefined) this.#gaps.set(topic, (gaps = new AckGaps(topic)));
    return gaps;
  }

  async connect(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.connect()));
  }

  async run(start: Micros): Promise<WorkerReport> {
    const durations = new Map(this.#plan.clients.map(({ name, duration }) => [name, duration]));
    this.#meters.begin(start, this.#plan.warmup, (name) => durations.get(name) ?? null);
    for (const session of this.#sessions) {
      session.begin(start);
      session.onFlushed = () => this.#wake();
    }
    const pace = this.#pace;
    while (this.#clock.now() < start) await pace.pause(start);
    this.#usage.begin();
    const blockedBefore = pace.blocked;

    await this.#handOverAll(pace);
    const scheduled = this.#usage.read();
    const busy = scheduled.eventLoop - (pace.blocked - blockedBefore) / Math.max(scheduled.elapsed, 1);

    await Promise.all(this.#sessions.map((session) => session.drain(this.#drainMillis, turnEventLoop)));
    // A full queue holds 100 000 messages when the schedule ends: what they still cost belongs to them.
    const usage = this.#usage.read();
    await Promise.all(this.#sessions.map((session) => session.close()));
    // After it: closing waits for reports as well, and the seconds must add up to the phases.
    this.#meters.flush();
    return {
      worker: this.#plan.worker,
      clients: this.#sessions.map((session) => session.report()),
      latency: this.#meters.report(),
      acks: [...this.#gaps.values()].flatMap((gaps) => gaps.report()),
      process: { ...usage, eventLoop: Math.max(busy, 0) },
    };
  }

  async #handOverAll(pace: Pacer): Promise<void> {
    for (;;) {
      let wake = Infinity;
      let waiting = 0;
      for (const session of this.#sessions) {
        if (session.handedOverAll) continue;
        wake = Math.min(wake, session.turn(this.#clock.now()));
        if (session.flushing) waiting++;
      }
      const running = this.#sessions.filter((session) => !session.handedOverAll);
      if (running.length === 0) return;
      // When every client waits for its flush, the flush's end wakes the loop: polling would only slow it down.
      if (waiting === running.length) await this.#flushed();
      else await pace.pause(wake);
    }
  }

  #flushed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  tick(): void {
    this.#meters.roll(this.#clock.now());
    for (const session of this.#sessions) session.tick();
    for (const gaps of this.#gaps.values()) gaps.settle();
  }

  progress() {
    return this.#sessions.map((session) => session.progress());
  }

  endPhase(at: Micros): void {
    this.#meters.endPhase(at);
  }

  stop(drainMillis: number): void {
    this.#drainMillis = drainMillis;
    for (const session of this.#sessions) session.stop();
  }
}
