import { z } from 'zod';
import {
  choice,
  count,
  duration,
  exactlyOneOf,
  flag,
  list,
  mapping,
  name,
  oneKey,
  positiveDuration,
  share,
  text,
  word,
} from './leaf.ts';
import { client } from './client.ts';
import { stop, transactions } from './producer.ts';

const topicPartition = () =>
  mapping({
    topic: text('a topic name').describe('Of this topic.'),
    partition: count().describe('Partition number, from 0.'),
  });

const targetOf = choice(
  'a broker such as kafka2, controller, random, or { leaderOf | followerOf | coordinatorOf }',
  [
    text(),
    oneKey({
      leaderOf: topicPartition().describe('Leader of a partition.'),
      followerOf: topicPartition().describe('A follower of a partition.'),
      coordinatorOf: text('a group id').describe('Coordinator of a group.'),
    }),
  ],
).meta({ id: 'target', title: 'target' });

/** One definition for all faults. */
const target = () => targetOf;

const direction = () => word(['both', 'in', 'out']).describe('Which way; both by default.').exactOptional();

/** Actions whose value is a target. */
export const targeted = ['stop', 'start', 'kill', 'restart', 'pause', 'wipe', 'cut'] as const;

const actions = {
  stop: target().describe('Clean shutdown of a broker.').exactOptional(),
  start: target().describe('Start a broker.').exactOptional(),
  kill: target().describe('SIGKILL a broker.').exactOptional(),
  restart: target().describe('Stop and start a broker.').exactOptional(),
  pause: target().describe('Freeze a broker (SIGSTOP).').exactOptional(),
  rolling: text('all').describe('Restart one broker after another.').exactOptional(),
  wipe: target().describe('Stop a broker, empty its log directory, start it.').exactOptional(),
  partition: mapping({
    groups: list(list(text('a broker name')), 'lists of broker names').describe(
      'Sides that no longer see each other; `clients` is one of them, through the proxy.',
    ),
    direction: direction(),
  })
    .describe('Part brokers from each other (compose) or from clients (proxy).')
    .exactOptional(),
  degrade: mapping({
    target: target().describe('Whose connections.'),
    latency: duration().describe('Added delay.').exactOptional(),
    jitter: duration().describe('Random part of the delay.').exactOptional(),
    bandwidth: text('a bandwidth such as 10MB/s').describe('Limit, such as 10MB/s.').exactOptional(),
    direction: direction(),
  })
    .describe('Slow connections through the proxy.')
    .exactOptional(),
  drop: mapping({
    target: target().describe('Whose connections.'),
    requests: word(['produce', 'all']).describe('Drop whole requests.').exactOptional(),
    responses: word(['produce', 'all']).describe('Drop whole responses.').exactOptional(),
    share: share().describe('Share of them; all by default.').exactOptional(),
    reset: flag().describe('Reset a connection of which something was dropped.').exactOptional(),
  })
    .describe('Drop requests or responses through the proxy.')
    .exactOptional(),
  cut: target()
    .describe('Reset connections to a broker and refuse new ones, through the proxy.')
    .exactOptional(),
};

const fault = () =>
  mapping({
    id: name().describe('To refer to it in after: { healed }.').exactOptional(),
    at: duration().describe('When, counted from the start of the measured phase.').exactOptional(),
    after: mapping({
      acked: count(1).describe('After N acknowledgements.').exactOptional(),
      healed: name().describe('After that fault has healed.').exactOptional(),
      stable: duration().describe('With healed: and that much later.').exactOptional(),
    })
      .check(exactlyOneOf(['acked', 'healed']))
      .describe('When, by what has happened; or at.')
      .exactOptional(),
    ...actions,
    for: positiveDuration().describe('Heal after this long; absent: one-shot.').exactOptional(),
  })
    .check(exactlyOneOf(['at', 'after']))
    .check(exactlyOneOf(Object.keys(actions)));

export const faults = () => list(fault(), 'a list of faults').describe('What breaks, when, for how long.');

export const pipelines = () =>
  list(
    mapping({
      name: name().describe('Name in results and in expect.'),
      from: text('a topic name').describe('Topic to consume.'),
      to: text('a topic name').describe('Topic to produce to.'),
      group: text('a group id').describe('Consumer group.'),
      count: count(1).describe('Clients; 1 by default.').prefault(1),
      transactions: transactions(),
      stop: stop().exactOptional(),
      client: mapping({
        consumer: client().exactOptional(),
        producer: client().exactOptional(),
      })
        .describe('librdkafka properties of either side.')
        .exactOptional(),
    }),
    'a list of pipelines',
  ).describe('Consume, transform and produce, in one transaction per batch.');

export const verify = () =>
  mapping({
    audit: word(['full', 'tail', 'off'])
      .describe(
        'Independent read of the log after the drain: all of it (full, default), the ends of partitions (tail), or none.',
      )
      .exactOptional(),
    order: word(['partition', 'key', 'none'])
      .describe(
        'Within what messages of one client must keep their order; default: partition with expect.delivery: ' +
          'exactly-once, else none.',
      )
      .exactOptional(),
    evidence: z
      .union([z.boolean(), z.literal('true'), z.literal('false')], { error: 'true or false' })
      .transform((given) => given === true || given === 'true')
      .describe('Keep what the verdict rests on beside the result, for verify replay; default: true.')
      .exactOptional(),
  }).describe('How delivery is checked.');
