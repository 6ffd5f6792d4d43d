import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGE_BITS, PagedBitmap } from './paged-bitmap.ts';

const values = fc.array(fc.nat(300), { maxLength: 400 });

describe('PagedBitmap', () => {
  it('is a set, whatever is added and deleted, also over pages that were full', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('add', 'add', 'add', 'delete'), fc.nat(130)), {
      maxLength: 600,
    });
    fc.assert(
      fc.property(steps, (list) => {
        const bitmap = new PagedBitmap(32);
        const set = new Set<number>();
        for (const [step, value] of list) {
          if (step === 'add') {
            expect(bitmap.add(value)).toBe(!set.has(value));
            set.add(value);
          } else expect(bitmap.delete(value)).toBe(set.delete(value));
        }
        expect(bitmap.size).toBe(set.size);
        for (let value = 0; value <= 131; value++) expect(bitmap.has(value)).toBe(set.has(value));
      }),
    );
  });

  it('names what the other one lacks, ascending', () => {
    fc.assert(
      fc.property(values, values, fc.boolean(), (mine, theirs, full) => {
        const [a, b] = [new PagedBitmap(64), new PagedBitmap(64)];
        for (const each of mine) a.add(each);
        if (full) for (let each = 0; each < 64; each++) a.add(each);
        for (const each of theirs) b.add(each);
        const missing: number[] = [];
        a.forEachMissingIn(b, (each) => missing.push(each));
        const expected = [...new Set([...mine, ...(full ? Array(64).keys() : [])])]
          .filter((each) => !theirs.includes(each))
          .sort((x, y) => x - y);
        expect(missing).toEqual(expected);
      }),
    );
  });

  it('holds a page or two of a million numbers in order', () => {
    const bitmap = new PagedBitmap();
    for (let i = 0; i < 1_000_000; i++) bitmap.add(i);
    expect(bitmap.size).toBe(1_000_000);
    expect(bitmap.bytes).toBeLessThan((2 * PAGE_BITS) / 8 + 1000);
  });
});
