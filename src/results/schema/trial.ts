import { z } from 'zod';
import { ackSources } from '../../base/choices.ts';
import { delivery, place } from './delivery.ts';
import { fault } from './fault.ts';
import {
  consumerLatency,
  count,
  errorCount,
  histogram,
  librdkafkaSummary,
  micros,
  producerLatency,
  rate,
} from './measures.ts';

const observed = (what: string) =>
  z
    .object({
      messages: count.describe('between the begin and the end of the measured phase, whenever they were due'),
      later: count.describe('after its end'),
    })
    .exactOptional()
    .describe(
      `Messages by when they were ${what}. Absent in format 1.0, whose rates are of messages due in the phase`,
    );

export const producer = z.object({
  name: z.string(),
  topic: z.string().optional().describe('as the scenario names it'),
  clients: count,
  ackSource: z.enum(ackSources),
  closedLoop: z.boolean(),
  messages: count.describe('attempted in the measured phase and ended acked (or sent)'),
  attempted: count,
  acked: count,
  sent: count,
  rejected: count,
  indeterminate: count,
  bytes: count.describe('key and value bytes of `messages`'),
  rate,
  bytesPerSecond: z.number().nullable(),
  durationSeconds: z.number().describe('of its measured phase, over which `rate` is'),
  observed: observed('acknowledged (or sent)'),
  queueFull: count.describe('times that librdkafka’s queue was full and the sender waited'),
  queueFullTime: micros
    .exactOptional()
    .describe('how long it waited for that in the measured phase, all clients together'),
  refused: count
    .exactOptional()
    .describe('of `rejected`, those that the client itself refused: no broker has seen them'),
  unanswered: count
    .exactOptional()
    .describe('without an answer when the client was closed, warm-up included; they count as indeterminate'),
  latency: producerLatency,
  librdkafka: librdkafkaSummary,
});

export const consumer = z.object({
  name: z.string(),
  clients: count,
  group: z.string().nullable(),
  receiveSource: z.enum(['tap', 'consume-callbacks']),
  messages: count.describe('received, of those due in the measured phase'),
  received: count.describe('the same as messages'),
  processed: count.describe('received and taken through the commit rule, warm-up included'),
  invalid: count
    .nullable()
    .describe('processed values that failed validation, warm-up included; null where none is validated'),
  failed: count
    .nullable()
    .exactOptional()
    .describe(
      'messages whose processing failed at each attempt, as processing.failures says; null where none can fail',
    ),
  deadLettered: count
    .nullable()
    .exactOptional()
    .describe('dead letters that brokers acknowledged, warm-up included; null without a dead-letter topic'),
  unprocessed: z
    .array(
      place.extend({
        error: z.string(),
        attempts: count,
        deadLetter: place.nullable().describe('where its dead letter is; null: it was skipped'),
      }),
    )
    .exactOptional()
    .describe('the first messages that were received and not processed, with why'),
  bytes: count,
  rate,
  bytesPerSecond: z.number().nullable(),
  durationSeconds: z.number().describe('of its measured phase, over which `rate` is'),
  observed: observed('received'),
  firstMessage: micros
    .nullable()
    .describe('from subscribing to the first message, the earliest of the clients'),
  endedBy: z.enum(['stop', 'idle']),
  latency: consumerLatency,
  librdkafka: librdkafkaSummary,
});

const lagPoint = z
  .object({
    at: micros.describe('from the start of the measured phase, microseconds'),
    messages: count,
    time: micros
      .nullable()
      .describe(
        'since the group was last level with a log, the worst of its partitions; null where not known',
      ),
  })
  .nullable();

export const groupLag = z
  .object({
    samples: count.describe('looks at the group, one a second'),
    missed: count.describe('of them, those to which some broker did not answer in time'),
    most: lagPoint.describe('the largest lag of all samples'),
    end: lagPoint.describe('where the measured phase ended'),
    final: lagPoint.describe('when the consumers had left'),
    partitions: z.array(
      z.object({
        topic: z.string().describe('as the scenario names it'),
        partition: z.int(),
        committed: count.nullable().describe('null: nothing is committed'),
        logEnd: count.nullable(),
        lag: count.nullable(),
        time: micros.nullable(),
        most: z.object({ at: micros, messages: count }).nullable(),
        member: z
          .object({ consumerId: z.string(), host: z.string(), clientId: z.string() })
          .nullable()
          .describe('who was last seen to have it; members are asked for every five seconds'),
      }),
    ),
  })
  .describe('How far the committed offsets of a group were behind the ends of its logs (docs/lag.md)');

export const group = z.object({
  name: z.string(),
  members: count,
  assignments: z.array(z.object({ at: micros, member: z.string(), partitions: z.array(z.string()) })),
  rebalances: z.array(
    z.object({
      at: micros,
      member: z.string(),
      kind: z.enum(['assign', 'revoke']),
      took: micros
        .nullable()
        .exactOptional()
        .describe('of an assignment: since the same member’s last revocation, null where there was none'),
    }),
  ),
  rebalanceCount: count
    .exactOptional()
    .describe('as the member counts that saw most; its first assignment is one'),
  unassigned: micros
    .nullable()
    .exactOptional()
    .describe('longest that a partition was nobody’s between two members; null where none moved'),
  shares: z.record(z.string(), count).describe('messages by member'),
  firstMessage: micros.nullable().describe('from subscribing to the first message, the earliest member'),
  processed: count,
  redelivered: count
    .nullable()
    .exactOptional()
    .describe('processed more than once: each further time; null without an audit'),
  committed: count
    .nullable()
    .describe('offsets that the group went forward by its commits; null where it was not sampled'),
  drained: micros
    .nullable()
    .exactOptional()
    .describe('from the end of producing until the group had read its logs to their ends; null: it had not'),
  lag: groupLag
    .nullable()
    .describe('null for groups that do not commit, and on clusters without admin requests (the mock)'),
});

export const pipeline = z.object({
  name: z.string(),
  transactions: z.object({ committed: count, aborted: count, unknown: count }),
  latency: z.object({ transaction: histogram.nullable() }),
});

export const totals = z.object({
  producers: z.object({ messages: count, bytes: count, rate, bytesPerSecond: z.number().nullable() }),
  consumers: z.object({ messages: count, bytes: count, rate, bytesPerSecond: z.number().nullable() }),
  latency: producerLatency.extend(consumerLatency.shape),
});

export const phase = z
  .object({
    name: z
      .enum(['warmup', 'measure', 'before', 'during', 'after', 'drain', 'window'])
      .describe('window: a range that a gate asks for'),
    from: z.number().describe('seconds from the start of the measured phase'),
    to: z.number(),
    latency: producerLatency
      .extend(consumerLatency.shape)
      .describe('null, too, for a part of the measured phase that reaches beyond its first two hours'),
    throughput: z
      .object({ producers: z.number().nullable(), consumers: z.number().nullable() })
      .describe('messages per second'),
    errors: z
      .array(errorCount.omit({ phase: true }))
      .nullable()
      .exactOptional()
      .describe('by code and by who met them; null for the drain'),
    duplicates: count
      .nullable()
      .exactOptional()
      .describe('in the log more than once: each further time; null without an audit'),
    redelivered: count
      .nullable()
      .exactOptional()
      .describe('processed more than once by a group: each further time; null without an audit'),
  })
  .describe(
    'warmup and measure hold the messages that were due in them. before, during and after the faults, and windows, are parts of the measured phase, cut at whole seconds: they hold what was acknowledged, received or failed in them, by the time of observation, whenever it was due. Duplicates and redeliveries belong to a phase by the second that `delivery.seconds` has for them, in every phase.',
  );

const column = z.array(z.number().nullable());

export const intervals = z
  .object({
    second: z.array(z.int()).describe('from the start of the measured phase; warm-up is negative'),
    producers: z.record(z.string(), z.record(z.string(), column)),
    consumers: z.record(z.string(), z.record(z.string(), column)),
    groups: z
      .record(z.string(), z.record(z.string(), column))
      .exactOptional()
      .describe(
        'By group: `lag` in messages and `lagTime` in microseconds, as sampled when the second began, null where there was no answer; `received.MEMBER`: messages, null while the member was not there',
      ),
  })
  .describe(
    'Columns of equal length, one entry a second, by the time of observation; latencies in microseconds. `late`: of the messages settled or received, those after the end of the measured phase',
  );

export const harness = z.object({
  cpu: z.number().describe('cores that the worker processes used over the run'),
  cpuPerMessage: micros.nullable().describe('worker CPU for each message sent plus received'),
  rss: count.describe('bytes, summed over workers'),
  eventLoop: z.number().describe('busiest worker’s event-loop utilisation, 0..1'),
  workers: z.array(
    z.object({ name: z.string(), cpu: micros, elapsed: micros, rss: count, eventLoop: z.number() }),
  ),
});

export const validity = z.object({
  ok: z.boolean(),
  reasons: z.array(
    z.object({
      code: z.string(),
      severity: z.enum(['invalid', 'warn']),
      metrics: z.array(z.string()),
      message: z.string(),
      value: z.number().nullable(),
      threshold: z.number().nullable(),
    }),
  ),
});

const brokerWarmup = z
  .object({
    state: z
      .enum(['warmed', 'remembered', 'off', 'not-ours', 'failed'])
      .describe(
        'remembered: brokers that have stayed up since they were warmed with this shape; not-ours: brokers that we do not start, and the mock, are measured as they are found',
      ),
    took: micros.describe(
      'starting and ending its clients and topics included; the load took a second a window',
    ),
    settled: z
      .boolean()
      .nullable()
      .describe('whether the last two seconds agreed; null where there was no load'),
    windows: z
      .array(micros.nullable())
      .describe(
        'median latency by second: end to end, or of acknowledgements where nobody reads; null where too little was observed',
      ),
  })
  .describe('What was done to the brokers before anything was measured');

export const trial = z.object({
  index: count,
  arm: z.string().optional(),
  block: count.optional(),
  order: count,
  cell: z.unknown().optional(),
  step: z.unknown().optional(),
  measureStart: z.iso
    .datetime()
    .exactOptional()
    .describe('wall clock at second 0 of intervals, lag and faults; absent where nothing was measured'),
  brokerWarmup: brokerWarmup.exactOptional(),
  validity,
  producers: z.array(producer),
  consumers: z.array(consumer),
  groups: z.array(group),
  pipelines: z.array(pipeline),
  totals,
  phases: z.array(phase),
  intervals,
  harness,
  delivery,
  errors: z.array(errorCount),
  faults: z.array(fault),
  search: z.unknown().optional(),
});
