import { sleep } from '../../src/base/clock.ts';
import {
  binding,
  type HeaderList,
  type KafkaError,
  type RawProducer,
  type ReceivedMessage,
} from '../../src/client/kafka/binding.ts';
import { ConsumerClient } from '../../src/client/kafka/consumer.ts';

/** Raw clients in the test's own process: another program on the same cluster, which the run knows nothing of. */
interface Dating extends RawProducer {
  produce(
    topic: string,
    partition: number,
    value: Buffer | null,
    key: Buffer | null,
    timestamp: number | undefined,
    opaque: undefined,
    headers: HeaderList | undefined,
  ): void;
}

interface Transactional extends RawProducer {
  initTransactions(timeoutMillis: number, done: Done): void;
  beginTransaction(done: Done): void;
  abortTransaction(timeoutMillis: number, done: Done): void;
}

interface RawAdmin {
  deleteRecords(
    upTo: readonly { topic: string; partition: number; offset: number }[],
    options: undefined,
    done: Done,
  ): void;
  createPartitions(topic: string, total: number, timeoutMillis: number, done: Done): void;
  deleteTopic(topic: string, timeoutMillis: number, done: Done): void;
  createTopic(
    topic: { topic: string; num_partitions: number; replication_factor: number },
    timeoutMillis: number,
    done: Done,
  ): void;
  disconnect(): void;
}

type Done = (error: KafkaError | null | undefined) => void;

const admins = binding as unknown as {
  readonly AdminClient: { create(config: Record<string, unknown>): RawAdmin };
};

export interface Planted {
  readonly partition: number;
  readonly value: Buffer | null;
  readonly key?: Buffer | null;
  readonly headers?: HeaderList;
  /** ms since 1970; absent: now. */
  readonly timestamp?: number;
}

/** Writes what it is told to, and waits until all of it is acknowledged. */
export async function plant(bootstrap: string, topic: string, messages: readonly Planted[]): Promise<void> {
  const producer = await connect({ 'bootstrap.servers': bootstrap, acks: 'all' });
  produce(producer, topic, messages);
  await answer((done) => producer.flush(10_000, done));
  await close(producer);
}

/** As plant(), in a transaction that nobody ends until `abort` is called. */
export async function plantInOpenTransaction(
  bootstrap: string,
  topic: string,
  messages: readonly Planted[],
): Promise<{ abort: () => Promise<void> }> {
  const producer = (await connect({
    'bootstrap.servers': bootstrap,
    'transactional.id': `open-${topic}`,
  })) as Transactional;
  await answer((done) => producer.initTransactions(20_000, done));
  await answer((done) => producer.beginTransaction(done));
  produce(producer, topic, messages);
  await answer((done) => producer.flush(10_000, done));
  return {
    abort: async () => {
      await answer((done) => producer.abortTransaction(10_000, done));
      await close(producer);
    },
  };
}

/** The first `count` messages of a partition, as they lie in the log. */
export async function readLog(
  bootstrap: string,
  topic: string,
  partition: number,
  count: number,
): Promise<readonly ReceivedMessage[]> {
  const nothing = () => undefined;
  const consumer = await ConsumerClient.connect(
    { 'bootstrap.servers': bootstrap, 'group.id': 'never-joined' },
    { error: nothing, statistics: nothing, rebalance: nothing, endOfPartition: nothing },
  );
  consumer.assignFrom([{ topic, partition, offset: 0 }]);
  const messages: ReceivedMessage[] = [];
  const deadline = Date.now() + 10_000;
  while (messages.length < count && Date.now() < deadline) {
    messages.push(...(await consumer.receive(count - messages.length, 100)));
  }
  await consumer.close();
  return messages;
}

/** Moves the beginning of partitions: what lies before is gone. */
export async function deleteRecords(
  bootstrap: string,
  upTo: readonly { topic: string; partition: number; offset: number }[],
): Promise<void> {
  const admin = admins.AdminClient.create({ 'bootstrap.servers': bootstrap });
  await answer((done) => admin.deleteRecords(upTo, undefined, done));
  admin.disconnect();
}

/** A topic has so many partitions from now on. */
export async function addPartitions(bootstrap: string, topic: string, total: number): Promise<void> {
  const admin = admins.AdminClient.create({ 'bootstrap.servers': bootstrap });
  await answer((done) => admin.createPartitions(topic, total, 10_000, done));
  admin.disconnect();
}

/** Deletes a topic of one partition and makes one of its name, before a producer does that. */
export async function remakeTopic(bootstrap: string, topic: string): Promise<void> {
  const admin = admins.AdminClient.create({ 'bootstrap.servers': bootstrap });
  await answer((done) => admin.deleteTopic(topic, 10_000, done));
  const made = { topic, num_partitions: 1, replication_factor: 1 };
  await eventually(() =>
    answer((done) => admin.createTopic(made, 10_000, done)).then(
      () => true,
      // It is still going, or a producer was quicker.
      (error: unknown) => (error as KafkaError).code === 36,
    ),
  );
  admin.disconnect();
}

/** A member that reads and commits until it leaves. */
export async function joinGroup(
  bootstrap: string,
  topic: string,
  config: Readonly<Record<string, string>>,
): Promise<{ readonly received: number; leave: () => Promise<void> }> {
  const nothing = () => undefined;
  const consumer = await ConsumerClient.connect(
    {
      'bootstrap.servers': bootstrap,
      'enable.auto.commit': true,
      'auto.commit.interval.ms': '200',
      ...config,
    },
    { error: nothing, statistics: nothing, rebalance: nothing, endOfPartition: nothing },
  );
  consumer.subscribe([topic]);
  const member = { received: 0, left: false };
  const reading = (async () => {
    while (!member.left) member.received += (await consumer.receive(100, 100)).length;
    await consumer.close();
  })();
  return {
    get received() {
      return member.received;
    },
    leave: () => {
      member.left = true;
      return reading;
    },
  };
}

/** Looks every 20 ms until there is something; @throws Error after 20 s. */
export async function eventually<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error('it never came');
    await sleep(20);
  }
}

async function connect(config: Record<string, unknown>): Promise<RawProducer> {
  const producer = new binding.Producer(config);
  await answer((done) => producer.connect({ timeout: 10_000 }, done));
  return producer;
}

function produce(producer: RawProducer, topic: string, messages: readonly Planted[]): void {
  const dating: Dating = producer;
  for (const { partition, value, key = null, headers, timestamp } of messages) {
    dating.produce(topic, partition, value, key, timestamp, undefined, headers);
  }
}

function close(producer: RawProducer): Promise<void> {
  return answer((done) => producer.disconnect(1000, done));
}

function answer(ask: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    ask((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
