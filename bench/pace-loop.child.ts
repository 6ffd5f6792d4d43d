import { monotonic, sleep } from '../src/base/clock.ts';
import { Recorder } from '../src/measure/recorder.ts';
import type { SparseHistogram } from '../src/measure/slots.ts';
import { answer } from './child.ts';
import { createPacer, type Policy } from './pacers.ts';

export interface PaceLoop {
  readonly plan: {
    /** Null: the process only sleeps. */
    readonly policy: Policy | null;
    readonly perSecond: number;
    readonly seconds: number;
  };
  readonly result: {
    /** CPU seconds a second. */
    readonly cores: number;
    readonly delay: SparseHistogram;
  };
}

/** The waiting alone: a schedule whose messages are handed over to nobody. */
answer<PaceLoop>(async ({ policy, perSecond, seconds }) => {
  const delay = new Recorder();
  const cpu = process.cpuUsage();
  const start = monotonic.now();
  const end = start + seconds * 1e6;
  if (policy === null) await sleep(seconds * 1000);
  else {
    const pacer = createPacer(policy, monotonic);
    for (let i = 0, due = start; due < end;) {
      const now = monotonic.now();
      for (; due <= now; due = start + (++i * 1e6) / perSecond) delay.record(now - due);
      await pacer.pause(due);
    }
  }
  const { user, system } = process.cpuUsage(cpu);
  return { cores: (user + system) / (monotonic.now() - start), delay: delay.toSparse() };
});
