import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../../src/judge/delivery/files/manifest.ts';
import type { EvidenceRecord } from '../../src/protocol/evidence/record.ts';
import { EvidenceWriter } from '../../src/protocol/evidence/writer.ts';
import { evidenceIn } from '../../src/client/worker/evidence-file.case.ts';

/** Writes a file of evidence again as its writer would have without one of its records, and returns that. */
export function withoutRecord(
  directory: string,
  name: string,
  choose: (records: readonly EvidenceRecord[]) => EvidenceRecord,
): EvidenceRecord {
  const path = join(directory, name);
  const { records } = evidenceIn(path);
  const removed = choose(records);
  const parts: { readonly position: number; readonly bytes: Buffer }[] = [];
  const writer = new EvidenceWriter({
    run: readManifest(directory).run,
    writer: 0,
    write: (bytes, position) => parts.push({ position, bytes: Buffer.from(bytes) }),
  });
  for (const record of records) if (record !== removed) writer.append(record);
  writer.close();
  const file = Buffer.alloc(Math.max(...parts.map(({ position, bytes }) => position + bytes.length)));
  for (const { position, bytes } of parts) bytes.copy(file, position);
  writeFileSync(path, file);
  return removed;
}
