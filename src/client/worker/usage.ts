import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { Clock, Micros } from '../../base/clock.ts';
import type { ProcessUsage } from '../../protocol/report.ts';

/** What this process cost from `begin` on. */
export class UsageMeter {
  readonly #clock: Clock;
  #cpu = process.cpuUsage();
  #loop: EventLoopUtilization = performance.eventLoopUtilization();
  #begun: Micros = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(): void {
    this.#cpu = process.cpuUsage();
    this.#loop = performance.eventLoopUtilization();
    this.#begun = this.#clock.now();
  }

  read(): ProcessUsage {
    const cpu = process.cpuUsage(this.#cpu);
    return {
      cpu: cpu.user + cpu.system,
      elapsed: this.#clock.now() - this.#begun,
      rss: process.resourceUsage().maxRSS * 1024,
      eventLoop: performance.eventLoopUtilization(this.#loop).utilization,
    };
  }
}
