import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyRecord, type EvidenceRecord } from '../../../protocol/evidence/record.ts';
import { EvidenceWriter } from '../../../protocol/evidence/writer.ts';
import type { EvidenceManifest } from './manifest.ts';

export const run = 7;
/** Records of a segment in these files. */
export const capacity = 4;

export const evidenceDirectory = (): string => mkdtempSync(join(tmpdir(), 'kafka-bench-evidence-'));

/** What a client leaves: closed in order, or flushed and killed. */
export function writeEvidence(
  directory: string,
  name: string,
  records: readonly Partial<EvidenceRecord>[],
  end: 'closed' | 'killed' = 'closed',
): void {
  const parts: [number, Buffer][] = [];
  const write = (bytes: Buffer, position: number) => parts.push([position, Buffer.from(bytes)]);
  const writer = new EvidenceWriter({ run, writer: 0, capacity, write });
  for (const record of records) writer.append({ ...emptyRecord(), ...record });
  if (end === 'closed') writer.close();
  else writer.flush();
  const file = Buffer.alloc(Math.max(0, ...parts.map(([position, { length }]) => position + length)));
  for (const [position, bytes] of parts) bytes.copy(file, position);
  writeFileSync(join(directory, name), file);
}

/** Changes a file's bytes as damage would. */
export function damage(directory: string, name: string, change: (bytes: Buffer) => Buffer): void {
  const path = join(directory, name);
  writeFileSync(path, change(readFileSync(path)));
}

/** Of a run with one topic of one partition. */
export function manifestOf(more: Partial<EvidenceManifest> = {}): EvidenceManifest {
  return {
    version: 2,
    run,
    guarantee: 'at-least-once',
    order: 'partition',
    audit: 'full',
    readUncommitted: true,
    topics: [{ name: 'orders', begins: [0] }],
    groups: [],
    deadLetters: [],
    producers: [],
    files: { producers: [], members: [], audit: null },
    conditions: [],
    gaveUp: [],
    damage: [],
    ...more,
  };
}
