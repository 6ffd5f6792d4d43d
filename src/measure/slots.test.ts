import { build } from 'hdr-histogram-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HIGHEST_MICROS, SLOTS, slotFloor, slotOf } from './slots.ts';

const reference = build({
  bitBucketSize: 'packed',
  lowestDiscernibleValue: 1,
  highestTrackableValue: HIGHEST_MICROS,
  numberOfSignificantValueDigits: 3,
}) as unknown as { countsArrayIndex(value: number): number; countsArrayLength: number };

/** Latencies spread over all magnitudes, fractions included. */
const latency = fc
  .double({ min: 0, max: Math.log2(HIGHEST_MICROS), noNaN: true })
  .map((exponent) => 2 ** exponent - 1);
describe('slots', () => {
  it('are those of HdrHistogram, for random values and at the edges of powers of two', () => {
    const expectSame = (value: number) => {
      if (slotOf(value) !== reference.countsArrayIndex(value)) {
        expect.fail(`${value}: slot ${slotOf(value)}, library ${reference.countsArrayIndex(value)}`);
      }
    };
    for (let power = 1; power < HIGHEST_MICROS; power *= 2) {
      for (const value of [power - 1, power, power + 1]) expectSame(value);
    }
    fc.assert(fc.property(fc.integer({ min: 0, max: HIGHEST_MICROS }), expectSame), { numRuns: 20_000 });
    fc.assert(
      fc.property(latency, (value) => expectSame(Math.floor(value))),
      { numRuns: 20_000 },
    );
    expect(reference.countsArrayLength).toBe(SLOTS);
    expect(slotOf(HIGHEST_MICROS)).toBeLessThan(SLOTS);
  });

  it('begin where slotFloor says and are at most a thousandth wide', () => {
    for (let slot = 0; slot < slotOf(HIGHEST_MICROS); slot++) {
      const [from, to] = [slotFloor(slot), slotFloor(slot + 1)];
      const ok =
        slotOf(from) === slot && slotOf(to - 1) === slot && (to - from === 1 || (to - from) / from <= 1e-3);
      if (!ok) expect.fail(`slot ${slot}: ${from} to ${to}`);
    }
  });
});
