import type { Clock, Micros } from '../base/clock.ts';
import type { Channel } from './channel.ts';
import { ConsumerSession } from './consumer-session.ts';
import { Meters } from './meters.ts';
import type { ConsumePlan, WorkerReport } from './protocol.ts';
import type { Role } from './role.ts';
import { ShownSampler } from './shown.ts';
import { UsageMeter } from './usage.ts';

/** The consuming role: every client of this process reads on its own, until it is stopped or idle. */
export class ConsumeRole implements Role {
  readonly #plan: ConsumePlan;
  readonly #clock: Clock;
  readonly #meters: Meters;
  readonly #sessions: ConsumerSession[];
  readonly #usage: UsageMeter;

  constructor(plan: ConsumePlan, channel: Channel, clock: Clock) {
    this.#plan = plan;
    this.#clock = clock;
    this.#usage = new UsageMeter(clock);
    this.#meters = new Meters('consumer', channel);
    const shown = new ShownSampler(plan.showMessagesPerSecond, clock, (message) =>
      channel.send({ type: 'shown', shown: message }),
    );
    this.#sessions = plan.clients.map((client) => {
      return new ConsumerSession(client, {
        run: plan.run,
        clock,
        meter: this.#meters.of(client.name),
        shown,
        onError: (code, message) => channel.send({ type: 'warning', warning: { code, message } }),
      });
    });
  }

  async connect(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.connect()));
  }

  async run(start: Micros): Promise<WorkerReport> {
    this.#meters.begin(start, this.#plan.warmup);
    this.#usage.begin();
    await Promise.all(this.#sessions.map((session) => session.run(start, this.#plan.warmup)));
    const usage = this.#usage.read();
    this.#meters.flush();
    return {
      worker: this.#plan.worker,
      clients: this.#sessions.map((session) => session.report()),
      latency: this.#meters.report(),
      process: usage,
    };
  }

  tick(): void {
    this.#meters.roll(this.#clock.now());
  }

  progress() {
    return this.#sessions.map((session) => session.progress());
  }

  stop(): void {
    for (const session of this.#sessions) session.stop();
  }
}
