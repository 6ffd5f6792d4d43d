import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EvidenceRecord } from '../../../protocol/evidence/record.ts';
import { EvidenceFileReader } from './evidence-file.ts';
import { evidenceDirectory, run, writeEvidence } from './evidence.case.ts';
import { mergeByTime } from './merge.ts';

let directory: string;
beforeEach(() => (directory = evidenceDirectory()));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** The times in each file; records carry their file's number. */
async function merged(...files: readonly (readonly number[])[]) {
  const readers = files.map((times, client) => {
    writeEvidence(
      directory,
      `member-${client}.kbev`,
      times.map((time) => ({ time, client })),
    );
    return new EvidenceFileReader(directory, `member-${client}.kbev`, true, run);
  });
  const visited: EvidenceRecord[] = [];
  await mergeByTime(readers, (record) => visited.push(record));
  return visited.map(({ client, time }) => `${client}@${time}`);
}

describe('mergeByTime', () => {
  it('gives the records of all files in the order of their times, over segments of different length', async () => {
    const early = [1, 2, 3, 4, 5, 6, 20];
    const late = [0, 4, 10, 11, 12, 13, 14, 15, 16, 30];
    expect(await merged(early, late)).toEqual([
      ...['1@0', '0@1', '0@2', '0@3', '0@4', '1@4', '0@5', '0@6'],
      ...['1@10', '1@11', '1@12', '1@13', '1@14', '1@15', '1@16', '0@20', '1@30'],
    ]);
  });

  it('keeps the order of each file among equal times', async () => {
    expect(await merged([5, 5, 5], [5, 5])).toEqual(['0@5', '0@5', '0@5', '1@5', '1@5']);
  });

  it('goes past files that hold nothing', async () => {
    expect(await merged([], [1], [])).toEqual(['1@1']);
    expect(await merged([1, 9], [2])).toEqual(['0@1', '1@2', '0@9']);
    expect(await merged()).toEqual([]);
  });

  it('goes past a file that is not there, which says so itself', async () => {
    writeEvidence(directory, 'member-0.kbev', [{ time: 1 }]);
    const there = new EvidenceFileReader(directory, 'member-0.kbev', true, run);
    const missing = new EvidenceFileReader(directory, 'member-9.kbev', true, run);
    const times: number[] = [];
    await mergeByTime([missing, there], ({ time }) => times.push(time));
    expect(times).toEqual([1]);
    expect(missing.damage).toHaveLength(2);
  });
});
