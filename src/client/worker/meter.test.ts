import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../measure/histogram.ts';
import { Meter } from './meter.ts';
import type { SparseHistogram } from '../../measure/slots.ts';
import type { IntervalReport, LatencyName } from '../../protocol/report.ts';
import { librdkafkaSample } from '../../protocol/protocol.case.ts';

const second = 1e6;

function begun(start = 0, measureStart = start, measureEnd = Infinity) {
  const intervals: IntervalReport[] = [];
  const meter = new Meter('producer', 'writer', (interval) => intervals.push(interval));
  meter.begin(start, measureStart, measureEnd);
  return { meter, intervals };
}

function restored(sparse: SparseHistogram | undefined): Histogram {
  const histogram = new Histogram();
  if (sparse) histogram.addSparse(sparse);
  return histogram;
}

describe('Meter', () => {
  it('takes the phase from the due time and the second from the time of observation', () => {
    const { meter, intervals } = begun(0, 2 * second);
    meter.count('settled', 2.1 * second, 2);
    meter.latency('ack', 1.9 * second, 2.1 * second, 200_000);
    meter.latency('ack', 2 * second, 2.2 * second, 300_000);
    meter.flush();
    expect(intervals.map(({ second }) => second)).toEqual([0]);
    expect(restored(intervals[0]!.latency.ack).count).toBe(2);
    expect(restored(meter.report().warmup.ack).max).toBe(200_000);
    expect(restored(meter.report().measured.ack).max).toBe(300_000);
  });

  it('keeps bytes with their messages, and loses none, also where they are told when the second is over', () => {
    const { meter, intervals } = begun();
    meter.count('settled', 0.9 * second, 2);
    meter.carried(200);
    // As a client that closes: no event has ended the second yet.
    meter.roll(1.1 * second);
    meter.carried(50);
    meter.flush();
    expect(intervals.map(({ second, counts }) => [second, counts.settled, counts.bytes])).toEqual([
      [0, 2, 200],
      [1, 0, 50],
    ]);
  });

  it('numbers the seconds of the warm-up backwards from the measured phase, also where it is no whole number', () => {
    const { meter, intervals } = begun(10 * second, 12.5 * second);
    for (const at of [10, 10.4, 10.6, 12.4, 12.6, 13.6]) meter.attempted(at * second);
    meter.flush();
    expect(intervals.map(({ second, counts }) => [second, counts.attempted])).toEqual([
      [-3, 2],
      [-2, 1],
      [-1, 1],
      [0, 1],
      [1, 1],
    ]);
  });

  it('takes what comes after a phase that was cut short for late', () => {
    const { meter, intervals } = begun(0, second, 61 * second);
    meter.count('received', 10.5 * second, 3);
    meter.endPhase(11 * second);
    meter.count('received', 10.9 * second, 5);
    meter.count('received', 11 * second, 7);
    meter.endPhase(70 * second);
    meter.count('received', 65 * second, 9);
    meter.flush();
    expect(intervals.map(({ counts: { within, late } }) => [within, late])).toEqual([
      [8, 0],
      [0, 7],
      [0, 9],
    ]);
  });

  it('ends a phase in the warm-up that was cut short there', () => {
    const { meter, intervals } = begun(0, 5 * second, 65 * second);
    meter.endPhase(2 * second);
    meter.count('received', 3 * second, 2);
    meter.count('received', 5.5 * second, 4);
    meter.flush();
    expect(intervals.map(({ counts: { within, late } }) => [within, late])).toEqual([
      [0, 0],
      [0, 4],
    ]);
  });

  it('does not cut a phase that ends with the last message', () => {
    const { meter, intervals } = begun(0, 0);
    meter.endPhase(1 * second);
    meter.count('settled', 1.5 * second, 4);
    meter.flush();
    expect(intervals[0]!.counts).toMatchObject({ within: 4, late: 0 });
  });

  it('counts errors by code, each second anew', () => {
    const { meter, intervals } = begun();
    meter.error('_MSG_TIMED_OUT', 0.2 * second);
    meter.error('NOT_ENOUGH_REPLICAS', 0.3 * second);
    meter.error('_MSG_TIMED_OUT', 0.9 * second);
    meter.count('settled', 1.5 * second, 1);
    meter.error('_TRANSPORT', 2.1 * second);
    meter.flush();
    expect(intervals.map(({ second, counts, errors }) => [second, counts.errors, errors])).toEqual([
      [0, 3, { _MSG_TIMED_OUT: 2, NOT_ENOUGH_REPLICAS: 1 }],
      [1, 0, undefined],
      [2, 1, { _TRANSPORT: 1 }],
    ]);
  });

  it('reports nothing of seconds in which nothing happened, and does not lose its place over them', () => {
    const { meter, intervals } = begun();
    meter.count('settled', 0.5 * second, 3);
    meter.roll(4.2 * second);
    meter.roll(6.9 * second);
    meter.count('settled', 7.1 * second, 4);
    meter.roll(8 * second);
    expect(intervals.map(({ second, counts }) => [second, counts.settled])).toEqual([
      [0, 3],
      [7, 4],
    ]);
  });

  it('does not hand on a second before it is over', () => {
    const { meter, intervals } = begun();
    meter.count('received', 0.1 * second, 1);
    meter.roll(0.999_999 * second);
    expect(intervals).toEqual([]);
    meter.roll(second);
    expect(intervals).toHaveLength(1);
  });

  it('keeps what came before the start was agreed for the first second', () => {
    const intervals: IntervalReport[] = [];
    const meter = new Meter('consumer', 'reader', (interval) => intervals.push(interval));
    meter.roll(123 * second);
    meter.librdkafka(0, librdkafkaSample({ rtt: 5 }));
    meter.begin(124 * second, 124 * second);
    meter.count('received', 124.5 * second, 1);
    meter.flush();
    expect(intervals).toMatchObject([
      { side: 'consumer', name: 'reader', second: 0, librdkafka: [{ rtt: 5 }] },
    ]);
  });

  it('keeps the newest sample of each client that shares the name', () => {
    const { meter, intervals } = begun();
    meter.librdkafka(0, librdkafkaSample({ retries: 1 }));
    meter.librdkafka(1, librdkafkaSample({ retries: 10 }));
    meter.librdkafka(0, librdkafkaSample({ retries: 2 }));
    meter.flush();
    expect(intervals[0]!.librdkafka.map(({ retries }) => retries)).toEqual([2, 10]);
  });

  it('leaves a sample to the second in which it came', () => {
    const { meter, intervals } = begun();
    meter.librdkafka(0, librdkafkaSample({ rtt: 1 }));
    meter.roll(1.5 * second);
    meter.count('settled', 1.6 * second, 1);
    meter.roll(2.5 * second);
    expect(intervals.map(({ librdkafka }) => librdkafka.map(({ rtt }) => rtt))).toEqual([[1], []]);
  });

  const events = fc.array(
    fc.record({
      step: fc.integer({ min: 0, max: 3 * second }),
      age: fc.integer({ min: 0, max: 4 * second }),
      what: fc.constantFrom('latency' as const, 'count' as const, 'tick' as const),
      latency: fc.constantFrom<LatencyName>('scheduleDelay', 'serviceAck', 'ack', 'endToEnd'),
      field: fc.constantFrom(
        'attempted' as const,
        'settled' as const,
        'errors' as const,
        'received' as const,
      ),
    }),
    { maxLength: 200 },
  );

  it('loses nothing: the seconds add up to the phases, and each event is in its own second', () => {
    fc.assert(
      fc.property(
        events,
        fc.double({ min: 0, max: 1e13, noNaN: true }),
        fc.integer({ min: 0, max: 5 * second }),
        fc.integer({ min: 0, max: 5 * second }),
        (list, start, warmup, measured) => {
          const measureStart = start + warmup;
          const measureEnd = measureStart + measured;
          const { meter, intervals } = begun(start, measureStart, measureEnd);
          const counted = new Map<string, number>();
          const expected = { warmup: new Map<string, number>(), measured: new Map<string, number>() };
          const add = (to: Map<string, number>, key: string) => to.set(key, (to.get(key) ?? 0) + 1);
          const addSide = (at: number) => {
            if (at < measureStart) return;
            const side = at < measureEnd ? 'within' : 'late';
            add(counted, `${Math.floor((at - measureStart) / second)} ${side}`);
          };
          let now = start;
          for (const { step, age, what, latency, field } of list) {
            now += step;
            if (what === 'tick') meter.roll(now);
            else if (what === 'count') {
              if (field === 'errors') meter.error('_TRANSPORT', now);
              else if (field === 'attempted') meter.attempted(now);
              else meter.count(field, now, 1);
              if (field === 'settled' || field === 'received') addSide(now);
              add(counted, `${Math.floor((now - measureStart) / second)} ${field}`);
            } else {
              const due = now - age;
              // A latency always comes with its count: a second without counts is not told.
              meter.count('settled', now, 1);
              addSide(now);
              add(counted, `${Math.floor((now - measureStart) / second)} settled`);
              meter.latency(latency, due, now, age);
              add(due < measureStart ? expected.warmup : expected.measured, latency);
            }
          }
          meter.flush();

          const seen = new Map<string, number>();
          const samples = new Map<string, number>();
          for (const { second: number, counts, latency } of intervals) {
            for (const [field, count] of Object.entries(counts) as [string, number][]) {
              if (count > 0) seen.set(`${number} ${field}`, (seen.get(`${number} ${field}`) ?? 0) + count);
            }
            for (const [name, sparse] of Object.entries(latency)) {
              samples.set(name, (samples.get(name) ?? 0) + restored(sparse).count);
            }
          }
          expect(seen).toEqual(counted);
          const { warmup: early, measured: due } = meter.report();
          for (const name of ['scheduleDelay', 'serviceAck', 'ack', 'endToEnd'] as const) {
            expect(restored(early[name]).count).toBe(expected.warmup.get(name) ?? 0);
            expect(restored(due[name]).count).toBe(expected.measured.get(name) ?? 0);
            expect(samples.get(name) ?? 0).toBe(
              (expected.warmup.get(name) ?? 0) + (expected.measured.get(name) ?? 0),
            );
          }
        },
      ),
    );
  });
});
