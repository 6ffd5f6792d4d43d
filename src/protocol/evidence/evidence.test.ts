import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvidence } from './segment-sequence.ts';
import {
  codes,
  emptyRecord,
  readRecord,
  RECORD_BYTES,
  recordKinds,
  writeRecord,
  type EvidenceRecord,
} from './record.ts';
import { SEGMENT_HEADER_BYTES, segmentBytes } from './segment.ts';
import { EvidenceWriter } from './writer.ts';

const int = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const signed = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const record: fc.Arbitrary<EvidenceRecord> = fc.record({
  kind: fc.constantFrom(...Object.values(recordKinds)),
  code: int(8),
  topic: int(16),
  partition: signed,
  sequence: fc.maxSafeNat(),
  offset: fc.oneof(fc.constant(-1), fc.maxSafeNat()),
  count: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  stride: int(16),
  time: fc.maxSafeNat(),
  value: signed,
  client: int(16),
  part: int(16),
});

const capacity = 8;

/** What a writer leaves in its file: closed in order, or flushed and killed. */
function fileOf(records: readonly EvidenceRecord[], end: 'closed' | 'killed'): Buffer {
  let file = Buffer.alloc(0);
  const write = (bytes: Buffer, position: number) => {
    if (position + bytes.length > file.length) {
      file = Buffer.concat([file, Buffer.alloc(position + bytes.length - file.length)]);
    }
    bytes.copy(file, position);
  };
  const writer = new EvidenceWriter({ run: 7, writer: 3, capacity, write });
  for (const each of records) writer.append(each);
  if (end === 'closed') writer.close();
  else writer.flush();
  return file;
}

function read(file: Buffer) {
  const records: EvidenceRecord[] = [];
  return { ...readEvidence(file, (each) => records.push({ ...each })), list: records };
}

const viewOf = ({ buffer, byteOffset, byteLength }: Buffer) => new DataView(buffer, byteOffset, byteLength);

describe('evidence records', () => {
  it('has the bytes that docs/evidence.md says', () => {
    const bytes = Buffer.alloc(RECORD_BYTES);
    writeRecord(viewOf(bytes), 0, {
      kind: recordKinds.sends,
      code: codes.sends.confirmed,
      topic: 0x0102,
      partition: 3,
      sequence: 0x0000_0506_0708_090a,
      offset: -1,
      count: 0x0b0c0d0e,
      stride: 0x0f10,
      time: 0x11_1213_1415,
      value: -7,
      client: 0x1617,
      part: 0x1819,
    });
    const check = bytes.readUInt16LE(2).toString(16).padStart(4, '0');
    expect(bytes.toString('hex')).toBe(
      [
        `0201${check.slice(2)}${check.slice(0, 2)}`,
        '0201' + '100f',
        '03000000',
        '0e0d0c0b',
        '0a09080706050000',
        'ffffffffffffffff',
        '1514131211000000',
        'f9ffffff',
        '1716' + '1918',
      ].join(''),
    );
  });

  it('reads what was written', () => {
    fc.assert(
      fc.property(record, (given) => {
        const bytes = Buffer.alloc(RECORD_BYTES);
        const into = emptyRecord();
        writeRecord(viewOf(bytes), 0, given);
        expect(readRecord(bytes, 0, into)).toBe(true);
        expect(into).toEqual(given);
      }),
    );
  });
});

describe('evidence files', () => {
  const lists = fc.array(record, { maxLength: 40 });

  it('gives back every record of a writer that closed, and says nothing more', () => {
    fc.assert(
      fc.property(lists, (records) => {
        const { list, damage, open } = read(fileOf(records, 'closed'));
        expect(list).toEqual(records);
        expect({ damage, open }).toEqual({ damage: [], open: false });
      }),
    );
  });

  it('gives back every whole record of a writer that was killed at any byte, without calling it damage', () => {
    fc.assert(
      fc.property(lists, fc.nat(), (records, where) => {
        const whole = fileOf(records, 'killed');
        const inLast =
          records.length % capacity === 0 ? Math.min(records.length, capacity) : records.length % capacity;
        // Down to the middle of the last segment's header.
        const cut = where % (inLast * RECORD_BYTES + 40);
        const { list, damage, open } = read(whole.subarray(0, whole.length - cut));
        const kept = records.length - Math.min(inLast, Math.ceil(cut / RECORD_BYTES));
        expect(list).toEqual(records.slice(0, kept));
        expect({ damage, open }).toEqual({ damage: [], open: true });
      }),
    );
  });

  it('takes space that was laid out and not written for the end', () => {
    const records = [emptyRecord(), emptyRecord()];
    const file = fileOf(records, 'killed');
    const mapped = Buffer.concat([file, Buffer.alloc(segmentBytes(capacity) - file.length)]);
    expect(read(mapped)).toMatchObject({ records: 2, damage: [], open: true });
  });

  it('notices any flipped bit of a closed file, and gives no record that differs from what was written', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 40 }), fc.nat(), (records, which) => {
        const file = fileOf(records, 'closed');
        const bit = which % (file.length * 8);
        file[bit >>> 3]! ^= 1 << (bit & 7);
        const { list, damage } = read(file);
        expect(damage).not.toEqual([]);
        const known = new Set(records.map((each) => JSON.stringify(each)));
        for (const each of list) expect(known).toContain(JSON.stringify(each));
      }),
      { numRuns: 500 },
    );
  });

  it('notices a missing segment, a cut one and a flipped bit between records of an open one', () => {
    const records = Array.from({ length: 3 * capacity }, (_, i) => ({ ...emptyRecord(), sequence: i }));
    const file = fileOf(records, 'closed');
    const size = segmentBytes(capacity);
    const without = Buffer.concat([file.subarray(0, size), file.subarray(2 * size)]);
    expect(read(without).damage).toEqual(['segment 1 is missing']);
    expect(read(file.subarray(0, file.length - 1)).damage).toEqual(['segment 2: 1 of 8 records are cut off']);
    expect(read(file.subarray(0, 2 * size))).toMatchObject({ records: 16, open: true, damage: [] });
    const open = fileOf(records.slice(0, 5), 'killed');
    open[SEGMENT_HEADER_BYTES + 2 * RECORD_BYTES + 20]! ^= 1;
    expect(read(open)).toMatchObject({
      records: 2,
      damage: ['segment 0: record 2 is damaged, and records follow it'],
    });
  });
});
