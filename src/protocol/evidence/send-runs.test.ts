import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codes, type EvidenceRecord } from './record.ts';
import { SendRuns } from './send-runs.ts';
import { forEachOfMask } from './sequence-run.ts';

function runs() {
  const records: EvidenceRecord[] = [];
  return {
    records,
    runs: new SendRuns({ producer: 1, incarnation: 2 }, (each) => records.push({ ...each })),
  };
}

describe('SendRuns', () => {
  /** Sequences in order, each to a partition; offsets with gaps where another producer wrote between. */
  const sends = fc.array(
    fc.record({ partition: fc.nat(3), gap: fc.constantFrom(0, 0, 0, 0, 5), skip: fc.boolean() }),
    { maxLength: 300 },
  );

  it('describes every acknowledgement once, at its place', () => {
    fc.assert(
      fc.property(sends, (list) => {
        const next = [0, 0, 0, 0];
        const given: string[] = [];
        const { records, runs: joined } = runs();
        list.forEach(({ partition, gap, skip }, sequence) => {
          if (skip) return;
          const offset = (next[partition]! += 1 + gap);
          given.push(`${sequence} ${partition}/${offset}`);
          joined.confirmed(sequence, 0, partition, offset, sequence);
        });
        joined.flush();
        expect(records.flatMap(expand).sort()).toEqual(given.sort());
      }),
    );
  });

  it('takes messages that follow each other at once as it takes them one by one', () => {
    const stretches = fc.array(
      fc.record({
        count: fc.integer({ min: 1, max: 120 }),
        partition: fc.nat(2),
        gap: fc.constantFrom(0, 0, 4),
        skip: fc.constantFrom(0, 0, 1, 40),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(stretches, (plan) => {
        const next = [0, 0, 0];
        const together = runs();
        const single = runs();
        let sequence = 0;
        for (const { count, partition, gap, skip } of plan) {
          sequence += skip;
          const offset = (next[partition]! += gap);
          together.runs.confirmedRun(sequence, count, 0, partition, offset, sequence);
          for (let i = 0; i < count; i++)
            single.runs.confirmed(sequence + i, 0, partition, offset + i, sequence);
          sequence += count;
          next[partition]! += count;
        }
        together.runs.flush();
        single.runs.flush();
        expect(together.records).toEqual(single.records);
      }),
    );
  });

  it('needs a record for a run of any length or stride, and one for ten messages scattered over three partitions', () => {
    const { records, runs: joined } = runs();
    for (let i = 0; i < 10_000; i++) joined.confirmed(i * 3, 0, 0, 50 + i, i);
    joined.flush();
    expect(records).toMatchObject([{ sequence: 0, offset: 50, count: 10_000, stride: 3 }]);
    records.length = 0;
    const next = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) {
      const partition = (Math.imul(i, 0x9e3779b1) >>> 8) % 3;
      joined.confirmed(i, 0, partition, next[partition]!++, i);
    }
    joined.flush();
    expect(records.length).toBeLessThan(3_200);
  });

  it('makes one record of what is told without a place, in whatever order', () => {
    const { records, runs: joined } = runs();
    // Batches of 100 each turned round, as when reports of several partitions come one after the other.
    for (let i = 0; i < 10_000; i++)
      joined.confirmed(Math.floor(i / 100) * 100 + (99 - (i % 100)), 0, -1, -1, 7000);
    joined.flush();
    expect(records).toMatchObject([
      {
        code: codes.sends.confirmed,
        sequence: 0,
        count: 10_000,
        stride: 1,
        partition: -1,
        offset: -1,
        time: 7000,
      },
    ]);
    joined.flush();
    expect(records).toHaveLength(1);
    for (const sequence of [10_003, 10_001, 10_000, 10_031, 10_040]) joined.confirmed(sequence, 0, -1, -1, 1);
    joined.flush();
    const mask = (1 | (1 << 1) | (1 << 3) | (1 << 31)) >>> 0;
    expect(records.slice(1)).toMatchObject([
      { sequence: 10_000, count: mask, stride: 0 },
      { sequence: 10_040, count: 1 },
    ]);
  });

  it('joins errors of one code, and refusals apart from failures', () => {
    const { records, runs: joined } = runs();
    for (let i = 0; i < 500; i++) joined.failed(i, -192, i);
    for (let i = 500; i < 510; i++) joined.failed(i, -185, i);
    for (let i = 510; i < 512; i++) joined.refused(i, -184, i);
    joined.refused(513, -184, 513);
    joined.flush();
    const { failed, refused } = codes.sends;
    expect(records).toMatchObject([
      { code: failed, sequence: 0, count: 500, stride: 1, value: -192, time: 499, client: 1, part: 2 },
      { code: failed, sequence: 500, count: 10, value: -185 },
      { code: refused, sequence: 510, count: 2, value: -184, time: 511 },
      { code: refused, sequence: 513, count: 1, value: -184 },
    ]);
  });

  it('keeps the order of two outcomes of one message', () => {
    const outcome = fc.record({
      sequence: fc.nat(5),
      what: fc.constantFrom('placed', 'sent', 'failed', 'refused'),
    });
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 80 }), (list) => {
        const { records, runs: joined } = runs();
        const given = new Map<number, string[]>();
        // Only between confirmations and errors does the order say something.
        const kindOf = (what: string) => (what === 'placed' || what === 'sent' ? 'confirmed' : what);
        list.forEach(({ sequence, what }, i) => {
          if (what === 'placed') joined.confirmed(sequence, 0, sequence % 3, i, i);
          else if (what === 'sent') joined.confirmed(sequence, 0, -1, -1, i);
          else if (what === 'failed') joined.failed(sequence, -1, i);
          else joined.refused(sequence, -1, i);
          given.set(sequence, [...(given.get(sequence) ?? []), kindOf(what)]);
        });
        joined.flush();
        const found = new Map<number, string[]>();
        const names = ['', 'confirmed', 'failed', 'refused'];
        for (const record of records) {
          for (const each of sequencesOf(record))
            found.set(each, [...(found.get(each) ?? []), names[record.code]!]);
        }
        expect(found).toEqual(given);
      }),
    );
  });
});

function sequencesOf({ sequence, count, stride }: EvidenceRecord): number[] {
  if (stride > 0) return Array.from({ length: count }, (_, i) => sequence + i * stride);
  const sequences: number[] = [];
  forEachOfMask({ sequence, count }, (each) => sequences.push(each));
  return sequences;
}

function expand(record: EvidenceRecord): string[] {
  return sequencesOf(record).map((each, i) => `${each} ${record.partition}/${record.offset + i}`);
}
