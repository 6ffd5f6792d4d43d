import type { ProducerResult } from '../results/schema.ts';
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
      throttle: null,
      retries: 0,
      queued: null,
    };
  }
  // Over time a running total is its last value, and a level is its mean.
  return {
    ...joined,
    retries: Math.max(...samples.map((sample) => sample.retries)),
    queued: joined.queued / samples.length,
  };
}
