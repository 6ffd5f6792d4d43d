import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EvidenceRecord } from '../../protocol/evidence/record.ts';
import { readEvidence, type FileReading } from '../../protocol/evidence/segment-sequence.ts';

/** A directory for the evidence of one test; whoever makes it removes it. */
export const evidenceDirectory = (): string => mkdtempSync(join(tmpdir(), 'kafka-bench-evidence-'));

/** What a file holds now: all that would be left if its writer were killed at this moment. */
export function evidenceIn(path: string): Omit<FileReading, 'records'> & { records: EvidenceRecord[] } {
  const records: EvidenceRecord[] = [];
  return { ...readEvidence(readFileSync(path), (record) => records.push({ ...record })), records };
}
