import { acksOf } from '../acks.ts';
import type { ClientProperties, PropertyName } from '../librdkafka-properties.ts';
import type { Rule } from './rule.ts';

/**
 * Settings of one client that each are allowed and that librdkafka refuses together: rd_kafka_conf_finalize() and
 * rd_kafka_assignors_init(), which run when a client is made. Found here, no cluster is started for them.
 * client-settings.test.ts holds every line against the library that is installed.
 */
interface Contradiction {
  readonly property: PropertyName;
  readonly message: string;
  /** The others that it contradicts. */
  readonly others?: readonly PropertyName[];
}

export const clientSettingsAgree: Rule = ({ scenario, problem }) => {
  const sides = [
    ['producers', scenario.producers, producerContradictions],
    ['consumers', scenario.consumers, consumerContradictions],
  ] as const;
  for (const [list, clients, contradictions] of sides) {
    for (const [i, { name, client }] of clients.entries()) {
      const path = [list, i, 'client'];
      for (const { property, message, others = [] } of [...contradictions(client), ...ofAny(client)]) {
        problem([...path, property], `${name}: ${message}`, {
          at: 'key',
          involves: others.filter((each) => client[each] !== undefined).map((each) => [...path, each]),
        });
      }
    }
  }
};

/** librdkafka's own of what is not given. */
const defaults = {
  'message.timeout.ms': 300_000,
  'reconnect.backoff.ms': 100,
  'reconnect.backoff.max.ms': 10_000,
  'session.timeout.ms': 45_000,
  'max.poll.interval.ms': 300_000,
  'message.max.bytes': 1_000_000,
  'fetch.max.bytes': 52_428_800,
  'queued.max.messages.kbytes': 65_536,
} as const satisfies Partial<Record<PropertyName, number>>;

const valueOf = (client: ClientProperties, name: keyof typeof defaults): number =>
  Number(client[name] ?? defaults[name]);

function* producerContradictions(client: ClientProperties): Generator<Contradiction> {
  if (client['enable.idempotence'] === true) yield* idempotentContradictions(client);
  else if (client['enable.gapless.guarantee'] === true) {
    yield {
      property: 'enable.gapless.guarantee',
      message: 'enable.gapless.guarantee needs enable.idempotence: true',
      others: ['enable.idempotence'],
    };
  }
  const linger = client['queue.buffering.max.ms'];
  const timeout = valueOf(client, 'message.timeout.ms');
  if (linger !== undefined && timeout !== 0 && timeout <= Number(linger)) {
    yield {
      property: 'queue.buffering.max.ms',
      message: `linger.ms ${linger} must be below message.timeout.ms (${timeout}), or every message times out while it waits`,
      others: ['message.timeout.ms'],
    };
  }
}

/** Most requests in flight that keep the order of an idempotent producer. */
const idempotentInFlight = 5;

function* idempotentContradictions(client: ClientProperties): Generator<Contradiction> {
  const needs = (property: PropertyName, name: string, need: string): Contradiction => ({
    property,
    message: `enable.idempotence: true needs ${name} ${need}, not ${String(client[property])}`,
    others: ['enable.idempotence'],
  });
  const exceeds = (property: PropertyName, most: number): boolean => Number(client[property] ?? most) > most;
  if (acksOf(client) !== -1) yield needs('request.required.acks', 'acks:', 'all');
  if (exceeds('max.in.flight.requests.per.connection', idempotentInFlight))
    yield needs(
      'max.in.flight.requests.per.connection',
      'max.in.flight:',
      `at most ${String(idempotentInFlight)}`,
    );
  if (client['message.send.max.retries'] === 0)
    yield needs('message.send.max.retries', 'retries:', '1 or more');
  if (exceeds('queue.buffering.backpressure.threshold', 1))
    yield needs('queue.buffering.backpressure.threshold', 'queue.buffering.backpressure.threshold:', '1');
  if (client['queuing.strategy'] === 'lifo') yield needs('queuing.strategy', 'queuing.strategy:', 'fifo');
}

function* consumerContradictions(client: ClientProperties): Generator<Contradiction> {
  if (client['group.protocol'] === 'consumer') {
    const brokers: readonly [PropertyName, string][] = [
      ['session.timeout.ms', 'brokers set it (group.consumer.session.timeout.ms)'],
      ['heartbeat.interval.ms', 'brokers set it (group.consumer.heartbeat.interval.ms)'],
      ['partition.assignment.strategy', 'use group.remote.assignor'],
      ['group.protocol.type', 'leave it out'],
    ];
    for (const [property, instead] of brokers) {
      if (client[property] === undefined) continue;
      const message = `${property} is not for group.protocol: consumer; ${instead}`;
      yield { property, message, others: ['group.protocol'] };
    }
  } else {
    const session = valueOf(client, 'session.timeout.ms');
    const poll = valueOf(client, 'max.poll.interval.ms');
    if (poll < session) {
      yield {
        property:
          client['max.poll.interval.ms'] === undefined ? 'session.timeout.ms' : 'max.poll.interval.ms',
        message: `max.poll.interval.ms (${poll}) must not be below session.timeout.ms (${session})`,
        others: ['session.timeout.ms', 'max.poll.interval.ms'],
      };
    }
    if ((client['group.protocol.type'] ?? 'consumer') !== 'consumer')
      yield { property: 'group.protocol.type', message: 'group.protocol.type can only be consumer' };
  }
  yield* fetchContradictions(client);
}

/** The table has the wider range of share consumers. */
const fetchMinBytes = { from: 1, to: 100_000_000 };
/** Bytes that a response may be longer than its messages. */
const framing = 512;

function* fetchContradictions(client: ClientProperties): Generator<Contradiction> {
  const least = Number(client['fetch.min.bytes'] ?? 1);
  const { from, to } = fetchMinBytes;
  if (least < from || least > to) {
    const message = `fetch.min.bytes: expected a whole number from ${String(from)} to ${String(to)}, got ${String(least)}`;
    yield { property: 'fetch.min.bytes', message };
  }
  const message = valueOf(client, 'message.max.bytes');
  const fetch = valueOf(client, 'fetch.max.bytes');
  if (client['fetch.max.bytes'] !== undefined && fetch < message) {
    yield {
      property: 'fetch.max.bytes',
      message: `fetch.max.bytes (${fetch}) must not be below message.max.bytes (${message})`,
      others: ['message.max.bytes'],
    };
    return;
  }
  const receive = client['receive.message.max.bytes'];
  const queued = valueOf(client, 'queued.max.messages.kbytes') * 1024;
  const effective =
    client['fetch.max.bytes'] === undefined ? Math.max(Math.min(fetch, queued), message) : fetch;
  if (receive !== undefined && Number(receive) < effective + framing) {
    yield {
      property: 'receive.message.max.bytes',
      message: `receive.message.max.bytes (${receive}) must be at least fetch.max.bytes (${effective}) + ${String(framing)}`,
      others: ['fetch.max.bytes', 'message.max.bytes', 'queued.max.messages.kbytes'],
    };
  }
}

/** All that librdkafka has, by whether partitions move together or one after another. */
const assignors = new Map([
  ['range', 'eager'],
  ['roundrobin', 'eager'],
  ['cooperative-sticky', 'cooperative'],
]);

const partitioners = [
  'random',
  'consistent',
  'consistent_random',
  'murmur2',
  'murmur2_random',
  'fnv1a',
  'fnv1a_random',
];

function* ofAny(client: ClientProperties): Generator<Contradiction> {
  const backoff = valueOf(client, 'reconnect.backoff.ms');
  const longest = valueOf(client, 'reconnect.backoff.max.ms');
  if (longest < backoff) {
    yield {
      property:
        client['reconnect.backoff.ms'] === undefined ? 'reconnect.backoff.max.ms' : 'reconnect.backoff.ms',
      message: `reconnect.backoff.ms (${backoff}) must not exceed reconnect.backoff.max.ms (${longest})`,
      others: ['reconnect.backoff.ms', 'reconnect.backoff.max.ms'],
    };
  }
  const { partitioner } = client;
  if (partitioner !== undefined && !partitioners.includes(String(partitioner))) {
    const message = `partitioner: expected one of ${partitioners.join(', ')}, got "${String(partitioner)}"`;
    yield { property: 'partitioner', message };
  }
  yield* assignorContradictions(client);
}

function* assignorContradictions(client: ClientProperties): Generator<Contradiction> {
  const property = 'partition.assignment.strategy';
  const given = client[property];
  // A consumer of the new protocol may not have it at all.
  if (given === undefined || client['group.protocol'] === 'consumer') return;
  const named = assignorNames(String(given));
  const unknown = named.find((each) => !assignors.has(each));
  if (unknown !== undefined) {
    const known = [...assignors.keys()].join(', ');
    yield { property, message: `${property}: expected some of ${known}, got "${unknown}"` };
  } else if (new Set(named.map((each) => assignors.get(each))).size > 1) {
    yield {
      property,
      message: `${property}: cooperative-sticky cannot stand beside range or roundrobin: librdkafka does not migrate between them`,
    };
  }
}

/** As librdkafka takes them apart: it skips blanks before a name, and keeps those behind it. */
function assignorNames(text: string): string[] {
  const names: string[] = [];
  for (let rest = text; rest !== '';) {
    const [name = ''] = /^[^,]*/.exec(rest.replace(/^[ ,]+/, ''))!;
    rest = rest.replace(/^[ ,]+/, '').slice(name.length + 1);
    names.push(name);
  }
  return names;
}
