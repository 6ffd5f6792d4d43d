import type { Micros } from '../../../base/clock.ts';
import type { Random } from '../../../base/random.ts';
import { carriedDue } from '../../../protocol/envelope.ts';
import { createSchedule, type DueTimes } from '../../../workload/schedule.ts';
import type { ProducerClientPlan } from '../../../protocol/plan.ts';
import type { RateSpec } from '../../../workload/rate-profile.ts';

/** Due times of one client on the shared clock: warm-up first, then the measured phase; null when it is over. */
export interface ClientSchedule {
  next(now: Micros): Micros | null;
}

/**
 * Warm-up runs at the schedule's first rate; a ramp or a list of steps begins with the measured phase. Messages
 * of the warm-up are extra to `messages`.
 */
export function clientSchedule(
  plan: ProducerClientPlan,
  start: Micros,
  measureStart: Micros,
  random: Random,
): ClientSchedule {
  const share = plan.messages === null ? Infinity : Math.ceil((plan.messages - plan.index) / plan.of);
  const end = plan.duration === null ? Infinity : measureStart + plan.duration;
  if (plan.rate === 'max') return closedLoop(measureStart, share, end);

  const times = (rate: Exclude<RateSpec, 'max'>): DueTimes =>
    createSchedule({ rate, arrival: plan.arrival, client: plan.index, clients: plan.of, random });
  const warmup = start < measureStart ? times({ kind: 'constant', perSecond: firstRate(plan.rate) }) : null;
  const measured = times(plan.rate);
  let warming = warmup !== null;
  let count = 0;
  return {
    next() {
      if (warming && warmup) {
        const due = carriedDue(start + warmup.next());
        if (due < measureStart) return due;
        warming = false;
      }
      if (count >= share) return null;
      count++;
      const due = carriedDue(measureStart + measured.next());
      return due < end ? due : null;
    },
  };
}

/** No schedule: a message is due when it can be sent. */
function closedLoop(measureStart: Micros, share: number, end: Micros): ClientSchedule {
  let count = 0;
  return {
    next(now) {
      const due = carriedDue(now);
      if (due >= end) return null;
      if (due >= measureStart && ++count > share) return null;
      return due;
    },
  };
}

export function firstRate(rate: Exclude<RateSpec, 'max'>): number {
  if (rate.kind === 'constant') return rate.perSecond;
  return rate.kind === 'ramp' ? rate.from : (rate.steps[0]?.rate ?? 0);
}
