import type { EvidenceRecord } from '../../../protocol/evidence/record.ts';
import type { EvidenceFileReader } from './evidence-file.ts';

interface Head {
  readonly file: EvidenceFileReader;
  records: EvidenceRecord[];
  next: number;
}

/** Gives the records of all files to `visit` in the order of their times; each file is nearly in that order itself. */
export async function mergeByTime(
  files: readonly EvidenceFileReader[],
  visit: (record: EvidenceRecord) => void,
): Promise<void> {
  const heads: Head[] = [];
  for (const file of files) {
    const head: Head = { file, records: [], next: 0 };
    if (await refill(head)) heads.push(head);
  }
  while (heads.length > 0) {
    const earliest = heads.reduce((best, each) => (timeOf(each) < timeOf(best) ? each : best));
    visit(earliest.records[earliest.next++]!);
    if (earliest.next < earliest.records.length || (await refill(earliest))) continue;
    heads.splice(heads.indexOf(earliest), 1);
  }
}

const timeOf = ({ records, next }: Head): number => records[next]!.time;

/** False where the file has no more records. */
async function refill(head: Head): Promise<boolean> {
  head.records = [];
  head.next = 0;
  // A segment may hold nothing.
  while (await head.file.next((record) => head.records.push({ ...record }))) {
    if (head.records.length > 0) break;
  }
  // A commit has the time of its request, and is written down behind what came before its answer.
  head.records.sort((a, b) => a.time - b.time);
  return head.records.length > 0;
}
