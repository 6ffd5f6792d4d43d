import { describe, expect, it } from 'vitest';
import { parseMetric, type ParsedMetric } from '../../../metrics/metrics.ts';
import { receivedSecond, sentSecond } from '../../../trial/evidence.case.ts';
import { faultPhases, gatedWindows } from './window-phases.ts';

const second = 1e6;
const start = 100 * second;
const measured = { start, length: 20.01 };
const span = (from: number, to: number) => ({ from: start + from * second, to: start + to * second });

/** 100/s acknowledged after 1 ms, from 8 s to 12 s 50/s after 9 ms; received a second later. */
const seconds = Array.from({ length: 23 }, (_, i) => i - 1).flatMap((at) => {
  const slow = at >= 8 && at < 12;
  const sent = at < 20 ? [sentSecond(at, slow ? 50 : 100, slow ? 9000 : 1000)] : [];
  return [...sent, receivedSecond(at, 100, 2000)];
});

const parts = (from: number, to: number, length = measured.length) =>
  faultPhases(span(from, to), { start, length }, { seconds, delivery: null }).map(({ name, from, to }) => [
    name,
    from,
    to,
  ]);

describe('faultPhases', () => {
  it('cuts the measured phase at the whole seconds around the faults', () => {
    expect(parts(8.2, 11.3)).toEqual([
      ['before', 0, 8],
      ['during', 8, 12],
      ['after', 12, 20.01],
    ]);
  });

  it('takes a fault that was a hair early or late for punctual', () => {
    expect(parts(7.9996, 11.0004)).toEqual([
      ['before', 0, 8],
      ['during', 8, 11],
      ['after', 11, 20.01],
    ]);
  });

  it('leaves out what is not there', () => {
    expect(parts(8.2, Infinity)).toEqual([
      ['before', 0, 8],
      ['during', 8, 20.01],
    ]);
    expect(parts(-3, 4)).toEqual([
      ['during', 0, 4],
      ['after', 4, 20.01],
    ]);
    expect(parts(25, 30)).toEqual([['before', 0, 20.01]]);
    expect(parts(-3, -1)).toEqual([['after', 0, 20.01]]);
  });

  it('sums what was observed in each', () => {
    const [before, during, after] = faultPhases(span(8.2, 11.3), measured, { seconds, delivery: null });
    expect(before!.throughput).toEqual({ producers: 100, consumers: 100 });
    expect(during!.throughput).toEqual({ producers: 50, consumers: 100 });
    expect(after!.throughput.producers).toBeCloseTo(800 / 8.01, 9);
    expect([before!.latency.ack!.count, before!.latency.ack!.max]).toEqual([800, 1000]);
    expect([during!.latency.ack!.count, during!.latency.ack!.min]).toEqual([200, 9000]);
    // The second in which the measured phase ends is still of it; what came in the drain is not.
    expect(after!.latency.endToEnd!.count).toBe(900);
    expect(before!.latency.serviceAck).toBeNull();
  });

  it('sums what failed, what came twice and what was processed twice in each', () => {
    const failing = seconds.map((each) =>
      each.side === 'producer' && each.second >= 8 && each.second < 13
        ? { ...each, errors: { _MSG_TIMED_OUT: 2 } }
        : each,
    );
    const delivery = {
      duplicates: [
        { second: 7, count: 1 },
        { second: 8, count: 20 },
        { second: 11, count: 300 },
      ],
      redelivered: [{ second: 20, count: 4 }],
    };
    const made = faultPhases(span(8.2, 11.3), measured, { seconds: failing, delivery });
    const timedOut = (count: number) => [{ code: '_MSG_TIMED_OUT', scope: 'writer', count }];
    expect(made.map(({ errors, duplicates, redelivered }) => [errors, duplicates, redelivered])).toEqual([
      [[], 1, 0],
      [timedOut(8), 320, 0],
      [timedOut(2), 0, 4],
    ]);
    const unaudited = faultPhases(span(8.2, 11.3), measured, { seconds, delivery: null });
    expect(unaudited[1]).toMatchObject({ errors: [], duplicates: null, redelivered: null });
  });

  it('knows no latency of a part of which a second is not kept', () => {
    const late = seconds.map(({ histograms, ...each }) =>
      each.second === 15 || !histograms ? each : { ...each, histograms },
    );
    const [before, , after] = faultPhases(span(8.2, 11.3), measured, { seconds: late, delivery: null });
    expect(before!.latency.ack).not.toBeNull();
    expect(after!.latency.ack).toBeNull();
    expect(after!.throughput.producers).toBeCloseTo(800 / 8.01, 9);
  });

  it('has no rate of a side that is not there', () => {
    const sent = seconds.filter(({ side }) => side === 'producer');
    const [before] = faultPhases(span(8, 9), measured, { seconds: sent, delivery: null });
    expect(before!.throughput).toEqual({ producers: 100, consumers: null });
  });
});

describe('gatedWindows', () => {
  const windows = (...metrics: readonly string[]) =>
    gatedWindows(
      metrics.map((metric) => parseMetric(metric) as ParsedMetric),
      measured,
      { seconds, delivery: null },
    );

  it('makes each range once, as far as the measured phase goes', () => {
    const made = windows(
      'ack.p99@8s..10s',
      'throughput@8s..10s',
      'throughput@12s..20s',
      'throughput@12s..21s',
    );
    expect(made.map(({ name, from, to }) => [name, from, to])).toEqual([
      ['window', 8, 10],
      ['window', 12, 20],
    ]);
    expect(made[0]!.latency.ack).toMatchObject({ count: 100, max: 9000 });
    expect(made[0]!.throughput.producers).toBe(50);
  });

  it('makes none of phases and of no window', () => {
    expect(windows('ack.p99@during', 'ack.p99')).toEqual([]);
  });
});
