import { z } from 'zod';
import {
  choice,
  count,
  duration,
  exactlyOneOf,
  list,
  mapping,
  name,
  oneKey,
  positiveDuration,
  rate,
  share,
  text,
  word,
} from './leaf.ts';
import { client } from './client.ts';
import { headers, key, value } from './value.ts';

const rateMapping = mapping({
  from: rate().describe('Rate at the start.'),
  to: rate().describe('Rate at the end.'),
  over: positiveDuration().describe('How long the ramp takes; afterwards the rate stays.'),
});

const steps = z
  .array(
    mapping({
      rate: rate().describe('Rate of this step.'),
      for: positiveDuration().describe('How long it lasts; the last one stays.'),
    }),
  )
  .check(z.minLength(1, { error: 'at least one { rate, for }' }));

export const producerRate = () =>
  choice('max, a rate such as 5000/s, { from, to, over } or a list of { rate, for }', [
    z.literal('max'),
    rate(),
    rateMapping,
    steps,
  ])
    .transform((given) => {
      if (given === 'max') return given;
      if (typeof given === 'number') return { kind: 'constant' as const, perSecond: given };
      return Array.isArray(given)
        ? { kind: 'steps' as const, steps: given }
        : { kind: 'ramp' as const, ...given };
    })
    .describe('Messages per second of the whole group, open loop; max (default) is as fast as it goes.')
    .prefault('max');

const flush = () =>
  choice('never, each or { every: N }', [
    word(['never', 'each']),
    mapping({ every: count(1).describe('Flush after every N messages of a client.') }),
  ])
    .transform((given) => (given === 'never' ? given : given === 'each' ? 1 : given.every))
    .describe('When a client waits until everything is delivered; never (default): once at the end.')
    .prefault('never');

const partition = () =>
  choice('partitioner, roundRobin or a partition number', [word(['partitioner', 'roundRobin']), count()])
    .describe("Who chooses the partition; default: librdkafka's partitioner.")
    .prefault('partitioner');

/** Shared with pipelines. */
export const transactions = () =>
  mapping({
    size: count(1).describe('Messages in a transaction.').exactOptional(),
    every: positiveDuration().describe('How long a transaction lasts.').exactOptional(),
    abort: share().describe('Share of transactions aborted on purpose.').exactOptional(),
  })
    .check(exactlyOneOf(['size', 'every']))
    .describe('Send in transactions.');

const stopEvent = () =>
  mapping({
    at: choice('a duration such as 10s, or { acked: N }', [
      duration(),
      oneKey({ acked: count(1).describe('After N acknowledgements.') }),
    ]).describe('When, counted from the start of the measured phase.'),
    how: word(['leave', 'kill']).describe('leave closes cleanly, kill is SIGKILL.'),
    instance: count().describe('Which client of the group; default: all.').exactOptional(),
    restartAfter: duration().describe('Start it again after this long.').exactOptional(),
  });

/** Shared with consumers and pipelines. */
export const stop = () =>
  choice('{ at, how } or a list of them', [stopEvent(), list(stopEvent())])
    .transform((given) => (Array.isArray(given) ? given : [given]))
    .describe('Clients that leave or are killed during the run.');

export const producer = () =>
  mapping({
    name: name().describe('Name in results and in expect.'),
    topic: text('a topic name').describe('Where to.'),
    count: count(1).describe('Clients in this group; 1 by default.').prefault(1),
    messages: count(1).describe('End after this many measured messages of the group.').exactOptional(),
    for: positiveDuration().describe('End after this long; default: phases.measure.').exactOptional(),
    rate: producerRate(),
    arrival: word(['uniform', 'poisson'])
      .describe('Spacing of messages: even (default), or random as independent users send.')
      .prefault('uniform'),
    partition: partition(),
    key: key().prefault('none'),
    value: value().prefault({ bytes: 100 }),
    envelope: word(['prefix', 'header', 'none'])
      .describe(
        'Where the 32 bytes go that identify a message: before the value (default for bytes), in a record header ' +
          '(default for others), or nowhere: then delivery and end-to-end latency are not measured.',
      )
      .exactOptional(),
    tombstones: share()
      .describe('Share of messages without a value, which delete a key from a compacted topic.')
      .exactOptional(),
    headers: headers(),
    flush: flush(),
    transactions: transactions().exactOptional(),
    stop: stop().exactOptional(),
    client: client().prefault({}),
  }).transform((given) => ({
    ...given,
    envelope: given.envelope ?? (given.value.kind === 'bytes' ? ('prefix' as const) : ('header' as const)),
  }));
