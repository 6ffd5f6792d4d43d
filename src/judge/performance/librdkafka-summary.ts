import type { ProducerResult } from '../../results/schema.ts';
import { joinSamples, type Second } from './intervals.ts';

/** librdkafka's statistics of one producer or consumer over the measured seconds; a short run has its only ones. */
export function summariseLibrdkafka(
  seconds: readonly Second[],
  side: Second['side'],
  name: string,
): ProducerResult['librdkafka'] {
  const own = seconds.filter((each) => each.side === side && each.name === name);
  const measured = own.filter((each) => each.second >= 0);
  const samples = (measured.length > 0 ? measured : own).flatMap((each) => each.librdkafka ?? []);
  const joined = joinSamples(samples);
  if (!joined) {
    return {
      batchBytes: null,
      batchMessages: null,
      internalLatency: null,
      outbufLatency: null,
      rtt: null,
      rttP99: null,
      rttP99Above: null,
      throttle: null,
      throttled: null,
      retries: 0,
      queued: null,
    };
  }
  // A running total, from the client's start: what the warm-up retried is taken off. A level is its mean.
  const total = (list: readonly Second[]): number =>
    Math.max(0, ...list.map((each) => each.librdkafka?.retries ?? 0));
  const before = measured.length > 0 ? total(own.filter((each) => each.second < 0)) : 0;
  return { ...joined, retries: total(own) - before, queued: joined.queued / samples.length };
}
