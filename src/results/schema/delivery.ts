import { z } from 'zod';
import { count, micros } from './measures.ts';

/** Lists are read-only, as in the verifier's own verdict, which goes in here as it is. */
const list = <T extends z.ZodType>(of: T) => z.array(of).readonly();

export const place = z.object({
  topic: z.string(),
  partition: z.int(),
  offset: z.int().describe('−1 where no broker named one'),
});

const neighbour = z.object({
  sequence: count,
  outcome: z.enum(['acked', 'sent', 'rejected', 'indeterminate']),
  inLog: z.boolean(),
  acked: place.exactOptional(),
});

const witness = z
  .object({
    kind: z.string().describe('of the anomaly'),
    producer: count.exactOptional(),
    incarnation: count.exactOptional(),
    sequence: count.exactOptional(),
    place: place.exactOptional().describe('where it was met'),
    acked: place
      .extend({ at: micros.nullable() })
      .exactOptional()
      .describe('what the acknowledgement said; `at` in microseconds of CLOCK_MONOTONIC, null where unknown'),
    neighbours: list(neighbour).exactOptional().describe('the sequences before and after'),
    group: z.string().exactOptional(),
    member: count.exactOptional(),
    count: count.exactOptional().describe('offsets from `place.offset` on, where there is more than one'),
    previous: z.int().exactOptional().describe('what was there before: a sequence, an offset, an epoch'),
    note: z.string().exactOptional(),
  })
  .describe('One instance of an anomaly, with what is needed to look for it in Kafka’s own tools');

const group = z
  .object({
    name: z.string(),
    expected: count.nullable(),
    processed: count,
    undelivered: count.nullable(),
    deadLettered: count,
    excused: count.describe('the backlog of a group that the scenario stopped for good'),
    redelivered: count.exactOptional().describe('processed again by the group: each further time'),
    undecided: count
      .exactOptional()
      .describe('of the undelivered: `unread` or `unattributed`, which nobody can call lost'),
    sharedPartitions: count
      .exactOptional()
      .describe(
        'partitions that somebody else had or whose topic was made again: redeliveries are not judged there',
      ),
  })
  .describe('expected = processed + undelivered + deadLettered + excused');

const bySecond = list(
  z.object({ second: z.int().nullable().describe('null: the record has no time'), count }),
);

const seconds = z
  .object({
    duplicates: bySecond.describe(
      'by the time of the further record: when the message was handed to its producer, which keeps that time when it sends the message again (CreateTime), or, on a topic with message.timestamp.type=LogAppendTime, when the broker stored the record',
    ),
    redelivered: bySecond.describe('by when a member of the group processed the message again'),
  })
  .describe(
    'When duplicates and redeliveries were, in whole seconds from the start of the measured phase; negative in the warm-up. They add up to those in `anomalies`.',
  );

const coverage = z
  .object({
    partitions: count,
    partitionsRead: count.describe('up to their end'),
    records: count.describe('read, those of others included'),
    acked: count.describe('acknowledged messages whose place was read: the acked ones but for the unaudited'),
    tail: z.boolean().describe('only the ends of partitions were read, as asked: the verdict is about them'),
  })
  .describe('What the audit has read');

export const delivery = z.object({
  guarantee: z.enum(['at-most-once', 'at-least-once', 'exactly-once', 'none']),
  order: z.enum(['partition', 'key', 'none']).describe('the order that gates'),
  audit: z.enum(['full', 'tail', 'off']),
  verdict: z.enum(['PASS', 'FAIL', 'HANG', 'UNKNOWN', 'VACUOUS', 'NONE']).describe('NONE: not checked'),
  reasons: list(z.string()).describe('why the verdict is not PASS, the worst first'),
  attempted: count,
  acked: count,
  sent: count.describe('acks=0: written to the socket, nothing more is known'),
  rejected: count,
  indeterminate: count,
  present: count
    .nullable()
    .describe('in the log: the sum over acked and sent; null until an audit has read the log'),
  compacted: count
    .nullable()
    .exactOptional()
    .describe('acked, and lawfully removed by log compaction; absent from before 1.1'),
  lost: count.nullable().describe('acked, not in a log that was read'),
  absent: count.nullable().describe('sent, not in a log that holds all that the run put into it'),
  sentUnaudited: count
    .nullable()
    .exactOptional()
    .describe(
      'sent, and nobody can tell: stored and removed since, or never stored; sent = present + absent + sentUnaudited; absent from before 1.1',
    ),
  unaudited: count.nullable().describe('acked, and their place could not be read'),
  indeterminatePresent: count.nullable().describe('of the indeterminate ones, in the log'),
  anomalies: z
    .record(z.string(), count)
    .describe('Counts by kind, of those that were found; docs/delivery.md defines the kinds'),
  seconds: seconds.exactOptional().describe('absent without an audit'),
  foreign: count.describe('records without an envelope of this run'),
  coverage: coverage.nullable().describe('null without an audit'),
  groups: list(group),
  stages: list(z.unknown()),
  witnesses: list(witness).describe('the first of each kind'),
  evidence: z
    .string()
    .nullable()
    .describe('directory beside the result, relative to it, from which the verdict can be reached again'),
});
