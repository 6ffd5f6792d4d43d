import { beforeEach, describe, expect, it, vi } from 'vitest';
import { monotonic, sleep } from '../../../base/clock.ts';
import { virtualTime } from '../../../base/virtual-time.case.ts';
import type { AckSource } from '../../kafka/ack-source.ts';
import type { DeliveryReport, KafkaError, RawProducer } from '../../kafka/binding.ts';
import type { HandOver } from '../../kafka/producer.ts';
import { DeadLetterWriter } from './dead-letter-writer.ts';

virtualTime();

type Report = (error: KafkaError | null, report: DeliveryReport) => void;

/** A producer whose brokers answer when the test says so. */
const fake = {
  sent: [] as unknown[][],
  answer: 'queued' as HandOver,
  acks: undefined as unknown as AckSource,
  report: undefined as unknown as Report,
  closed: false,
};

vi.mock('../../kafka/producer.ts', () => ({
  ProducerClient: {
    connect: (_config: unknown, _topic: string, acks: AckSource) => {
      fake.acks = acks;
      const on = (_event: string, report: Report) => (fake.report = report);
      acks.attach({ on } as unknown as RawProducer);
      return Promise.resolve({
        handOver: (...args: unknown[]) => {
          fake.sent.push(args);
          acks.handOver(args[5] as number, 0, 0);
          return fake.answer;
        },
        poll: () => undefined,
        close: () => Promise.resolve((fake.closed = true)),
      });
    },
  },
}));

beforeEach(() => Object.assign(fake, { sent: [], answer: 'queued', closed: false }));

const original = {
  ...{ topic: 'payments', partition: 2, offset: 907, size: 1 },
  ...{ key: Buffer.from('k'), value: Buffer.from('v'), timestamp: 1_700_000_000_123 },
};
const why = { group: 'booking', attempts: 3, error: 'no such account' };
const open = () =>
  DeadLetterWriter.connect(
    'reader',
    { topic: 'dead', afterAttempts: 3, config: {} },
    monotonic,
    () => undefined,
  );

/** Slots of the acknowledgement source are numbered from the first. */
const acknowledged = (slot: number, code = 0): void =>
  fake.report(code === 0 ? null : Object.assign(new Error(), { code }), {
    ...{ topic: 'dead', partition: 1, offset: 40 + slot, key: null, size: 1, opaque: slot },
  });

describe('DeadLetterWriter', () => {
  it('hands over what the original was, and resolves when brokers have acknowledged it', async () => {
    const writer = await open();
    const written = vi.fn();
    const writing = writer.write(original, why).then(written);
    await vi.waitFor(() => expect(fake.sent).toHaveLength(1));
    await sleep(1000);
    expect(written).not.toHaveBeenCalled();
    acknowledged(0);
    await writing;
    expect(written.mock.calls).toEqual([[{ topic: 'dead', partition: 1, offset: 40 }]]);
    const [topic, partition, value, key, headers, , , , timestamp] = fake.sent[0]!;
    expect([topic, partition, value, key, timestamp]).toEqual([
      ...['dead', -1, original.value, original.key, original.timestamp],
    ]);
    expect(headers).toContainEqual({ '__dlq.errors.offset': '907' });
  });

  it.each([-1, 0])('lets librdkafka choose the time of one that has none (%s)', async (timestamp) => {
    const writer = await open();
    const writing = writer.write({ ...original, timestamp }, why);
    acknowledged(0);
    await writing;
    expect(fake.sent[0]![8]).toBeUndefined();
  });

  it('says which original has no dead letter where brokers refuse it', async () => {
    const writing = (await open()).write(original, why);
    acknowledged(0, 10);
    await expect(writing).rejects.toMatchObject({
      code: 'cluster',
      message: 'the dead letter of payments/2@907 could not be written to dead: MSG_SIZE_TOO_LARGE',
      hint: expect.stringContaining('was not committed') as string,
    });
  });

  it.each([
    ['full' as const, '_QUEUE_FULL'],
    [{ refused: 10 }, 'MSG_SIZE_TOO_LARGE'],
  ])('says so where librdkafka refuses it (%o)', async (answer, code) => {
    fake.answer = answer;
    await expect((await open()).write(original, why)).rejects.toThrow(
      `could not be written to dead: ${code}`,
    );
  });
});
