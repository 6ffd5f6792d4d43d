import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { workerReport } from '../../../trial/evidence.case.ts';
import { joinSilence, longestWithin, type Silence } from './ack-silence.ts';

const shortest = 50_000;
const always = { from: -Infinity, to: Infinity };

/** Waits of 50 ms and more between acknowledgements at these times. */
const gapsIn = (times: readonly number[]): [number, number][] =>
  times.flatMap((at, i): [number, number][] =>
    i > 0 && at - times[i - 1]! >= shortest ? [[times[i - 1]!, at]] : [],
  );

/** What a worker tells of one partition that acknowledged at these times. */
const worker = (times: readonly number[], partition = 0, topic = 'orders-1') => {
  const [first, last] = [times[0]!, times.at(-1)!];
  const gaps = Float64Array.from(gapsIn(times).flat());
  return workerReport({ acks: [{ topic, partition, first, last, gaps }] });
};

const pairs = (silences: readonly Silence[]) => silences.map(({ from, to }) => [from, to]);

describe('joinSilence', () => {
  it('of one process is what it says, and what lies before its first acknowledgement and after its last', () => {
    expect(joinSilence([worker([100_000, 200_000, 210_000])])).toEqual([
      {
        topic: 'orders-1',
        partition: 0,
        silences: [
          { from: -Infinity, to: 100_000 },
          { from: 100_000, to: 200_000 },
          { from: 210_000, to: Infinity },
        ],
      },
    ]);
  });

  it('of several processes is only what is silence for all of them', () => {
    const [joined] = joinSilence([worker([0, 1e6]), worker([300_000, 700_000]), worker([400_000])]);
    expect(pairs(joined!.silences)).toEqual([
      [-Infinity, 0],
      [0, 300_000],
      [300_000, 400_000],
      [400_000, 700_000],
      [700_000, 1e6],
      [1e6, Infinity],
    ]);
  });

  it('keeps partitions and topics apart', () => {
    const joined = joinSilence([worker([0]), worker([5], 1), worker([7], 0, 'other'), worker([9], 1)]);
    expect(joined.map(({ topic, partition, silences }) => [topic, partition, silences.length])).toEqual([
      ['orders-1', 0, 2],
      ['orders-1', 1, 3],
      ['other', 0, 2],
    ]);
  });

  it('is, from 50 ms on, the silence of all acknowledgements taken together', () => {
    const times = fc
      .array(fc.integer({ min: 0, max: 2_000_000 }), { minLength: 1, maxLength: 30 })
      .map((some) => some.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 5 }), (workers) => {
        const [joined] = joinSilence(workers.map((each) => worker(each)));
        const union = workers.flat().sort((a, b) => a - b);
        const long = joined!.silences.filter(({ from, to }) => to - from >= shortest);
        expect(pairs(long)).toEqual([[-Infinity, union[0]], ...gapsIn(union), [union.at(-1), Infinity]]);
        // Shorter ones are not all known; those that are told were such.
        for (const { from, to } of joined!.silences)
          expect(union.every((at) => at <= from || at >= to)).toBe(true);
      }),
    );
  });
});

describe('longestWithin', () => {
  const silences: Silence[] = [
    { from: -Infinity, to: 10 },
    { from: 20, to: 50 },
    { from: 60, to: 70 },
    { from: 80, to: Infinity },
  ];
  const longest = (window: Silence, sending: Silence = { from: 0, to: 100 }) =>
    longestWithin(silences, window, sending);

  it('is the whole of the longest silence that overlaps the window, however little of it', () => {
    expect(longest({ from: 49, to: 61 })).toBe(30);
    expect(longest({ from: 51, to: 61 })).toBe(10);
    expect(longest({ from: 0, to: Infinity })).toBe(30);
  });

  it('is 0 where acknowledgements came all the time; to touch is not to overlap', () => {
    expect(longest({ from: 50, to: 60 })).toBe(0);
    expect(longest({ from: 52, to: 58 })).toBe(0);
  });

  it('counts what lies before the first and after the last acknowledgement as far as something was sent', () => {
    expect(longest({ from: 0, to: 5 })).toBe(10);
    expect(longest({ from: 90, to: Infinity })).toBe(20);
    expect(longest({ from: 90, to: Infinity }, { from: 0, to: 81 })).toBe(0);
    expect(longest({ from: 0, to: 5 }, { from: 8, to: 100 })).toBe(0);
    expect(longest(always, { from: 8, to: 15 })).toBe(2);
    expect(longest(always, { from: 12, to: 15 })).toBe(0);
  });
});
