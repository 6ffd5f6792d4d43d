import { readFileSync } from 'node:fs';
import { deflateSync, inflateSync } from 'node:zlib';
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  HistogramLogReader,
} from 'hdr-histogram-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from './histogram.ts';
import { hlogHeader, hlogLine } from './hlog.ts';
import { Recorder } from './recorder.ts';
import { HIGHEST_MICROS } from './slots.ts';
import { mergeHistograms, restoreHistogram, summarise, type HistogramResult } from './summary.ts';

const values = fc.array(
  fc.record({ micros: fc.integer({ min: 0, max: HIGHEST_MICROS }), times: fc.integer({ min: 1, max: 300 }) }),
  { maxLength: 60 },
);

function histogramOf(samples: readonly { micros: number; times: number }[]): Histogram {
  const recorder = new Recorder();
  for (const { micros, times } of samples) for (let i = 0; i < times; i++) recorder.record(micros);
  return Histogram.of(recorder.toSparse());
}

const inflated = (base64: string): Buffer => inflateSync(Buffer.from(base64, 'base64').subarray(8));

interface Counts {
  totalCount: number;
  getCountAtIndex(index: number): number;
}

describe('V2 encoding', () => {
  it('comes back as it went in', () => {
    fc.assert(
      fc.property(values, (samples) => {
        const histogram = histogramOf(samples);
        const decoded = Histogram.decode(histogram.encode(), histogram.exact);
        expect(decoded.toSparse()).toEqual(histogram.toSparse());
      }),
    );
  });

  it('is read by hdr-histogram-js with the same counts', () => {
    fc.assert(
      fc.property(values, (samples) => {
        const histogram = histogramOf(samples);
        const library = decodeFromCompressedBase64(histogram.encode(), 64) as unknown as Counts;
        expect(library.totalCount).toBe(histogram.count);
        const { indices, counts } = histogram.toSparse();
        for (const [i, slot] of indices.entries()) expect(library.getCountAtIndex(slot)).toBe(counts[i]);
      }),
      { numRuns: 50 },
    );
  });

  it('has the payload of hdr-histogram-js byte for byte, under a correct header', () => {
    const histogram = histogramOf([
      { micros: 0, times: 3 },
      { micros: 2, times: 200 },
      { micros: 5, times: 1 },
      { micros: 3_000_000, times: 70_000 },
    ]);
    const library = build({
      bitBucketSize: 32,
      lowestDiscernibleValue: 1,
      highestTrackableValue: HIGHEST_MICROS,
      numberOfSignificantValueDigits: 3,
    });
    for (const [micros, times] of [
      [0, 3],
      [2, 200],
      [5, 1],
      [3_000_000, 70_000],
    ] as const) {
      library.recordValueWithCount(micros, times);
    }
    const ours = inflated(histogram.encode());
    const theirs = inflated(encodeIntoCompressedBase64(library));
    expect(ours.subarray(40)).toEqual(theirs.subarray(40));
    expect(histogram.encode()).toMatch(/^HISTF/);
    // cookie, payload length, normalizing index offset 0, 3 digits, 1, 3.6e9, ratio 1.0
    const header = `1c849313${(ours.length - 40).toString(16).padStart(8, '0')}0000000000000003`;
    expect(ours.subarray(0, 40).toString('hex')).toBe(
      `${header}000000000000000100000000d693a4003ff0000000000000`,
    );
  });

  it('keeps counts beyond 32 bits', () => {
    const histogram = new Histogram();
    const counts = Float64Array.of(2 ** 32 + 1, 2 ** 50 + 3);
    const exact = { count: 2 ** 32 + 1 + 2 ** 50 + 3, min: 7, max: 9000, sum: 1, overflow: 0, negative: 0 };
    histogram.addSparse({ indices: Uint32Array.of(7, 4000), counts, exact });
    expect(Histogram.decode(histogram.encode(), exact).toSparse().counts).toEqual(counts);
  });

  it('refuses what it cannot read, and says why', () => {
    const { exact, ...four } = histogramOf([{ micros: 10, times: 4 }]).toSparse();
    const good = Histogram.of({ ...four, exact }).encode();
    const decode = (base64: string) => () => Histogram.decode(base64, exact);
    expect(decode('')).toThrow('cut off');
    expect(decode(good.slice(0, 40))).toThrow('cut off');
    expect(decode(`AAAA${good.slice(4)}`)).toThrow('cookie');
    const library = encodeIntoCompressedBase64(build({ numberOfSignificantValueDigits: 2 }));
    expect(decode(library)).toThrow(/offset|digits/);
    // A count that goes on beyond the end, and an array that is not ours.
    const damaged = (change: (bytes: Buffer) => Buffer): string => {
      const deflated = deflateSync(change(inflateSync(Buffer.from(good, 'base64').subarray(8))));
      const prefix = Buffer.from(good, 'base64').subarray(0, 8);
      prefix.writeInt32BE(deflated.length, 4);
      return Buffer.concat([prefix, deflated]).toString('base64');
    };
    expect(decode(damaged((bytes) => bytes))).not.toThrow();
    expect(decode(damaged((bytes) => bytes.fill(0xff, bytes.length - 1)))).toThrow('histogram');
    expect(decode(damaged((bytes) => bytes.fill(0x80, 31, 32)))).toThrow('highest value');
    expect(() => Histogram.decode(good, { ...exact, count: 5 })).toThrow('4 samples, where 5 were recorded');
  });
});

describe('stored histograms', () => {
  /** Those of a result that version 1.0 wrote, with an encoder of our own. */
  const stored = (value: unknown): readonly HistogramResult[] => {
    if (typeof value !== 'object' || value === null) return [];
    return 'hdr' in value ? [value as HistogramResult] : Object.values(value).flatMap(stored);
  };
  const golden = new URL('../results/golden/result-1.0.json', import.meta.url);
  const histograms = stored(JSON.parse(readFileSync(golden, 'utf8')));

  it('are there', () => expect(histograms.length).toBeGreaterThan(5));

  it.each(histograms)('read and written again are what they were: $count samples, p50 $p50', (histogram) => {
    const again = summarise(restoreHistogram(histogram));
    expect(again).toEqual({ ...histogram, p95: again.p95, hdr: again.hdr });
    // What is deflated; how well depends on Node's zlib.
    expect(inflated(again.hdr)).toEqual(inflated(histogram.hdr));
  });
});

describe('summary', () => {
  it('has exact numbers, the percentiles that may be shown, and restores', () => {
    const recorder = new Recorder();
    for (let micros = 1; micros <= 1000; micros++) recorder.record(micros);
    recorder.record(2 * HIGHEST_MICROS);
    recorder.record(-1);
    const histogram = Histogram.of(recorder.toSparse());
    const summary = summarise(histogram);
    const { hdr, ...numbers } = summary;
    expect(numbers).toEqual({
      unit: 'us',
      count: 1002,
      min: -1,
      max: 2 * HIGHEST_MICROS,
      sum: 500_500 + 2 * HIGHEST_MICROS - 1,
      mean: (500_500 + 2 * HIGHEST_MICROS - 1) / 1002,
      p50: 500,
      p90: 901,
      p95: 951,
      p99: 991,
      p999: null,
      p9999: null,
      overflow: 1,
      negative: 1,
    });
    expect(decodeFromCompressedBase64(hdr).totalCount).toBe(1000);
    const restored = restoreHistogram(JSON.parse(JSON.stringify(summary)) as typeof summary);
    expect(summarise(restored)).toEqual(summary);
    expect(summarise(mergeHistograms([restored, histogram]))).toMatchObject({
      count: 2004,
      p99: 991,
      p50: 500,
    });
  });

  it('of nothing has nulls and a blob that reads as empty', () => {
    const summary = summarise(new Histogram());
    expect(summary).toMatchObject({
      count: 0,
      sum: 0,
      min: null,
      max: null,
      mean: null,
      p50: null,
      p9999: null,
    });
    expect(restoreHistogram(summary).isEmpty).toBe(true);
  });
});

describe('hlog', () => {
  it('is read by HdrHistogram’s log reader', () => {
    const histogram = histogramOf([{ micros: 1500, times: 20 }]);
    const log = hlogHeader(1_700_000_000_000) + hlogLine('writer.ack', 2, 1.0004, histogram);
    const line = log.split('\n')[5]!;
    expect(line).toMatch(/^Tag=writer\.ack,2\.000,1\.000,1\.500,HISTF/);
    expect(line.slice(line.indexOf('HISTF'))).toBe(histogram.encode());
    const reader = new HistogramLogReader(log);
    const read = reader.nextIntervalHistogram() as unknown as Counts & Record<string, unknown>;
    expect(read).toMatchObject({
      tag: 'writer.ack',
      totalCount: 20,
      startTimeStampMsec: 1_700_000_002_000,
      endTimeStampMsec: 1_700_000_003_000,
    });
    expect(reader.nextIntervalHistogram()).toBeNull();
  });

  it('refuses tags that would break the line', () => {
    expect(() => hlogLine('a,b', 0, 1, new Histogram())).toThrow('tag');
  });
});
