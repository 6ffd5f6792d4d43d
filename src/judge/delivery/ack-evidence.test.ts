import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AckEvidence, AckPageCache } from './ack-evidence.ts';
import { emptyAckPage, packAckPage, packedLimit, unpackAckPage } from './ack-page.ts';

const place = fc.record({
  partition: fc.integer({ min: -1, max: 5 }),
  offset: fc.oneof(fc.constant(-1), fc.nat(40), fc.integer({ min: 0, max: 2 ** 50 })),
});

describe('packed pages', () => {
  it('give back what they were made of, in no more than the space that was said', () => {
    fc.assert(
      fc.property(fc.array(place, { minLength: 32, maxLength: 32 }), fc.nat(9), (places, start) => {
        const page = emptyAckPage(32);
        places.forEach(({ partition, offset }, i) => {
          page.partition[i] = partition;
          page.offset[i] = partition < 0 ? -1 : offset;
        });
        const bytes = new Uint8Array(packedLimit(32) + start);
        const end = packAckPage(page, bytes, start);
        expect(end).toBeLessThanOrEqual(bytes.length);
        const read = emptyAckPage(32);
        unpackAckPage(bytes, start, read);
        expect(read).toEqual(page);
      }),
    );
  });

  it('take a few bytes where one partition follows, and 2 bits a message over three', () => {
    const page = emptyAckPage(1024);
    const bytes = new Uint8Array(packedLimit(1024));
    for (let i = 0; i < 1024; i++) {
      page.partition[i] = 7;
      page.offset[i] = 1_000_000 + i;
    }
    expect(packAckPage(page, bytes, 0)).toBeLessThan(16);
    const next = [0, 0, 0];
    for (let i = 0; i < 1024; i++) {
      const partition = (Math.imul(i, 0x9e3779b1) >>> 8) % 3;
      page.partition[i] = partition;
      page.offset[i] = next[partition]!++;
    }
    expect(packAckPage(page, bytes, 0)).toBeLessThan(1024 / 4 + 24);
  });

  it('know any number of partitions', () => {
    const page = emptyAckPage(256);
    for (let i = 0; i < 256; i++) {
      page.partition[i] = i * 1000;
      page.offset[i] = i;
    }
    const bytes = new Uint8Array(packedLimit(256));
    packAckPage(page, bytes, 0);
    const read = emptyAckPage(256);
    unpackAckPage(bytes, 0, read);
    expect(read).toEqual(page);
  });
});

describe('AckEvidence', () => {
  it('answers for every sequence, in whatever order they were told and asked, with a cache of two pages', () => {
    const told = fc.uniqueArray(fc.tuple(fc.nat(200), place), { selector: ([sequence]) => sequence });
    fc.assert(
      fc.property(told, fc.array(fc.nat(220)), (list, questions) => {
        const cache = new AckPageCache(2);
        const [evidence, other] = [new AckEvidence(cache, 8), new AckEvidence(cache, 8)];
        for (const [sequence, { partition, offset }] of list) {
          evidence.put(sequence, partition, partition < 0 ? -1 : offset);
          other.put(sequence, 9, sequence);
        }
        const known = new Map(list);
        for (const sequence of questions) {
          const expected = known.get(sequence);
          expect(evidence.find(sequence)).toBe(expected !== undefined && expected.partition >= 0);
          if (evidence.find(sequence)) {
            expect({ partition: evidence.partition, offset: evidence.offset }).toEqual(expected);
          }
          expect(other.find(sequence)).toBe(expected !== undefined);
          if (expected) expect(other.offset).toBe(sequence);
        }
      }),
    );
  });

  it('packs pages that wait too long, and goes on with them when their outcomes come after all', () => {
    const evidence = new AckEvidence(new AckPageCache(4), 8);
    // One of each page is missing, for more pages than are kept open.
    for (let sequence = 0; sequence < 8 * 600; sequence++) {
      if (sequence % 8 !== 3) evidence.put(sequence, 1, sequence);
    }
    for (let sequence = 3; sequence < 8 * 600; sequence += 8) evidence.put(sequence, 2, sequence);
    for (let sequence = 0; sequence < 8 * 600; sequence++) {
      expect(evidence.find(sequence)).toBe(true);
      expect([evidence.partition, evidence.offset]).toEqual([sequence % 8 === 3 ? 2 : 1, sequence]);
    }
  });
});
