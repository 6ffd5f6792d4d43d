import { z } from 'zod';
import type { Micros } from '../../base/clock.ts';
import {
  choice,
  count,
  duration,
  exactlyOneOf,
  list,
  mapping,
  name,
  number,
  oneKey,
  positiveDuration,
  share,
  text,
  word,
} from './leaf.ts';
import { client } from './client.ts';
import { stop } from './producer.ts';
import { jsonSchema } from './value.ts';

/** A batch of what is there, up to this many: the binding's calls cost more than a record does. */
const defaultMode = { kind: 'batch' as const, size: 1000 };

const mode = () =>
  choice('single or { batch: N }', [
    word(['single']),
    mapping({
      batch: count(1).describe('Messages in a batch, at most.'),
      wait: duration()
        .describe('How long to wait for a full batch; default: take what is there.')
        .exactOptional(),
    }),
  ])
    .transform((given) => {
      if (given === 'single') return { kind: 'single' as const };
      const wait = given.wait === undefined ? {} : { wait: given.wait };
      return { kind: 'batch' as const, size: given.batch, ...wait };
    })
    .describe('How messages are taken: one by one, or in batches (default { batch: 1000 }, without waiting).')
    .default(defaultMode);

export interface Commit {
  kind: 'auto' | 'each' | 'every' | 'interval' | 'before-processing' | 'none';
  messages?: number;
  interval?: Micros;
}

const commit = () =>
  choice('auto, each, before-processing, none, { every: N } or { interval: 5s }', [
    word(['auto', 'each', 'before-processing', 'none']),
    oneKey({
      every: count(1).describe('Commit after every N messages.'),
      interval: positiveDuration().describe('Commit this often.'),
    }),
  ])
    .transform((given): Commit => {
      if (typeof given === 'string') return { kind: given };
      if (given.every !== undefined) return { kind: 'every', messages: given.every };
      return { kind: 'interval', interval: given.interval ?? 0 };
    })
    .describe(
      "When offsets are committed; auto (default) is librdkafka's enable.auto.commit. Default without a group, or " +
        'with enable.auto.commit: false, is none.',
    );

const start = () =>
  choice('a duration such as 10s, { acked: N } or { stopped: name }', [
    duration(),
    oneKey({
      acked: count(1).describe('After N acknowledgements.'),
      stopped: name().describe('When that one has stopped.'),
    }),
  ]).describe('Join the run then; default: from the start.');

const processing = () =>
  mapping({
    time: choice('a duration such as 10ms, { uniform: [a, b] } or { exponential: mean }', [
      duration(),
      oneKey({
        uniform: z
          .tuple([duration(), duration()], { error: 'two durations, [a, b]' })
          .describe('Evenly between the two.'),
        exponential: positiveDuration().describe('Exponential with this mean.'),
      }),
    ])
      .describe('Time spent on each message.')
      .exactOptional(),
    failures: share()
      .describe('Share of messages that fail; drawn per message, not per attempt.')
      .exactOptional(),
  }).describe('What the application would do with a message.');

const validate = () =>
  mapping({
    json: jsonSchema()
      .describe(
        'What a JSON value must match; those that do not are counted as invalid. With avro: the record as read.',
      )
      .exactOptional(),
    avro: mapping({
      readerSchema: text('an .avsc file').describe('Schema to read with.'),
      writerSchema: text('an .avsc file')
        .describe('Schema it was written with, for bare framing.')
        .exactOptional(),
    })
      .describe('How an Avro value must decode.')
      .exactOptional(),
  }).describe('Check every value that this scenario sent, when it is processed.');

const deadLetter = () =>
  mapping({
    topic: text('a topic name').describe('Where failed messages go.'),
    afterAttempts: number('a whole number from 1', 1, 1e6).describe('Attempts before that.'),
  }).describe('What happens to messages that keep failing.');

export const consumer = () =>
  mapping({
    name: name().describe('Name in results and in expect.'),
    topic: text('a topic name').describe('What to read; or topics.').exactOptional(),
    topics: list(text('a topic name'), 'a list of topic names')
      .describe('What to read; or topic.')
      .exactOptional(),
    group: text('a group id')
      .describe('Consumer group; absent: each client reads all partitions, without a group.')
      .exactOptional(),
    count: count(1).describe('Clients in this group; 1 by default.').prefault(1),
    mode: mode(),
    commit: commit().exactOptional(),
    processing: processing().exactOptional(),
    validate: validate().exactOptional(),
    deadLetter: deadLetter().exactOptional(),
    start: start().exactOptional(),
    stop: stop().exactOptional(),
    idleTimeout: positiveDuration()
      .describe('End when nothing arrives for that long, counted from the first message.')
      .exactOptional(),
    client: client().prefault({}),
  })
    .check(exactlyOneOf(['topic', 'topics']))
    .transform(({ topic, topics, commit: given, ...rest }) => {
      const manual = rest.group === undefined || rest.client['enable.auto.commit'] === false;
      const implied: Commit = { kind: manual ? 'none' : 'auto' };
      return { ...rest, topics: topics ?? (topic === undefined ? [] : [topic]), commit: given ?? implied };
    });
