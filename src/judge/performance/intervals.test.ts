import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../../measure/recorder.ts';
import type { IntervalReport, LibrdkafkaSample } from '../../protocol/report.ts';
import { sumCompact } from './compact-histogram.ts';
import { IntervalCollector, joinSamples, type Second } from './intervals.ts';
import { summariseLibrdkafka } from './librdkafka-summary.ts';
import { librdkafkaSample } from '../../protocol/protocol.case.ts';

function sparse(...micros: number[]) {
  const histogram = new Recorder();
  for (const value of micros) histogram.record(value);
  return histogram.toSparse();
}

function report(second: number, more: Partial<IntervalReport> = {}): IntervalReport {
  return {
    side: 'producer',
    name: 'writer',
    second,
    counts: { attempted: 1, settled: 2, errors: 3, received: 0, bytes: 4, within: 1, late: 1 },
    latency: {},
    librdkafka: [],
    ...more,
  };
}

function scene() {
  const closed: { second: Second; lines: readonly string[] }[] = [];
  const collector = new IntervalCollector((second, lines) => closed.push({ second, lines }));
  return { closed, collector };
}

describe('IntervalCollector', () => {
  it('closes a second when one two seconds newer is told, whoever tells it', () => {
    const { closed, collector } = scene();
    collector.add(report(0));
    collector.add(report(2));
    expect(closed).toEqual([]);
    collector.add(report(3, { side: 'consumer', name: 'reader' }));
    expect(closed.map(({ second }) => second.second)).toEqual([0]);
    collector.finish();
    expect(collector.seconds.map(({ side, second }) => [side, second])).toEqual([
      ['producer', 0],
      ['producer', 2],
      ['consumer', 3],
    ]);
  });

  it('adds what several workers tell of the same second, in whatever order they come', () => {
    const { closed, collector } = scene();
    collector.add(report(1, { latency: { ack: sparse(...new Array<number>(50).fill(100)) } }));
    collector.add(report(0));
    collector.add(report(1, { latency: { ack: sparse(...new Array<number>(50).fill(900)) } }));
    collector.add(report(0));
    collector.finish();
    expect(collector.seconds.map(({ second, counts }) => [second, counts])).toEqual([
      [0, { attempted: 2, settled: 4, errors: 6, received: 0, bytes: 8, within: 2, late: 2 }],
      [1, { attempted: 2, settled: 4, errors: 6, received: 0, bytes: 8, within: 2, late: 2 }],
    ]);
    expect(collector.seconds[1]!.latency.ack).toEqual({ p50: 100, p90: 900, p95: null, p99: null, max: 900 });
    expect(closed[1]!.lines).toHaveLength(1);
    expect(closed[1]!.lines[0]).toMatch(/^Tag=writer\.ack,1\.000,1\.000,0\.900,HIST/);
  });

  it('keeps sides and names apart', () => {
    const { collector } = scene();
    collector.add(report(0));
    collector.add(report(0, { name: 'other' }));
    collector.add(report(0, { side: 'consumer' }));
    collector.finish();
    expect(collector.seconds).toHaveLength(3);
  });

  it('loses nothing of a worker that comes with a second long complete, and claims no percentile of it', () => {
    const { closed, collector } = scene();
    const many = (micros: number) => sparse(...new Array<number>(100).fill(micros));
    collector.add(
      report(0, {
        latency: { ack: many(100), serviceAck: many(50) },
        librdkafka: [librdkafkaSample({ retries: 1 })],
      }),
    );
    collector.add(report(9));
    collector.add(
      report(0, { latency: { ack: many(5000) }, librdkafka: [librdkafkaSample({ retries: 2 })] }),
    );
    collector.finish();
    const first = collector.seconds.filter(({ second }) => second === 0);
    expect(first).toHaveLength(1);
    expect(first[0]!.counts).toEqual({
      attempted: 2,
      settled: 4,
      errors: 6,
      received: 0,
      bytes: 8,
      within: 2,
      late: 2,
    });
    expect(first[0]!.latency).toEqual({
      ack: { p50: null, p90: null, p95: null, p99: null, max: 5000 },
      serviceAck: { p50: 50, p90: 50, p95: null, p99: null, max: 50 },
    });
    expect(first[0]!.librdkafka!.retries).toBe(3);
    expect(first[0]!.histograms!.ack!.exact.count).toBe(200);
    expect(first[0]!.histograms!.serviceAck!.exact.count).toBe(100);
    // The files got each part on its own; both read them as a sum.
    expect(closed.filter(({ second }) => second.second === 0)).toHaveLength(2);
  });

  it('adds errors by code, of several workers and of one that comes late, and keeps none where there was none', () => {
    const { closed, collector } = scene();
    collector.add(report(0, { errors: { _MSG_TIMED_OUT: 2, _TRANSPORT: 1 } }));
    collector.add(report(0));
    collector.add(report(0, { errors: { _MSG_TIMED_OUT: 3 } }));
    collector.add(report(9));
    collector.add(report(0, { errors: { NOT_ENOUGH_REPLICAS: 1, _TRANSPORT: 1 } }));
    collector.finish();
    const [first, last] = collector.seconds;
    expect(first!.errors).toEqual({ _MSG_TIMED_OUT: 5, _TRANSPORT: 2, NOT_ENOUGH_REPLICAS: 1 });
    expect(last).not.toHaveProperty('errors');
    expect(closed[0]!.second.errors).toEqual({ _MSG_TIMED_OUT: 5, _TRANSPORT: 1 });
  });

  it('keeps histograms of the first two hours, and hands on none', () => {
    const { closed, collector } = scene();
    for (const second of [0, 7199, 7200]) collector.add(report(second, { latency: { ack: sparse(5) } }));
    collector.finish();
    expect(collector.seconds.map(({ second, histograms }) => [second, histograms !== undefined])).toEqual([
      [0, true],
      [7199, true],
      [7200, false],
    ]);
    expect(closed.some(({ second }) => 'histograms' in second)).toBe(false);
  });

  const reports = fc.array(
    fc.record({
      second: fc.integer({ min: -5, max: 20 }),
      name: fc.constantFrom('writer', 'other'),
      settled: fc.nat(100),
      samples: fc.array(fc.integer({ min: 0, max: 1e6 }), { maxLength: 5 }),
    }),
    { maxLength: 60 },
  );
  it('tells each second once, with everything that was said of it', () => {
    fc.assert(
      fc.property(reports, (list) => {
        const { closed, collector } = scene();
        for (const { second, name, settled, samples } of list) {
          const counts = { attempted: 0, settled, errors: 0, received: 0, bytes: 0, within: 0, late: 0 };
          collector.add(
            report(second, { name, counts, latency: samples.length ? { ack: sparse(...samples) } : {} }),
          );
        }
        collector.finish();
        const keys = collector.seconds.map(({ name, second }) => `${name} ${second}`);
        expect(new Set(keys).size).toBe(keys.length);
        for (const { name, second, counts, latency, histograms } of collector.seconds) {
          const of = list.filter((each) => each.name === name && each.second === second);
          expect(counts.settled).toBe(of.reduce((sum, each) => sum + each.settled, 0));
          const all = of.flatMap(({ samples }) => samples);
          expect(latency.ack?.max ?? null).toBe(all.length === 0 ? null : Math.max(...all));
          expect(histograms?.ack && sumCompact([histograms.ack])!.toSparse()).toEqual(
            all.length === 0 ? undefined : sparse(...all),
          );
        }
        const told = closed.reduce((sum, { second }) => sum + second.counts.settled, 0);
        expect(told).toBe(list.reduce((sum, { settled }) => sum + settled, 0));
      }),
    );
  });
});

describe('joinSamples', () => {
  it('takes the mean of what clients measured, the sum of what they counted, the worst p99', () => {
    expect(
      joinSamples([
        librdkafkaSample({ rtt: 100, rttP99: 500, batchBytes: 10, retries: 1, queued: 5 }),
        librdkafkaSample({ rtt: 300, rttP99: 400, retries: 2, queued: 7, throttle: 8 }),
      ]),
    ).toEqual(
      librdkafkaSample({ rtt: 200, rttP99: 500, batchBytes: 10, throttle: 8, retries: 3, queued: 12 }),
    );
    expect(joinSamples([])).toBeNull();
  });
});

describe('summariseLibrdkafka', () => {
  const at = (second: number, librdkafka: LibrdkafkaSample | null, more: Partial<Second> = {}): Second => ({
    side: 'producer',
    name: 'writer',
    second,
    counts: { attempted: 0, settled: 0, errors: 0, received: 0, bytes: 0, within: 0, late: 0 },
    latency: {},
    librdkafka,
    ...more,
  });

  it('is of the measured seconds: means of what is measured, retries since the warm-up, the mean queue', () => {
    const seconds = [
      at(-2, librdkafkaSample({ rtt: 9000, retries: 3, queued: 900 })),
      at(-1, librdkafkaSample({ rtt: 9000, retries: 5, queued: 900 })),
      at(0, librdkafkaSample({ rtt: 100, rttP99: 110, retries: 5, queued: 10 })),
      at(1, null),
      at(2, librdkafkaSample({ rtt: 200, rttP99: 190, retries: 9, queued: 20 })),
      at(0, librdkafkaSample({ rtt: 1, retries: 100 }), { name: 'other' }),
      at(0, librdkafkaSample({ rtt: 1, retries: 100 }), { side: 'consumer' }),
    ];
    expect(summariseLibrdkafka(seconds, 'producer', 'writer')).toEqual(
      librdkafkaSample({ rtt: 150, rttP99: 190, retries: 4, queued: 15 }),
    );
  });

  it('takes what there is where the measured phase was too short for a sample of its own', () => {
    const seconds = [at(-1, librdkafkaSample({ rtt: 70, retries: 2 }))];
    expect(summariseLibrdkafka(seconds, 'producer', 'writer')).toMatchObject({ rtt: 70, retries: 2 });
  });

  it('knows nothing without a sample', () => {
    expect(summariseLibrdkafka([at(0, null)], 'producer', 'writer')).toEqual({
      ...librdkafkaSample(),
      queued: null,
    });
  });
});
