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
      throttle: null,
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
