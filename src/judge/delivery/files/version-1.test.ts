import { join } from 'node:path';
import { expect, it } from 'vitest';
import { judgeEvidence } from './judge-evidence.ts';
import { readManifest } from './manifest.ts';

const directory = join(import.meta.dirname, 'golden', 'version-1');

it('reads what a run left whose manifest is of version 1', async () => {
  expect(readManifest(directory)).toMatchObject({ version: 1, producers: [] });
  expect(await judgeEvidence(directory)).toMatchObject({
    ...{ verdict: 'PASS', attempted: 200, acked: 200, present: 200, compacted: 0, lost: 0, unaudited: 0 },
    coverage: { partitions: 4, partitionsRead: 4, records: 200, acked: 200, tail: false },
    groups: [{ name: 'readers', expected: 200, processed: 200, undelivered: 0 }],
  });
});
