import { describe, expect, it } from 'vitest';
import { monotonic } from '../../base/clock.ts';
import { scenarioOf } from '../evidence.case.ts';
import type { Second } from '../../judge/performance/intervals.ts';
import { ProgressMeter } from './progress-meter.ts';
import { clientProgress } from '../../protocol/protocol.case.ts';

const at = (second: number, more: Partial<Second> = {}): Second => ({
  side: 'producer',
  name: 'writer',
  second,
  counts: { attempted: 0, settled: 0, errors: 0, received: 0, bytes: 0, within: 0, late: 0 },
  latency: {},
  librdkafka: null,
  ...more,
});

const counts = (settled: number, received = 0) => ({
  attempted: 0,
  settled,
  errors: 0,
  received,
  bytes: 0,
  within: 0,
  late: 0,
});

describe('ProgressMeter', () => {
  const timed = new ProgressMeter(
    scenarioOf(
      '{ producers: [{ name: writer, topic: t, rate: 10/s, for: 90s }], phases: { warmup: 5s, measure: 60s } }',
    ),
  );

  it('adds what the clients last said', () => {
    const read = timed.read(
      'measure',
      null,
      [
        clientProgress({ attempted: 100, settled: 90, failed: 4 }),
        clientProgress({ index: 1, attempted: 50, settled: 50 }),
        clientProgress({ side: 'consumer', received: 30 }),
      ],
      [],
    );
    expect(read).toEqual({
      phase: 'measure',
      elapsedSeconds: 0,
      totalSeconds: 95,
      attempted: 150,
      plannedMessages: null,
      settled: 140,
      received: 30,
      errors: 4,
      inFlight: 10,
      rate: 0,
      receiveRate: 0,
      p50: null,
      p99: null,
    });
  });

  it('shows the last complete second: the sum of the rates, the worst of the p99s', () => {
    const read = timed.read(
      'measure',
      monotonic.now() - 3e6,
      [],
      [
        at(0, { counts: counts(9999, 9999) }),
        at(1, {
          counts: counts(100),
          latency: {
            ack: { p50: 1, p90: null, p95: null, p99: 50, max: 60 },
            serviceAck: { p50: 1, p90: null, p95: null, p99: 999, max: 999 },
          },
        }),
        at(1, {
          name: 'other',
          counts: counts(20),
          latency: { ack: { p50: 1, p90: null, p95: null, p99: 70, max: 80 } },
        }),
        at(1, { side: 'consumer', name: 'reader', counts: counts(0, 77) }),
      ],
    );
    expect(read).toMatchObject({ rate: 120, receiveRate: 77, p50: 1, p99: 70 });
    expect(read.elapsedSeconds).toBeGreaterThanOrEqual(3);
  });

  it('says how far an audit is, by its own time', () => {
    const meter = new ProgressMeter(scenarioOf('producers: [{ name: a, topic: t, messages: 10 }]'));
    const reader = (received: number) => [clientProgress({ side: 'consumer', name: 'audit', received })];
    expect(meter.readAudit(null, reader(0), 1000, 5e6).audit).toEqual({
      ...{ read: 0, expected: 1000, perSecond: 0, seconds: 0 },
    });
    expect(meter.readAudit(null, reader(300), 1000, 8e6)).toMatchObject({
      phase: 'audit',
      audit: { read: 300, expected: 1000, perSecond: 100, seconds: 3 },
    });
  });

  it.each([
    [
      'messages',
      'producers: [{ name: a, topic: t, messages: 10 }, { name: b, topic: t, messages: 5 }]',
      15,
      null,
    ],
    ['time', 'producers: [{ name: a, topic: t }]', null, 10],
    ['both', 'producers: [{ name: a, topic: t, messages: 10 }, { name: b, topic: t }]', null, null],
  ])('says how far it is where %s ends the run', (_, text, plannedMessages, totalSeconds) => {
    expect(new ProgressMeter(scenarioOf(text)).read('measure', null, [], [])).toMatchObject({
      plannedMessages,
      totalSeconds,
    });
  });

  it.each([
    ['producers: [{ name: writer, topic: t, rate: 1/s }]', 1],
    ['producers: [{ name: writer, topic: t }]', 2],
    ['{ topics: [{ name: t, reuse: true }], consumers: [{ name: writer, topic: t }] }', 3],
  ])('shows the latency that means most: %s', (text, p99) => {
    const of = (value: number) => ({ p50: 0, p90: null, p95: null, p99: value, max: 0 });
    const seconds = [at(0, { latency: { ack: of(1), serviceAck: of(2), endToEnd: of(3) } })];
    expect(new ProgressMeter(scenarioOf(text)).read('measure', null, [], seconds).p99).toBe(p99);
  });
});
