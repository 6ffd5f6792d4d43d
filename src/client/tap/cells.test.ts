import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cells } from './cells.ts';
import { CELL_BYTES, CELLS, ENTRIES, ENTRY_BYTES, SEGMENT_BYTES, segmentsAt } from './layout.ts';
import { TapFile } from './tap-file.ts';

const identity = { role: 'producer', run: 1, producer: 2, incarnation: 3, carrier: 'prefix' } as const;

/** A file, and a pen that writes cells as the tap does: into the segment that the table names. */
function scene() {
  const file = new TapFile(identity, 5_000_000, 1);
  const cells = new Cells(file);
  const segmentOf = (sequence: number): number => {
    const index = Math.floor(sequence / CELLS);
    const at = file.entriesAt + (index % ENTRIES) * ENTRY_BYTES;
    return file.readNumber(at) === index + 1 ? file.readNumber(at + 8) : -1;
  };
  const settle = (
    sequence: number,
    { partition = 0, offset = 0, at = file.base, error = 0, measured = true, status = 2 } = {},
  ) => {
    const cell = Buffer.alloc(CELL_BYTES);
    cell.writeBigUInt64LE((BigInt(partition + 2) << 48n) | BigInt(offset + 1));
    const micros = BigInt(at - file.base);
    const flags = (1n << 63n) | (measured ? 1n << 58n : 0n) | (BigInt(status) << 56n);
    cell.writeBigUInt64LE(flags | (BigInt.asUintN(16, BigInt(error)) << 40n) | micros, 8);
    file.write(cell, segmentOf(sequence) + (sequence % CELLS) * CELL_BYTES);
  };
  const told: unknown[][] = [];
  const collect = (handedOver: number) => {
    told.length = 0;
    cells.collect(handedOver, (sequence, count, measured, first, last, error, partition, offset) => {
      expect(last - first).toBeLessThanOrEqual(1000);
      for (let i = 0; i < count; i++) {
        told.push([sequence + i, measured, last, error, partition, offset + i]);
      }
    });
    return told.slice();
  };
  const prepare = (upTo: number) => {
    for (let sequence = 0; sequence < upTo; sequence++) cells.prepare(sequence);
  };
  return { file, cells, segmentOf, settle, collect, prepare };
}

test('what was written comes back, once', () => {
  const { cells, settle, collect, file } = scene();
  cells.prepare(0);
  cells.prepare(1);
  cells.prepare(2);
  settle(2, {
    partition: 65_533,
    offset: 2 ** 48 - 3,
    at: file.base + 2 ** 40 - 1,
    error: -192,
    measured: false,
  });
  settle(0, { partition: -1, offset: -1, error: 130 });
  expect(collect(3)).toEqual([
    [0, true, file.base, 130, -1, -1],
    [2, false, file.base + 2 ** 40 - 1, -192, 65_533, 2 ** 48 - 3],
  ]);
  settle(1, { partition: 7, offset: 12 });
  expect(collect(3)).toEqual([[1, true, file.base, 0, 7, 12]]);
  expect(collect(3)).toEqual([]);
  file.close();
});

test('what librdkafka believes of a message comes with its outcome', () => {
  const { cells, settle, file } = scene();
  const codes = [0, 1, 2, 3];
  for (const status of codes) {
    cells.prepare(status);
    settle(status, { partition: -1, offset: -1, error: 10, status });
  }
  const told: unknown[] = [];
  cells.collect(codes.length, (...outcome) => told.push([outcome[0], outcome[1], outcome[8]]));
  expect(told).toEqual([
    [0, 1, 'not persisted'],
    [1, 1, 'possibly persisted'],
    [2, 1, 'persisted'],
    [3, 1, null],
  ]);
  file.close();
});

test('a half-written cell waits for its other half', () => {
  const { cells, collect, file, segmentOf, settle } = scene();
  cells.prepare(0);
  const half = Buffer.alloc(8);
  half.writeBigUInt64LE(1n << 63n);
  file.write(half, segmentOf(0) + 8);
  expect(collect(1)).toEqual([]);
  settle(0);
  expect(collect(1)).toHaveLength(1);
  file.close();
});

test('messages not yet handed over, and dropped ones, are not told', () => {
  const { cells, settle, collect, prepare, file } = scene();
  prepare(4);
  for (const sequence of [0, 1, 2, 3]) settle(sequence);
  cells.drop(1);
  expect(collect(3).map(([sequence]) => sequence)).toEqual([0, 2]);
  expect(collect(4).map(([sequence]) => sequence)).toEqual([3]);
  file.close();
});

test('a segment whose messages are all settled is used again, empty', () => {
  const { cells, settle, collect, prepare, file, segmentOf } = scene();
  prepare(CELLS + 1);
  expect(file.size).toBe(segmentsAt(1) + 2 * SEGMENT_BYTES);
  const first = segmentOf(0);
  for (let sequence = 0; sequence < CELLS; sequence++) settle(sequence);
  expect(collect(CELLS)).toHaveLength(CELLS);
  expect(segmentOf(0)).toBe(-1);
  cells.prepare(2 * CELLS);
  expect(segmentOf(2 * CELLS)).toBe(first);
  expect(file.size).toBe(segmentsAt(1) + 2 * SEGMENT_BYTES);
  expect(collect(2 * CELLS + 1)).toEqual([]);
  file.close();
});

test('every message is told exactly once, whatever the order of outcomes and looks', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('send' as const), count: fc.integer({ min: 1, max: 9000 }) }),
      fc.record({
        kind: fc.constant('settle' as const),
        count: fc.integer({ min: 1, max: 400 }),
        from: fc.nat(),
      }),
      fc.record({ kind: fc.constant('look' as const) }),
    ),
    { minLength: 5, maxLength: 40 },
  );
  fc.assert(
    fc.property(steps, (plan) => {
      const { cells, settle, collect, file } = scene();
      const waiting = new Set<number>();
      const seen = new Map<number, number>();
      let sent = 0;
      const look = () => {
        for (const [sequence, , , , , offset] of collect(sent)) {
          expect(seen.has(sequence as number)).toBe(false);
          seen.set(sequence as number, offset as number);
        }
      };
      let settled = 0;
      for (const step of plan) {
        if (step.kind === 'send') {
          for (let i = 0; i < step.count; i++) {
            cells.prepare(sent);
            waiting.add(sent++);
          }
        } else if (step.kind === 'settle') {
          const all = [...waiting];
          for (let i = 0; i < Math.min(step.count, all.length); i++) {
            const sequence = all[(step.from + i * 7919) % all.length]!;
            if (!waiting.delete(sequence)) continue;
            settle(sequence, { offset: sequence * 3 });
            settled++;
          }
        } else look();
      }
      look();
      expect(seen.size).toBe(settled);
      for (const [sequence, offset] of seen) expect(offset).toBe(sequence * 3);
      file.close();
    }),
    { numRuns: 25 },
  );
});

test('a message without an outcome while the table goes round once is an error, not a mix-up', () => {
  const { cells, file } = scene();
  cells.prepare(0);
  expect(() => cells.prepare(ENTRIES * CELLS)).toThrow('message 0 has had no outcome');
  file.close();
});

test('messages that follow each other are told together, and each is told what it got', () => {
  const stretches = fc.array(
    fc.record({
      count: fc.integer({ min: 1, max: 60 }),
      partition: fc.nat(2),
      /** Of the log, by somebody else. */
      gap: fc.constantFrom(0, 0, 3),
      pause: fc.constantFrom(0, 0, 7, 900, 2000, 2 ** 33),
      error: fc.constantFrom(0, 0, 0, -192),
      measured: fc.boolean(),
      missing: fc.boolean(),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(stretches, (plan) => {
      const { cells, settle, file } = scene();
      const ends = [2 ** 32 - 20, 2 ** 33, 0];
      const expected: unknown[] = [];
      let sequence = 0;
      let at = file.base;
      for (const { count, partition, gap, pause, error, measured, missing } of plan) {
        ends[partition]! += gap;
        at += pause;
        for (let i = 0; i < count; i++, sequence++) {
          cells.prepare(sequence);
          if (missing && i === 0) continue;
          const place =
            error === 0 ? { partition, offset: ends[partition]!++ } : { partition: -1, offset: -1 };
          settle(sequence, { ...place, at: (at += i % 3), error, measured });
          expected.push([sequence, measured, error, place.partition, place.offset]);
        }
      }
      const told: unknown[] = [];
      cells.collect(sequence, (from, count, measured, first, last, error, partition, offset) => {
        expect(first).toBeLessThanOrEqual(last);
        expect(last - first).toBeLessThanOrEqual(1000);
        for (let i = 0; i < count; i++) {
          told.push([from + i, measured, error, partition, partition < 0 ? -1 : offset + i]);
        }
      });
      expect(told).toEqual(expected);
      file.close();
    }),
    { numRuns: 60 },
  );
});

test('a batch into one partition is one run, with its least and greatest time', () => {
  const { cells, settle, file } = scene();
  for (let sequence = 0; sequence < 1000; sequence++) {
    cells.prepare(sequence);
    settle(sequence, { partition: 2, offset: 70 + sequence, at: file.base + 500 - (sequence % 400) });
  }
  const runs: unknown[][] = [];
  cells.collect(1000, (...run) => runs.push(run));
  expect(runs).toEqual([[0, 1000, true, file.base + 101, file.base + 500, 0, 2, 70, 'persisted']]);
  file.close();
});
