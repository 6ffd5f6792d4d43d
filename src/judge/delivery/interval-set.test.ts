import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IntervalSet } from './interval-set.ts';

const ranges = fc.array(fc.tuple(fc.nat(120), fc.nat(12)), { maxLength: 60 });

describe('IntervalSet', () => {
  it('holds what was added and counts what was there before, in any order', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const set = new IntervalSet();
        const reference = new Set<number>();
        for (const [from, length] of list) {
          const offsets = Array.from({ length }, (_, i) => from + i);
          const known = offsets.filter((each) => reference.has(each));
          const overlap = set.firstOverlap(from, from + length);
          expect(overlap?.[0]).toBe(known[0]);
          expect(set.add(from, from + length)).toBe(known.length);
          for (const each of offsets) reference.add(each);
        }
        expect(set.size).toBe(reference.size);
        expect(set.end).toBe(reference.size === 0 ? 0 : Math.max(...reference) + 1);
        const held = [...set.entries()].flatMap(([from, to]) =>
          Array.from({ length: to - from }, (_, i) => from + i),
        );
        expect(held).toEqual([...reference].sort((a, b) => a - b));
      }),
    );
  });

  it('keeps ranges apart and as few as can be', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const set = new IntervalSet();
        for (const [from, length] of list) set.add(from, from + length);
        let before = -1;
        for (const [from, to] of set.entries()) {
          expect(from).toBeGreaterThan(before);
          expect(to).toBeGreaterThan(from);
          before = to;
        }
      }),
    );
  });

  it('answers in any order of questions', () => {
    fc.assert(
      fc.property(ranges, fc.array(fc.nat(140), { maxLength: 100 }), (list, questions) => {
        const set = new IntervalSet();
        for (const [from, length] of list) set.add(from, from + length);
        for (const each of questions) {
          expect(set.has(each)).toBe(list.some(([from, length]) => each >= from && each < from + length));
        }
      }),
    );
  });
});
