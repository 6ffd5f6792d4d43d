import type { Clock, Micros } from '../base/clock.ts';
import type { Channel } from './channel.ts';
import { ConsumerSession } from './consumer-session.ts';
import { carriedDue } from '../verify/envelope.ts';
import { Meter } from './meter.ts';
import type { ConsumePlan, WorkerReport } from './protocol.ts';
import type { Role } from './role.ts';
import { ShownSampler } from './shown.ts';
import { UsageMeter } from './usage.ts';

/** The consuming role: every client of this process reads on its own, until it is stopped or idle. */
export class ConsumeRole implements Role {
  readonly #plan: ConsumePlan;
  readonly #clock: Clock;
  readonly #meters = new Map<string, Meter>();
  readonly #sessions: ConsumerSession[];
  readonly #usage: UsageMeter;

  constructor(plan: ConsumePlan, channel: Channel, clock: Clock) {
    this.#plan = plan;
    this.#clock = clock;
    this.#usage = new UsageMeter(clock);
    const shown = new ShownSampler(plan.showMessagesPerSecond, clock, (message) =>
      channel.send({ type: 'shown', shown: message }),
    );
    this.#sessions = plan.clients.map((client) => {
      let meter = this.#meters.get(client.name);
      if (!meter) {
        meter = new Meter('consumer', client.name, (interval) =>
          channel.send({ type: 'interval', interval }),
        );
        this.#meters.set(client.name, meter);
      }
      return new ConsumerSession(client, {
        run: plan.run,
        clock,
        meter,
        shown,
        onError: (code, message) => channel.send({ type: 'warning', warning: { code, message } }),
      });
    });
  }

  async connect(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.connect()));
  }

  async run(start: Micros): Promise<WorkerReport> {
    for (const meter of this.#meters.values()) meter.begin(start, carriedDue(start + this.#plan.warmup));
    this.#usage.begin();
    await Promise.all(this.#sessions.map((session) => session.run(start, this.#plan.warmup)));
    const usage = this.#usage.read();
    for (const meter of this.#meters.values()) meter.flush();
    return {
      worker: this.#plan.worker,
      clients: this.#sessions.map((session) => session.report()),
      latency: [...this.#meters.values()].map((meter) => meter.report()),
      process: usage,
    };
  }

  tick(): void {
    const now = this.#clock.now();
    for (const meter of this.#meters.values()) meter.roll(now);
  }

  progress() {
    return this.#sessions.map((session) => session.progress());
  }

  stop(): void {
    for (const session of this.#sessions) session.stop();
  }
}
