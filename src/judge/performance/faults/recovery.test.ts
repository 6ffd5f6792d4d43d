import { describe, expect, it } from 'vitest';
import { receivedSecond, sentSecond } from '../../../trial/evidence.case.ts';
import type { KeptSecond } from '../intervals.ts';
import { drainedAfter, recoveredAfter, steadyBefore, type Steady } from './recovery.ts';

const second = 1e6;
const rate = 100;
const usual = 5000;

/** Seconds from `from` on; each entry is a rate and what an acknowledgement took. */
const sent = (from: number, ...each: readonly (readonly [rate: number, ack: number])[]): KeptSecond[] =>
  each.map(([settled, ack], i) => sentSecond(from + i, settled, ack));
const good = (count: number): [number, number][] =>
  Array.from({ length: count }, (): [number, number] => [rate, usual]);

describe('steadyBefore', () => {
  const steady = { rate, p99: usual, oldest: null };

  it('is what whole seconds of the measured phase before the fault have in common', () => {
    const seconds = sent(-2, [1, 9e6], [1, 9e6], ...good(8), [1, 9e6]);
    expect(steadyBefore(8, seconds)).toEqual(steady);
    // The second in which the fault came is no whole one.
    expect(steadyBefore(8.9, seconds)).toEqual(steady);
  });

  it('is not moved by a hiccup', () => {
    expect(steadyBefore(15, sent(0, ...good(7), [20, 900_000], ...good(7)))).toEqual(steady);
  });

  it('needs three seconds in which something was acknowledged', () => {
    expect(steadyBefore(3, sent(0, ...good(3)))).toEqual(steady);
    expect(steadyBefore(2.9, sent(0, ...good(3)))).toBeNull();
    expect(steadyBefore(-1, sent(-9, ...good(5)))).toBeNull();
    expect(steadyBefore(5, sent(0, [0, 0], [0, 0], [0, 0], [0, 0], [0, 0]))).toBeNull();
    expect(steadyBefore(5, [])).toBeNull();
  });

  it('adds producers up, and takes serviceAck where there is no due time', () => {
    const other = sent(0, ...good(4)).map((each) => ({
      ...each,
      name: 'other',
      latency: { serviceAck: each.latency.ack! },
      histograms: { serviceAck: each.histograms!.ack! },
    }));
    expect(steadyBefore(4, [...sent(0, ...good(4)), ...other])).toEqual({ ...steady, rate: 2 * rate });
  });

  it('falls back on percentiles that were shown where no histograms are kept', () => {
    const shown = sent(0, ...good(4)).map(({ histograms, ...each }) => ({
      ...each,
      latency: { ack: { p50: null, p90: null, p95: null, p99: histograms!.ack!.exact.max! + 1, max: null } },
    }));
    expect(steadyBefore(4, shown)?.p99).toBe(usual + 1);
  });

  it('knows how long the oldest message of a second waits', () => {
    const received = [0, 1, 2].map((at) => receivedSecond(at, 50, 300_000 + at));
    expect(steadyBefore(3, [...sent(0, ...good(3)), ...received])?.oldest).toBe(300_001);
  });
});

describe('recoveredAfter', () => {
  const steady: Steady = { rate, p99: usual, oldest: null };
  const recovered = (ended: number, seconds: readonly KeptSecond[], sendingEnded = 30) =>
    recoveredAfter(ended, sendingEnded, seconds, steady);

  it('is 0 where service was good all the time', () => {
    expect(recovered(10.4, sent(0, ...good(30)))).toBe(0);
  });

  it('is from the end of the fault to the first of five seconds whose rate and p99 are back', () => {
    const slow = sent(10, [rate, 80_000], [rate, 20_000], ...good(10));
    expect(recovered(10.4, slow)).toBeCloseTo(1.6 * second, 3);
    const low = sent(10, [20, usual], [80, usual], ...good(10));
    expect(recovered(10, low)).toBe(2 * second);
  });

  it('holds 95 % of the rate and twice the p99 against the five seconds together', () => {
    const nearly = sent(10, [96, usual], [92, usual], [96, 2 * usual], [96, usual], [95, usual], ...good(5));
    expect(recovered(10, nearly)).toBe(0);
    expect(recovered(10, sent(10, ...good(4), [74, usual], ...good(9)))).toBe(5 * second);
    // 2 % of five seconds took longer than twice the usual.
    const tail = [...new Array<number>(90).fill(usual), ...new Array<number>(10).fill(3 * usual)];
    const seconds = [...sent(10, ...good(3)), sentSecond(13, rate, tail), ...sent(14, ...good(9))];
    expect(recovered(10, seconds)).toBe(4 * second);
  });

  it('does not begin with a second of the queue that the fault left, however much was acknowledged in it', () => {
    expect(recovered(10, sent(10, [9 * rate, 900_000], ...good(9)))).toBe(second);
  });

  it('is not told by seconds before it, nor by fewer than five, nor by those after the last message', () => {
    expect(recovered(12, sent(0, ...good(12), [1, usual], [1, usual], [1, usual]))).toBeNull();
    expect(recovered(10, sent(10, ...good(4)))).toBeNull();
    expect(recovered(10, sent(10, ...good(9)), 14)).toBeNull();
    expect(recovered(10, sent(10, ...good(9)), 14.9999)).toBe(0);
    expect(recovered(10, [])).toBeNull();
  });

  it('misses a second in which nothing happened', () => {
    const seconds = [...sent(10, ...good(4)), ...sent(15, ...good(6))];
    expect(recovered(10, seconds)).toBe(5 * second);
  });

  it('goes by the rate alone where p99 is not known', () => {
    const bare = sent(10, ...good(6)).map((each) => ({ ...each, latency: {}, histograms: {} }));
    expect(recovered(10, bare)).toBe(0);
  });
});

describe('drainedAfter', () => {
  const steady: Steady = { rate, p99: usual, oldest: 20_000 };
  const reader = { consumers: ['reader'], producers: ['writer'], copies: 1 };
  const scene = (oldest: readonly number[], received = rate): KeptSecond[] =>
    oldest.flatMap((each, i) => [
      sentSecond(10 + i, rate, usual),
      receivedSecond(10 + i, received, each * second),
    ]);
  const drained = (ended: number, seconds: readonly KeptSecond[], more: Partial<Steady> = {}) =>
    drainedAfter(ended, seconds, { ...steady, ...more }, [reader]);

  it('is 0 where nothing waited', () => {
    expect(drained(10.5, scene([0, 0, 0, 0, 0]))).toBe(0);
  });

  it('is the end of the second in which the last late message came', () => {
    expect(drained(10.5, scene([5, 6, 4, 2, 0, 0]))).toBeCloseTo(2.5 * second, 3);
  });

  it('sees a partition that comes only later, as long as the backlog lasts', () => {
    // In the sixth second comes one that was due before the fault ended; the ninth is a hiccup of its own.
    expect(drained(10, scene([3, 0, 0, 0, 0, 9, 0, 0, 2, 0]))).toBe(6 * second);
  });

  it('calls late what is later than usual', () => {
    expect(drained(10, scene([5, 6, 6, 5, 4, 3]), { oldest: 4 * second })).toBe(0);
    expect(drained(10, scene([5, 6, 6, 5, 4, 3]), { oldest: 1.9 * second })).toBe(4 * second);
  });

  it('is unknown without due times, and never where not everything came', () => {
    expect(drained(10, scene([0, 0, 0]), { oldest: null })).toBeNull();
    expect(drained(10, scene([0, 0, 0, 0], rate / 2))).toBeNull();
    // A second group received nothing.
    expect(
      drainedAfter(10, scene([0, 0, 0]), steady, [reader, { ...reader, consumers: ['dead'] }]),
    ).toBeNull();
    expect(drainedAfter(10, scene([0, 0, 0]), steady, [{ ...reader, copies: 2 }])).toBeNull();
  });
});
