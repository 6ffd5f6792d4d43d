import { rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RECORD_BYTES } from '../../../protocol/evidence/record.ts';
import { SEGMENT_HEADER_BYTES, segmentBytes } from '../../../protocol/evidence/segment.ts';
import { EvidenceFileReader } from './evidence-file.ts';
import { capacity, damage, evidenceDirectory, run, writeEvidence } from './evidence.case.ts';

let directory: string;
beforeEach(() => (directory = evidenceDirectory()));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const name = 'member-0.kbev';
const segment = segmentBytes(capacity);
const write = (count: number, end: 'closed' | 'killed' = 'closed') =>
  writeEvidence(
    directory,
    name,
    Array.from({ length: count }, (_, sequence) => ({ sequence })),
    end,
  );
const cutAt = (bytes: number) => truncateSync(join(directory, name), bytes);
const flip = (at: number) =>
  damage(directory, name, (bytes) => {
    bytes[at]! ^= 1;
    return bytes;
  });

/** Sequences by segment. */
async function read(ended = true) {
  const file = new EvidenceFileReader(directory, name, ended, run);
  const segments: number[][] = [];
  for (;;) {
    const sequences: number[] = [];
    if (!(await file.next(({ sequence }) => sequences.push(sequence)))) break;
    segments.push(sequences);
  }
  return { segments, damage: file.damage };
}

describe('EvidenceFileReader', () => {
  it('gives a segment at a time, in order', async () => {
    write(10);
    expect(await read()).toEqual({
      segments: [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9],
      ],
      damage: [],
    });
  });

  it('takes a file that ends in the middle for that of a killed writer', async () => {
    write(10, 'killed');
    const segments = [[0, 1, 2, 3], [4, 5, 6, 7], [8]];
    cutAt(2 * segment + SEGMENT_HEADER_BYTES + RECORD_BYTES + 7);
    expect(await read(false)).toEqual({ segments, damage: [] });
    cutAt(2 * segment + 10);
    expect(await read(false)).toEqual({ segments: segments.slice(0, 2), damage: [] });
    cutAt(0);
    expect(await read(false)).toEqual({ segments: [], damage: [] });
  });

  it('misses the end of a file whose writer said that it had ended', async () => {
    write(10, 'killed');
    expect((await read(true)).damage).toEqual(['member-0.kbev: its end is missing']);
    write(10);
    // Between two segments: what is there is as it was.
    cutAt(2 * segment);
    expect(await read(true)).toMatchObject({
      segments: [expect.anything(), expect.anything()],
      damage: ['member-0.kbev: its end is missing'],
    });
    expect((await read(false)).damage).toEqual([]);
    cutAt(0);
    expect((await read(true)).damage).toEqual(['member-0.kbev: its end is missing']);
  });

  it('misses records that a sealed segment had', async () => {
    write(10);
    cutAt(segment + SEGMENT_HEADER_BYTES + 3 * RECORD_BYTES);
    expect(await read(false)).toEqual({
      segments: [
        [0, 1, 2, 3],
        [4, 5, 6],
      ],
      damage: ['member-0.kbev: segment 1: 1 of 4 records are cut off'],
    });
  });

  it.each([true, false])('misses a file that is not there (ended: %s)', async (ended) => {
    const { segments, damage } = await read(ended);
    expect(segments).toEqual([]);
    expect(damage[0]).toMatch(/^member-0\.kbev: ENOENT/);
  });

  it('gives the records of a damaged segment that are intact, and says that one is not', async () => {
    write(10);
    flip(segment + SEGMENT_HEADER_BYTES + 2 * RECORD_BYTES + 20);
    expect(await read()).toEqual({
      segments: [
        [0, 1, 2, 3],
        [4, 5, 7],
        [8, 9],
      ],
      damage: ['member-0.kbev: segment 1: records do not match the checksum'],
    });
  });

  it('does not guess where a segment begins whose header is damaged', async () => {
    write(10);
    flip(segment + 24);
    expect(await read(false)).toEqual({
      segments: [[0, 1, 2, 3], []],
      damage: ['member-0.kbev: segment 1: no header of this version'],
    });
  });

  it('misses a segment that was taken out', async () => {
    write(10);
    damage(directory, name, (bytes) =>
      Buffer.concat([bytes.subarray(0, segment), bytes.subarray(2 * segment)]),
    );
    expect((await read()).damage).toEqual(['member-0.kbev: segment 1 is missing']);
  });

  it('knows space that nobody wrote to from a header that was wiped', async () => {
    write(4, 'killed');
    damage(directory, name, (bytes) => Buffer.concat([bytes, Buffer.alloc(100_000)]));
    expect(await read(false)).toEqual({ segments: [[0, 1, 2, 3]], damage: [] });

    write(10, 'killed');
    damage(directory, name, (bytes) => bytes.fill(0, segment, segment + SEGMENT_HEADER_BYTES));
    expect(await read(false)).toEqual({
      segments: [[0, 1, 2, 3], []],
      damage: ['member-0.kbev: segment 1: no header of this version'],
    });
  });

  it('gives nothing more once it is closed', async () => {
    write(10);
    const file = new EvidenceFileReader(directory, name, false, run);
    expect(await file.next(() => undefined)).toBe(true);
    await file.close();
    expect(await file.next(() => undefined)).toBe(false);
  });

  it('takes nothing from the evidence of another run', async () => {
    write(3);
    const file = new EvidenceFileReader(directory, name, true, run + 1);
    expect(await file.next(() => expect.unreachable())).toBe(false);
    expect(file.damage[0]).toBe(`${name}: it is of run ${run}, not of ${run + 1}`);
  });
});
