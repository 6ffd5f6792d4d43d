import { bare } from './bare.ts';
import { answer } from './child.ts';
import type { ReceivedMessage } from '../src/client/kafka/binding.ts';

export interface BareConsumer {
  readonly plan: {
    readonly bootstrap: string;
    readonly topic: string;
    readonly partitions: number;
    readonly messages: number;
  };
  readonly result: {
    readonly perSecond: number;
    readonly cpuPerMessage: number;
  };
}

/** consume(1000) until everything has been read; from the first batch to the last, as our result counts. */
answer<BareConsumer>(async (plan) => {
  const client = new bare.KafkaConsumer({
    'bootstrap.servers': plan.bootstrap,
    'group.id': 'bare',
    'auto.offset.reset': 'earliest',
    'enable.auto.commit': false,
    'fetch.queue.backoff.ms': 2,
  });
  await new Promise<void>((resolve, reject) => {
    client.connect({ timeout: 10_000 }, (error) => (error ? reject(error) : resolve()));
  });
  client.setDefaultConsumeTimeout(100);
  const cpu = process.cpuUsage();
  client.assign(
    Array.from({ length: plan.partitions }, (_, partition) => ({ topic: plan.topic, partition })),
  );
  const batch = () =>
    new Promise<readonly ReceivedMessage[]>((resolve, reject) => {
      client.consume(1000, (error, messages) => (error ? reject(error) : resolve(messages)));
    });
  let received = 0;
  let first = 0;
  while (received < plan.messages) {
    const { length } = await batch();
    if (length > 0 && received === 0) first = performance.now();
    received += length;
  }
  const seconds = (performance.now() - first) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: received / seconds, cpuPerMessage: (user + system) / received };
});
