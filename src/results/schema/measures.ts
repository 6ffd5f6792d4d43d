import { z } from 'zod';

const micros = z.number().describe('microseconds');
const count = z.int().nonnegative();

export const histogram = z
  .object({
    unit: z.literal('us'),
    count,
    min: micros.nullable(),
    max: micros.nullable(),
    sum: micros,
    mean: micros.nullable(),
    p50: micros.nullable(),
    p90: micros.nullable(),
    p95: micros.nullable().optional().describe('since 1.1'),
    p99: micros.nullable(),
    p999: micros.nullable(),
    p9999: micros.nullable(),
    overflow: count.describe('samples above one hour; counted, never clamped'),
    negative: count.describe('samples below zero; counted, never dropped'),
    hdr: z.string().describe('HdrHistogram V2, compressed, base64'),
  })
  .describe('A latency distribution. A percentile with fewer than 10 samples beyond it is null.');

export const rate = z.object({
  offered: z
    .number()
    .nullable()
    .describe('messages per second that the schedule asked for; null in a closed loop'),
  achieved: z
    .number()
    .nullable()
    .describe(
      'messages per second: those acknowledged (sent, received) between begin and end of the phase, whenever due, over its length; null where it had none',
    ),
});

export const producerLatency = z.object({
  scheduleDelay: histogram.nullable().describe('due to handed to librdkafka; null in a closed loop'),
  serviceAck: histogram
    .nullable()
    .describe('handed over to acknowledged, or written to the socket at acks=0'),
  ack: histogram.nullable().describe('due to acknowledged; null in a closed loop'),
  transaction: histogram.nullable(),
});

export const consumerLatency = z.object({
  endToEnd: histogram.nullable().describe('due to received; null without envelopes'),
});

const mean = z.number().nullable();

export const librdkafkaSummary = z
  .object({
    batchBytes: mean,
    batchMessages: mean,
    internalLatency: mean,
    outbufLatency: mean,
    rtt: mean,
    rttP99: mean,
    rttP99Above: mean
      .exactOptional()
      .describe('in the place of rttP99 where librdkafka’s window was clipped: the percentile is greater'),
    throttle: mean,
    throttled: mean
      .exactOptional()
      .describe('how long brokers throttled its connections (quotas), summed over clients and brokers'),
    retries: count,
    queued: mean,
  })
  .describe(
    'From librdkafka’s own statistics over the measured phase: means, times in microseconds; rttP99 is the worst.',
  );

export const errorCount = z.object({
  code: z.string().describe('librdkafka’s name of the error'),
  phase: z.string(),
  scope: z.string().describe('the producer or consumer that met it'),
  count,
});

export { count, micros };
