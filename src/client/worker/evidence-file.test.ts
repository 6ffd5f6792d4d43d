import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BenchError } from '../../base/errors.ts';
import { emptyRecord } from '../../protocol/evidence/record.ts';
import { readSegmentHeader } from '../../protocol/evidence/segment.ts';
import { evidenceDirectory, evidenceIn } from './evidence-file.case.ts';
import { EvidenceFile } from './evidence-file.ts';

let directory: string;
beforeEach(() => (directory = evidenceDirectory()));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const path = () => join(directory, 'member-3.kbev');
const fileOf = () => new EvidenceFile(directory, 'member-3.kbev', 77, 65_539);
const record = (sequence: number) => ({ ...emptyRecord(), sequence });
const sequences = () => evidenceIn(path()).records.map(({ sequence }) => sequence);

describe('EvidenceFile', () => {
  it('holds what was flushed, and only that, without having been closed', () => {
    const file = fileOf();
    file.append(record(0));
    file.append(record(1));
    expect(readFileSync(path())).toHaveLength(0);
    file.flush();
    file.append(record(2));
    expect(sequences()).toEqual([0, 1]);
    expect(evidenceIn(path())).toMatchObject({ open: true, damage: [] });
    file.close();
  });

  it('says at its end that it is whole, and whose it is', () => {
    const file = fileOf();
    file.append(record(5));
    file.close();
    expect(sequences()).toEqual([5]);
    expect(evidenceIn(path())).toMatchObject({ open: false, damage: [] });
    expect(readSegmentHeader(readFileSync(path()), 0)).toMatchObject({ run: 77, writer: 65_539 });
  });

  it('goes on in a next segment when one is full', () => {
    const file = fileOf();
    for (let i = 0; i < 5000; i++) file.append(record(i));
    file.flush();
    expect(evidenceIn(path())).toMatchObject({ segments: 2, open: true, damage: [] });
    file.close();
    expect(sequences()).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  });

  it('is closed once: what comes later changes nothing', () => {
    const file = fileOf();
    file.close();
    const closed = readFileSync(path());
    file.append(record(0));
    file.flush();
    file.close();
    expect(readFileSync(path())).toEqual(closed);
  });

  it('does not write over another one’s evidence', () => {
    fileOf().close();
    const failure: unknown = expect.objectContaining({
      code: 'results',
      message: expect.stringContaining(path()) as string,
      hint: expect.stringContaining('--results') as string,
    });
    expect(fileOf).toThrow(BenchError);
    expect(fileOf).toThrow(failure);
  });
});
