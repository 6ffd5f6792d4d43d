import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { virtualTime } from '../../base/virtual-time.case.ts';
import { DeliveryReports } from './ack-source.ts';
import type { Metadata, ReceivedMessage, TopicPartition } from './binding.ts';
import { ConsumerClient, type ConsumerEvents } from './consumer.ts';
import { ProducerClient } from './producer.ts';

virtualTime();

const kafkaError = (code: number, message = 'failed') => Object.assign(new Error(message), { code });

/** The binding's clients as far as these two use them; the test plays librdkafka. */
class FakeRaw extends EventEmitter {
  readonly config: Record<string, unknown>;
  readonly calls: [count: number, timeout: number][] = [];
  log: (ReceivedMessage | Error)[] = [];
  metadata: Metadata[] = [];
  produces: () => void = () => undefined;
  #timeout = -1;
  constructor(config: Record<string, unknown>) {
    super();
    this.config = config;
    raws.push(this);
  }
  connect(_options: unknown, done: (error: Error | null) => void) {
    done(refusal);
  }
  isConnected() {
    return true;
  }
  getMetadata(_options: unknown, done: (error: Error | null, metadata: Metadata) => void) {
    done(null, this.metadata.length > 1 ? this.metadata.shift()! : this.metadata[0]!);
  }
  readonly assign = vi.fn();
  readonly pause = vi.fn();
  readonly resume = vi.fn();
  readonly assignments = vi.fn((): readonly TopicPartition[] => []);
  setDefaultConsumeTimeout(millis: number) {
    this.#timeout = millis;
  }
  consume(count: number, done: (error: Error | null, messages: readonly ReceivedMessage[]) => void) {
    this.calls.push([count, this.#timeout]);
    const messages: ReceivedMessage[] = [];
    while (messages.length < count && this.log.length > 0) {
      const next = this.log[0]!;
      if (next instanceof Error && messages.length > 0) break;
      this.log.shift();
      if (next instanceof Error) {
        setImmediate(() => done(next, []));
        return;
      }
      messages.push(next);
    }
    setTimeout(() => done(null, messages), messages.length > 0 ? 0 : this.#timeout);
  }
  commit = vi.fn(() => void setTimeout(() => this.emit('offset.commit', kafkaError(27), []), 5));
  produce() {
    this.produces();
  }
  readonly poll = vi.fn();
  readonly setPollInBackground = vi.fn();
  flush(_timeout: number, done: (error: Error | null) => void) {
    done(kafkaError(-185));
  }
  disconnect(...args: unknown[]) {
    (args.at(-1) as (error: Error | null) => void)(kafkaError(-1));
  }
}

const raws: FakeRaw[] = [];
let refusal: Error | null = null;
vi.mock('./binding.ts', async (original) => ({
  ...(await original<object>()),
  binding: {
    // Later than this factory, which runs before the class is there.
    get Producer() {
      return FakeRaw;
    },
    get KafkaConsumer() {
      return FakeRaw;
    },
    CODES: { ERRORS: { ERR__TRANSPORT: -195 } },
  },
}));
beforeEach(() => {
  raws.length = 0;
  refusal = null;
});

const message = (offset: number): ReceivedMessage => ({
  topic: 't',
  partition: 0,
  offset,
  key: null,
  value: null,
  size: 0,
});

function listener() {
  const heard: unknown[][] = [];
  const events: ConsumerEvents = {
    error: (...args) => heard.push(['error', ...args]),
    statistics: (sample) => heard.push(['statistics', sample.queued]),
    rebalance: (...args) => heard.push(['rebalance', ...args]),
    endOfPartition: (...args) => heard.push(['end', ...args]),
  };
  return { heard, events };
}

describe('ConsumerClient', () => {
  const connected = async (config: Record<string, unknown> = {}) => {
    const { heard, events } = listener();
    const client = await ConsumerClient.connect(config, events);
    return { client, heard, raw: raws[0]! };
  };

  it('sets what reading needs, and leaves the rest to the scenario', async () => {
    const { raw } = await connected({
      'fetch.queue.backoff.ms': 1000,
      'enable.partition.eof': false,
      'client.id': 'c',
    });
    expect(raw.config).toEqual({
      'statistics.interval.ms': 1000,
      'fetch.queue.backoff.ms': 1000,
      'client.id': 'c',
      'enable.partition.eof': true,
      rebalance_cb: true,
      offset_commit_cb: true,
    });
    expect((await connected()).heard).toEqual([]);
    expect(raws[1]!.config['fetch.queue.backoff.ms']).toBe(2);
  });

  it('says where it could not connect', async () => {
    refusal = kafkaError(-195, 'Local: Broker transport failure');
    await expect(ConsumerClient.connect({}, listener().events)).rejects.toMatchObject({
      code: 'cluster',
      message: 'a consumer could not connect: Local: Broker transport failure',
    });
  });

  it('waits for the first message only, and takes what else is there', async () => {
    const { client, raw } = await connected();
    raw.log = [1, 2, 3].map(message);
    expect((await client.receive(10, 50)).map(({ offset }) => offset)).toEqual([1, 2, 3]);
    expect(raw.calls).toEqual([
      [1, 50],
      [9, 0],
    ]);
    expect(await client.receive(10, 50)).toEqual([]);
    expect(raw.calls.slice(2)).toEqual([[1, 50]]);
  });

  it('takes the next batch in one call while batches are full, and waits again when they end', async () => {
    const { client, raw } = await connected();
    raw.log = [1, 2, 3, 4, 5].map(message);
    const offsets = async () => (await client.receive(2, 50)).map(({ offset }) => offset);
    expect([await offsets(), await offsets(), await offsets(), await offsets()]).toEqual([
      [1, 2],
      [3, 4],
      [5],
      [],
    ]);
    expect(raw.calls).toEqual([
      [1, 50],
      [1, 0],
      [2, 0],
      [2, 0],
      [1, 50],
    ]);
  });

  it('loses no message to an error behind it, and no error either', async () => {
    const { client, raw } = await connected();
    raw.log = [message(1), kafkaError(-147), message(2)];
    expect((await client.receive(10, 50)).map(({ offset }) => offset)).toEqual([1]);
    await expect(client.receive(10, 50)).rejects.toMatchObject({ code: -147 });
    expect((await client.receive(10, 50)).map(({ offset }) => offset)).toEqual([2]);
  });

  it('tells what librdkafka tells', async () => {
    const { heard, raw } = await connected();
    raw.emit('event.error', kafkaError(-195, 'down'));
    raw.emit('event.stats', { message: '{"msg_cnt":3}' });
    raw.emit('rebalance', kafkaError(-175), [{ topic: 't', partition: 0 }]);
    raw.emit('rebalance', kafkaError(-174), []);
    raw.emit('rebalance', kafkaError(-195, 'odd'), []);
    raw.emit('partition.eof', { topic: 't', partition: 1, offset: 9 });
    expect(heard).toEqual([
      ['error', '_TRANSPORT', 'down'],
      ['statistics', 3],
      ['rebalance', 'assign', [{ topic: 't', partition: 0 }]],
      ['rebalance', 'revoke', []],
      ['error', '_TRANSPORT', 'odd'],
      ['end', 't', 1, 9],
    ]);
  });

  it('assigns itself every partition, waiting for a topic that has just been made', async () => {
    const { client, raw } = await connected();
    const topic = (partitions: number) => ({
      brokers: [],
      topics: [{ name: 't', partitions: Array.from({ length: partitions }, (_, id) => ({ id, leader: 1 })) }],
    });
    raw.metadata = [topic(0), topic(3)];
    expect(await client.assignAll(['t'])).toEqual([0, 1, 2].map((partition) => ({ topic: 't', partition })));
    expect(raw.assign).toHaveBeenCalledTimes(1);
  });

  it('asks the binding for nothing where there is nothing', async () => {
    const { client, raw } = await connected();
    client.pause([]);
    expect(raw.pause).not.toHaveBeenCalled();
    expect(await client.commit([])).toBeNull();
    expect(await client.commit([{ topic: 't', partition: 0, offset: 1 }])).toMatchObject({ code: 27 });
    await client.close();
  });

  it('waits for the broker’s answer to a commit, and keeps what comes meanwhile in its place', async () => {
    const { client, raw, heard } = await connected();
    raw.log.push(message(0), message(1), message(2));
    raw.commit = vi.fn(() => {
      setTimeout(() => {
        raw.emit('partition.eof', { topic: 't', partition: 0, offset: 3 });
        raw.emit('offset.commit', undefined, []);
      }, 5);
    });
    expect(await client.commit([{ topic: 't', partition: 0, offset: 0 }])).toBeNull();
    // The end lies behind messages that nobody has received yet.
    expect(heard).toEqual([]);
    expect((await client.receive(2, 10)).map(({ offset }) => offset)).toEqual([0, 1]);
    expect((await client.receive(2, 10)).map(({ offset }) => offset)).toEqual([2]);
    expect(heard).toEqual([['end', 't', 0, 3]]);
  });

  it('pauses once where more comes than it keeps, and resumes when half of it has been received', async () => {
    const { client, raw } = await connected();
    const assigned = [{ topic: 't', partition: 0 }];
    raw.assignments.mockReturnValue(assigned);
    raw.log = Array.from({ length: 25_000 }, (_, i) => message(i));
    // A commit that is answered after so many messages.
    const commit = async (messages: number) => {
      let left = messages;
      const consume = raw.consume.bind(raw);
      raw.consume = (count, done) => {
        if (left-- === 0) raw.emit('offset.commit', undefined, []);
        consume(raw.pause.mock.calls.length > raw.resume.mock.calls.length ? 0 : count, done);
      };
      raw.commit = vi.fn();
      expect(await client.commit([{ topic: 't', partition: 0, offset: 0 }])).toBeNull();
      raw.consume = consume;
    };
    expect(client.tookAhead).toBe(false);
    await commit(10_001);
    expect(client.tookAhead).toBe(true);
    await commit(3);
    await commit(3);
    expect(raw.pause.mock.calls).toEqual([[assigned]]);
    expect(await client.receive(4000, 10)).toHaveLength(4000);
    expect(raw.resume).not.toHaveBeenCalled();
    await client.receive(2000, 10);
    await client.receive(1, 10);
    expect(raw.resume.mock.calls).toEqual([[assigned]]);
  });

  it('forgets what came for a partition that is revoked meanwhile', async () => {
    const { client, raw } = await connected();
    raw.log.push(message(0), message(1));
    raw.commit = vi.fn(() => void setTimeout(() => raw.emit('offset.commit', undefined, []), 5));
    await client.commit([{ topic: 't', partition: 0, offset: 0 }]);
    raw.emit('rebalance', kafkaError(-174), [{ topic: 't', partition: 0 }]);
    expect(await client.receive(5, 10)).toEqual([]);
  });
});

describe('ProducerClient', () => {
  const connected = async (config: Record<string, unknown> = {}) => {
    const acks = new DeliveryReports({ acks: 'some', clock: { now: () => 0 }, settled: () => undefined });
    const client = await ProducerClient.connect(config, 't', acks, {
      error: () => undefined,
      statistics: () => undefined,
    });
    const handOver = () => client.handOver('t', -1, Buffer.alloc(1), null, undefined, 0, 0, 0);
    return { client, raw: raws[0]!, handOver };
  };

  it('always asks for delivery reports', async () => {
    const { raw } = await connected({ dr_cb: false, acks: 1, 'statistics.interval.ms': 500 });
    expect(raw.config).toEqual({ dr_cb: true, acks: 1, 'statistics.interval.ms': 500 });
  });

  it('tells a full queue from a refusal, and counts neither as under way', async () => {
    const { client, raw, handOver } = await connected();
    expect(handOver()).toBe('queued');
    expect(client.outstanding).toBe(1);
    raw.produces = () => {
      throw kafkaError(-184);
    };
    expect(handOver()).toBe('full');
    raw.produces = () => {
      throw kafkaError(10);
    };
    expect(handOver()).toEqual({ refused: 10 });
    expect(client.outstanding).toBe(1);
  });

  it('does not take a mistake of ours for a refusal', async () => {
    const { client, raw, handOver } = await connected();
    raw.produces = () => {
      throw new TypeError('topic is no string');
    };
    expect(handOver).toThrow('topic is no string');
    expect(client.outstanding).toBe(0);
  });

  it('goes on after a flush that timed out and a disconnect that failed', async () => {
    const { client } = await connected();
    await client.flush(1);
    await client.close(1000);
  });

  it('says where it could not connect', async () => {
    refusal = kafkaError(-195, 'Local: Broker transport failure');
    await expect(connected()).rejects.toMatchObject({
      message: expect.stringContaining('a producer could not connect') as string,
    });
  });
});
