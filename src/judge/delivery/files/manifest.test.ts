import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evidenceDirectory, manifestOf } from './evidence.case.ts';
import { readManifest, writeManifest } from './manifest.ts';

let directory: string;
beforeEach(() => (directory = evidenceDirectory()));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const full = manifestOf({
  measureStart: { monotonic: 1e9 + 0.5, wall: 1_772_600_767_000.25 },
  groups: [{ name: 'g', topics: [0], backlog: 'excused' }],
  files: {
    producers: [{ name: 'producer-0.0.kbev', ended: false }],
    members: [{ name: 'member-0.kbev', ended: true }],
    audit: { name: 'audit.kbev', ended: true },
  },
  conditions: [{ name: 'kill of writer/0', met: true }],
  damage: [{ part: 'log', text: 'the audit ended early: no broker' }],
});

/** With one field as nobody writes it. */
const broken = (change: Record<string, unknown>) =>
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ ...full, ...change }));

const failure = (message: string | RegExp): unknown =>
  expect.objectContaining({ code: 'results', message: expect.stringMatching(message) as string });

describe('the manifest', () => {
  it('is read as it was written, the last one where there are more', () => {
    writeManifest(directory, manifestOf());
    writeManifest(directory, full);
    expect(readManifest(directory)).toEqual(full);
    expect(readdirSync(directory)).toEqual(['manifest.json']);
  });

  it('says that there is no evidence where there is none, and why that may be', () => {
    expect(() => readManifest(directory)).toThrow(failure(/^no delivery evidence in .*: ENOENT/));
    expect(() => readManifest(directory)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('verify: { evidence: false }') as string }),
    );
    writeFileSync(join(directory, 'manifest.json'), '{"version": 1');
    expect(() => readManifest(directory)).toThrow(failure(/^no delivery evidence in .*JSON/));
  });

  it('is refused by other versions', () => {
    broken({ version: 3 });
    expect(() => readManifest(directory)).toThrow(failure(/manifest\.json: version: /));
  });

  it.each([
    ['run', { run: -1 }],
    ['guarantee', { guarantee: 'always' }],
    ['measureStart.wall', { measureStart: { monotonic: 1 } }],
    ['topics.0.begins.1', { topics: [{ name: 'orders', begins: [0, 'x'] }] }],
    ['groups.0.backlog', { groups: [{ name: 'g', topics: [], backlog: 'lost' }] }],
    ['files.members.0.ended', { files: { ...full.files, members: [{ name: 'member-0.kbev' }] } }],
    ['damage.0.part', { damage: [{ part: 'cluster', text: '' }] }],
  ])('names the field that is wrong: %s', (path, change) => {
    broken(change);
    expect(() => readManifest(directory)).toThrow(
      failure(`manifest\\.json: ${path.replaceAll('.', '\\.')}: `),
    );
  });
});
