import { createRequire } from 'node:module';
import { afterAll, expect, it } from 'vitest';
import { parseScenario } from './load.ts';
import { ScenarioError } from './problem.ts';

interface Client {
  connect(options: { timeout: number; topic?: string }, done: (error: Error | null) => void): void;
  disconnect(done: () => void): void;
}
type ClientClass = new (config: Record<string, unknown>) => Client;
const { Producer, KafkaConsumer } = createRequire(import.meta.url)(
  '@confluentinc/kafka-javascript',
) as Record<'Producer' | 'KafkaConsumer', ClientClass>;

type Side = 'producer' | 'consumer';
type Settings = Readonly<Record<string, string | number | boolean>>;

const closing: Promise<void>[] = [];
afterAll(() => Promise.all(closing));

/** Whether librdkafka makes a client of these, and connects it to a mock cluster of its own. */
async function librdkafkaTakes(side: Side, settings: Settings): Promise<boolean> {
  const Class = side === 'producer' ? Producer : KafkaConsumer;
  const group = side === 'producer' ? {} : { 'group.id': 'g' };
  const mock = { 'bootstrap.servers': 'mock:1', 'test.mock.num.brokers': 1, log_level: 2 };
  try {
    const client = new Class({ ...mock, ...group, ...settings });
    const taken = await new Promise<boolean>((resolve) => {
      client.connect({ timeout: 10_000, topic: 't' }, (error) => resolve(error === null));
    });
    if (taken) closing.push(new Promise((resolve) => client.disconnect(resolve)));
    return taken;
  } catch {
    return false;
  }
}

/** What `validate` says of them: lines and messages. */
function refusals(side: Side, settings: Settings): string[] {
  const client = Object.entries(settings).map(([name, value]) => `      ${name}: ${JSON.stringify(value)}`);
  const own = ['  - name: w', '    topic: t', '    group: g', '    client:', ...client];
  const text =
    side === 'producer'
      ? ['producers:', ...own.filter((line) => !line.includes('group: g'))]
      : ['producers: [{ name: a, topic: t }]', 'consumers:', ...own];
  try {
    parseScenario(text.join('\n'), { file: 'x.yaml', env: {}, readFile: () => '' });
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ line, message }) => `${String(line)} ${message}`);
  }
}

const idempotent = { 'enable.idempotence': true };
const nextGeneration = { 'group.protocol': 'consumer' };

/** null: librdkafka takes it. */
const cases: readonly (readonly [Side, Settings, string | null])[] = [
  ['producer', { ...idempotent, acks: 1 }, 'enable.idempotence: true needs acks: all, not 1'],
  ['producer', { ...idempotent, 'request.required.acks': 0 }, 'needs acks: all, not 0'],
  ['producer', { ...idempotent, acks: 'all' }, null],
  ['producer', { ...idempotent, retries: 0 }, 'needs retries: 1 or more, not 0'],
  ['producer', { ...idempotent, retries: 1 }, null],
  ['producer', { ...idempotent, 'max.in.flight': 6 }, 'needs max.in.flight: at most 5, not 6'],
  ['producer', { ...idempotent, 'max.in.flight.requests.per.connection': 5 }, null],
  ['producer', { ...idempotent, 'queuing.strategy': 'lifo' }, 'needs queuing.strategy: fifo, not lifo'],
  ['producer', { ...idempotent, 'queue.buffering.backpressure.threshold': 2 }, 'threshold: 1, not 2'],
  ['producer', { 'enable.gapless.guarantee': true }, 'needs enable.idempotence: true'],
  ['producer', { ...idempotent, 'enable.gapless.guarantee': true }, null],
  ['producer', { acks: 1, retries: 0, 'max.in.flight': 6, 'queuing.strategy': 'lifo' }, null],
  [
    'producer',
    { 'linger.ms': 1000, 'message.timeout.ms': 1000 },
    'linger.ms 1000 must be below message.timeout.ms (1000)',
  ],
  ['producer', { 'linger.ms': 2000, 'delivery.timeout.ms': 1500 }, 'must be below message.timeout.ms (1500)'],
  ['producer', { 'linger.ms': 999.5, 'message.timeout.ms': 1000 }, null],
  ['producer', { 'linger.ms': 1000, 'message.timeout.ms': 0 }, null],
  ['producer', { 'message.timeout.ms': 1 }, null],
  ['producer', { 'reconnect.backoff.ms': 20_000 }, 'must not exceed reconnect.backoff.max.ms (10000)'],
  ['producer', { 'reconnect.backoff.max.ms': 50 }, 'reconnect.backoff.ms (100) must not exceed'],
  ['producer', { 'reconnect.backoff.ms': 20_000, 'reconnect.backoff.max.ms': 20_000 }, null],
  ['producer', { partitioner: 'murmur3' }, 'partitioner: expected one of random, consistent'],
  ['producer', { partitioner: 'fnv1a_random' }, null],
  ['producer', { 'message.max.bytes': 1000, 'batch.size': 2000 }, null],
  [
    'consumer',
    { 'session.timeout.ms': 400_000 },
    'max.poll.interval.ms (300000) must not be below session.timeout.ms (400000)',
  ],
  ['consumer', { 'max.poll.interval.ms': 40_000 }, 'must not be below session.timeout.ms (45000)'],
  ['consumer', { 'max.poll.interval.ms': 6000, 'session.timeout.ms': 6000 }, null],
  ['consumer', { 'heartbeat.interval.ms': 60_000 }, null],
  [
    'consumer',
    { ...nextGeneration, 'session.timeout.ms': 6000 },
    'session.timeout.ms is not for group.protocol: consumer; brokers set it',
  ],
  [
    'consumer',
    { ...nextGeneration, 'heartbeat.interval.ms': 1000 },
    'heartbeat.interval.ms is not for group.protocol: consumer',
  ],
  ['consumer', { ...nextGeneration, 'partition.assignment.strategy': 'range' }, 'use group.remote.assignor'],
  [
    'consumer',
    { ...nextGeneration, 'group.protocol.type': 'consumer' },
    'group.protocol.type is not for group.protocol: consumer',
  ],
  ['consumer', { ...nextGeneration, 'max.poll.interval.ms': 4000, 'group.remote.assignor': 'range' }, null],
  ['consumer', { 'group.protocol.type': 'connect' }, 'group.protocol.type can only be consumer'],
  [
    'consumer',
    { 'partition.assignment.strategy': 'sticky' },
    'expected some of range, roundrobin, cooperative-sticky, got "sticky"',
  ],
  ['consumer', { 'partition.assignment.strategy': 'Range' }, 'got "Range"'],
  ['consumer', { 'partition.assignment.strategy': 'roundrobin , range' }, 'got "roundrobin "'],
  [
    'consumer',
    { 'partition.assignment.strategy': 'range,cooperative-sticky' },
    'cooperative-sticky cannot stand beside range',
  ],
  ['consumer', { 'partition.assignment.strategy': 'range, roundrobin' }, null],
  ['consumer', { 'partition.assignment.strategy': 'cooperative-sticky,' }, null],
  ['producer', { 'partition.assignment.strategy': 'sticky' }, 'got "sticky"'],
  [
    'consumer',
    { 'fetch.min.bytes': 0 },
    'fetch.min.bytes: expected a whole number from 1 to 100000000, got 0',
  ],
  ['consumer', { 'fetch.min.bytes': 100_000_001 }, 'from 1 to 100000000'],
  ['consumer', { 'fetch.min.bytes': 100_000_000 }, null],
  [
    'consumer',
    { 'fetch.max.bytes': 10_000 },
    'fetch.max.bytes (10000) must not be below message.max.bytes (1000000)',
  ],
  ['consumer', { 'fetch.max.bytes': 10_000, 'message.max.bytes': 10_000 }, null],
  [
    'consumer',
    { 'receive.message.max.bytes': 10_000 },
    'receive.message.max.bytes (10000) must be at least fetch.max.bytes (52428800) + 512',
  ],
  [
    'consumer',
    { 'receive.message.max.bytes': 1_000_511, 'queued.max.messages.kbytes': 1 },
    'fetch.max.bytes (1000000) + 512',
  ],
  ['consumer', { 'receive.message.max.bytes': 1_000_512, 'queued.max.messages.kbytes': 1 }, null],
  ['producer', { 'receive.message.max.bytes': 1000 }, null],
  ['consumer', { 'linger.ms': 300_000, ...idempotent, acks: 1 }, null],
];

it.each(cases)('%s %j', async (side, settings, refusal) => {
  const said = refusals(side, settings);
  if (refusal === null) expect(said).toEqual([]);
  else {
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^\d+ w: /);
    expect(said[0]).toContain(refusal);
    expect(Number(/^\d+/.exec(said[0]!)![0])).toBeGreaterThan(4);
  }
  expect(await librdkafkaTakes(side, settings)).toBe(refusal === null);
});
