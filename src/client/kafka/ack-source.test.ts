import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { DeliveryReports, type Settled } from './ack-source.ts';
import type { DeliveryReport, KafkaError, RawProducer } from './binding.ts';

type Outcome = Parameters<Settled>;

/** A client that reports what the test says, and everything that came out of it. */
function scene(acks: 'none' | 'some' = 'some') {
  const time = { now: 0 };
  const settled: Outcome[] = [];
  const source = new DeliveryReports({
    acks,
    clock: { now: () => time.now },
    settled: (...outcome) => settled.push(outcome),
  });
  const client = new EventEmitter();
  source.attach(client as unknown as RawProducer);
  const report = (
    opaque: number | undefined,
    error: number | null = null,
    more: Partial<DeliveryReport> = {},
  ) =>
    client.emit(
      'delivery-report',
      error === null ? null : (Object.assign(new Error('failed'), { code: error }) satisfies KafkaError),
      {
        topic: 't',
        partition: 1,
        offset: 7,
        key: null,
        size: 100,
        ...more,
        ...(opaque === undefined ? {} : { opaque }),
      },
    );
  return { time, settled, source, report };
}

describe('DeliveryReports', () => {
  it('gives back what was handed over, with the time, the place and the key and value bytes', () => {
    const { time, settled, source, report } = scene();
    const slot = source.handOver(41, 1000.5, 1002.25);
    time.now = 1500;
    report(slot, null, { partition: 3, offset: 99, key: Buffer.from('key'), size: 10 });
    expect(settled).toEqual([[41, 1000.5, 1002.25, 1500, 0, 3, 99, 13]]);
    expect(source.outstanding).toBe(0);
  });

  it('reports an error by its code and without a place', () => {
    const { settled, source, report } = scene();
    report(source.handOver(1, 2, 3), -192, { partition: 3, offset: -1001 });
    expect(settled).toEqual([[1, 2, 3, 0, -192, -1, -1, 100]]);
  });

  it('names what its reports mean', () => {
    expect(scene('none').source.kind).toBe('socket-write');
    expect(scene('some').source.kind).toBe('delivery-reports');
  });

  it('settles nothing that was refused, and uses its slot again', () => {
    const { settled, source, report } = scene();
    const refused = source.handOver(1, 10, 11);
    source.refused(refused);
    expect(source.outstanding).toBe(0);
    const next = source.handOver(2, 20, 21);
    expect(next).toBe(refused);
    report(next);
    expect(settled.map(([sequence]) => sequence)).toEqual([2]);
  });

  it('ignores reports of messages that are not its own', () => {
    const { settled, source, report } = scene();
    source.handOver(1, 2, 3);
    report(undefined);
    expect(settled).toEqual([]);
    expect(source.outstanding).toBe(1);
  });

  it('keeps what waits when it grows, however late the reports come and in whatever order', () => {
    const { settled, source, report } = scene();
    const count = 20_000;
    const slots = Array.from({ length: count }, (_, i) => source.handOver(i, i + 0.25, i + 0.5));
    expect(new Set(slots).size).toBe(count);
    expect(source.outstanding).toBe(count);
    for (const slot of slots.toReversed()) report(slot);
    expect(settled.map(([sequence, due, at]) => [sequence, due, at])).toEqual(
      Array.from({ length: count }, (_, i) => [count - 1 - i, count - 0.75 - i, count - 0.5 - i]),
    );
    expect(source.outstanding).toBe(0);
  });

  it('may be handed the next message by the very report that frees a slot', () => {
    const outcomes: number[] = [];
    const client = new EventEmitter();
    const source: DeliveryReports = new DeliveryReports({
      acks: 'some',
      clock: { now: () => 0 },
      settled(sequence) {
        outcomes.push(sequence);
        if (sequence < 3) slots.push(source.handOver(sequence + 1, 0, 0));
      },
    });
    source.attach(client as unknown as RawProducer);
    const slots = [source.handOver(1, 0, 0)];
    for (let slot = slots.shift(); slot !== undefined; slot = slots.shift()) {
      client.emit('delivery-report', null, {
        topic: 't',
        partition: 0,
        offset: 0,
        key: null,
        size: 1,
        opaque: slot,
      });
    }
    expect(outcomes).toEqual([1, 2, 3]);
  });

  it('agrees with a map over a million random hand-overs, reports and refusals', () => {
    const random = seededRandom(20_260_731, 'delivery reports');
    const oracle = new Map<number, number>();
    const slots: number[] = [];
    let wrong = 0;
    let reported = 0;
    const client = new EventEmitter();
    const source = new DeliveryReports({
      acks: 'some',
      clock: { now: () => 0 },
      settled(sequence, due, handedOver) {
        reported++;
        if (due !== sequence * 2 || handedOver !== sequence * 2 + 1 || current !== sequence) wrong++;
      },
    });
    source.attach(client as unknown as RawProducer);
    let current = -1;
    let sequence = 0;
    let refusals = 0;
    for (let step = 0; step < 1_000_000; step++) {
      // The share of hand-overs swings, so that the table fills beyond its first size and empties again.
      const filling = Math.floor(step / 100_000) % 2 === 0 ? 0.6 : 0.4;
      if (slots.length === 0 || random.float() < filling) {
        const slot = source.handOver(sequence, sequence * 2, sequence * 2 + 1);
        if (oracle.has(slot)) wrong++;
        oracle.set(slot, sequence++);
        slots.push(slot);
        continue;
      }
      const at = random.below(slots.length);
      const slot = slots[at]!;
      slots[at] = slots[slots.length - 1]!;
      slots.pop();
      current = oracle.get(slot)!;
      oracle.delete(slot);
      if (random.below(10) === 0) {
        refusals++;
        source.refused(slot);
      } else
        client.emit('delivery-report', null, {
          topic: 't',
          partition: 0,
          offset: 0,
          key: null,
          size: 1,
          opaque: slot,
        });
      if (source.outstanding !== slots.length) wrong++;
    }
    expect(wrong).toBe(0);
    expect(reported + refusals + slots.length).toBe(sequence);
    expect(reported).toBeGreaterThan(300_000);
  });
});
