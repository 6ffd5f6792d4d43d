import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readStatistics } from './statistics.ts';

const sample = readFileSync(new URL('./golden/statistics.json', import.meta.url), 'utf8');

describe('readStatistics', () => {
  it('reads an emission of a producer with two busy brokers', () => {
    const statistics = readStatistics(sample);
    // (23 726 × 240 012 + 23 404 × 240 016) / 480 028, and so on: the fixture is that of STATISTICS.md, cut down.
    expect(statistics.internalLatency).toBeCloseTo(23_564.998_658, 5);
    expect(statistics.rtt).toBeCloseTo((2349 * 34 + 2493 * 35) / 69, 9);
    expect(statistics.outbufLatency).toBe(48);
    expect(statistics.batchBytes).toBe(249_671);
    expect(statistics.batchMessages).toBe(7130);
    expect(statistics.queued).toBe(22_710);
  });

  it('takes the worst broker of the 99th percentiles: they do not add', () => {
    expect(readStatistics(sample).rttP99).toBe(3583);
  });

  describe('where the window of round trips was clipped', () => {
    const withRtt = (...windows: readonly Record<string, number>[]) =>
      readStatistics(
        JSON.stringify({
          brokers: Object.fromEntries(
            windows.map((rtt, i) => [`b/${i}`, { nodeid: i, txretries: 0, rtt: { avg: 1, ...rtt } }]),
          ),
        }),
      );
    const slow = { cnt: 40, p99: 0, max: 1_900_000, avg: 1_350_000, outofrange: 40 };

    it('gives no percentile that lies in what was clipped, and says above what it is', () => {
      expect(withRtt(slow)).toMatchObject({ rtt: 1_350_000, rttP99: null, rttP99Above: 500_000 });
    });

    it('takes what is left for less than it is: its percentiles are of the fast ones alone', () => {
      const few = { cnt: 1000, p99: 480_000, max: 600_000, outofrange: 5 };
      expect(withRtt(few)).toMatchObject({ rttP99: null, rttP99Above: 480_000 });
    });

    it('knows no worst broker where one of them was clipped', () => {
      const fast = { cnt: 1000, p99: 3000, max: 4000, outofrange: 0 };
      expect(withRtt(fast, slow)).toMatchObject({ rttP99: null, rttP99Above: 500_000 });
      expect(withRtt(fast, fast)).toMatchObject({ rttP99: 3000, rttP99Above: null });
    });

    it('does not count what earlier windows left: librdkafka resets none in which nothing fitted', () => {
      const after = { cnt: 1000, p99: 3000, max: 4000, outofrange: 40 };
      expect(withRtt(after)).toMatchObject({ rttP99: 3000, rttP99Above: null });
    });
  });

  it('sums what brokers throttled, in microseconds', () => {
    const throttled = (sum: number) => ({
      nodeid: 1,
      txretries: 0,
      throttle: { avg: 5, p99: 9, cnt: 2, sum },
    });
    const brokers = { 'b/1': throttled(12), 'b/2': throttled(30) };
    expect(readStatistics(JSON.stringify({ brokers })).throttled).toBe(42_000);
    expect(readStatistics('{}').throttled).toBeNull();
  });

  it('counts retries of every real broker, and leaves out bootstrap and coordinator connections', () => {
    expect(readStatistics(sample).retries).toBe(7);
  });

  it('turns the one window kept in milliseconds into microseconds', () => {
    expect(readStatistics(sample).throttle).toBeCloseTo(((12 * 34 + 0 * 35) / 69) * 1000, 9);
  });

  it('knows nothing where nothing was measured', () => {
    const nothing = {
      batchBytes: null,
      batchMessages: null,
      internalLatency: null,
      outbufLatency: null,
      rtt: null,
      rttP99: null,
      rttP99Above: null,
      throttle: null,
      throttled: null,
      retries: 0,
      queued: 0,
    };
    expect(readStatistics('{}')).toEqual(nothing);
    const idle = { avg: 0, p99: 0, cnt: 0 };
    expect(
      readStatistics(
        JSON.stringify({
          msg_cnt: 0,
          brokers: { 'b/1': { nodeid: 1, txretries: 0, rtt: idle, throttle: idle, int_latency: idle } },
          topics: { t: { batchsize: idle, batchcnt: idle } },
        }),
      ),
    ).toEqual(nothing);
  });
});
