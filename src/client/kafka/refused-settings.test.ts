import { expect, it } from 'vitest';
import { DeliveryReports } from './ack-source.ts';
import { ConsumerClient } from './consumer.ts';
import { ProducerClient } from './producer.ts';

const nowhere = { 'bootstrap.servers': '127.0.0.1:1', 'group.id': 'g' };
const quiet = { error: () => undefined, statistics: () => undefined };

const producer = (config: Readonly<Record<string, unknown>>) => {
  const acks = new DeliveryReports({ acks: 'some', clock: { now: () => 0 }, settled: () => undefined });
  return ProducerClient.connect({ ...nowhere, ...config }, 't', acks, quiet, 'w');
};
const consumer = (config: Readonly<Record<string, unknown>>) =>
  ConsumerClient.connect(
    { ...nowhere, ...config },
    { ...quiet, rebalance: () => undefined, endOfPartition: () => undefined },
    'r',
  );

// With the library itself: nothing listens at the address, and it is not asked.
it.each([
  [
    'a value',
    () => producer({ partitioner: 'murmur3' }),
    'w: Invalid value for configuration property "partitioner"',
  ],
  [
    'two of a producer',
    () => producer({ 'linger.ms': 9, 'message.timeout.ms': 9 }),
    'w: `message.timeout.ms` must be greater than `linger.ms`',
  ],
  [
    'two of a consumer',
    () => consumer({ 'session.timeout.ms': 900_000 }),
    'r: `max.poll.interval.ms`must be >= `session.timeout.ms`',
  ],
  [
    'a word of a consumer',
    () => consumer({ 'isolation.level': 'x' }),
    'r: Invalid value "x" for configuration property "isolation.level"',
  ],
])('%s that librdkafka refuses is no failed connection', async (_, connect, why) => {
  // What the library throws at once is thrown here.
  const connecting = Promise.resolve().then((): Promise<unknown> => connect());
  await expect(connecting).rejects.toMatchObject({
    code: 'scenario',
    message: expect.stringContaining(`librdkafka refuses the settings of ${why}`) as string,
  });
});
