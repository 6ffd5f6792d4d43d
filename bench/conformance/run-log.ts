import { EvidenceFileReader } from '../../src/judge/delivery/files/evidence-file.ts';
import { readManifest } from '../../src/judge/delivery/files/manifest.ts';
import { codes, recordKinds, type EvidenceRecord } from '../../src/protocol/evidence/record.ts';
import { forEachOfMask } from '../../src/protocol/evidence/sequence-run.ts';

export interface Placed {
  /** Producer, incarnation and sequence. */
  readonly message: string;
  /** Topic's number and partition. */
  readonly partition: string;
  readonly offset: number;
}

/** A run's messages one by one; rows are small enough for that. */
export interface RunLog {
  /** As acknowledgements said; empty at acks=0. */
  readonly acked: readonly Placed[];
  /** As the audit read them, each partition in its order, with leader epochs. */
  readonly stored: readonly (Placed & { readonly epoch: number })[];
}

/** Reads the evidence of a run. @throws BenchError `results` where there is none */
export async function readRunLog(directory: string): Promise<RunLog> {
  const { files, run } = readManifest(directory);
  const acked: Placed[] = [];
  const stored: (Placed & { epoch: number })[] = [];
  const take = (record: EvidenceRecord): void => {
    const { kind, code, value: epoch } = record;
    if (kind === recordKinds.sends && code === codes.sends.confirmed && record.offset >= 0) {
      acked.push(...messagesOf(record));
    } else if (kind === recordKinds.log && code === codes.log.ok) {
      stored.push(...messagesOf(record).map((placed) => ({ ...placed, epoch })));
    }
  };
  for (const { name, ended } of [...files.producers, ...(files.audit ? [files.audit] : [])]) {
    const file = new EvidenceFileReader(directory, name, ended, run);
    while (await file.next(take));
  }
  return { acked, stored };
}

/** Every message that a record tells of: a stride, or a mask of 32 sequences (docs/evidence.md). */
export function messagesOf(record: EvidenceRecord): Placed[] {
  const { client, part, sequence, count, stride, offset } = record;
  const partition = `${record.topic}/${record.partition}`;
  const found: Placed[] = [];
  const add = (number: number, index: number): void => {
    found.push({ message: `${client}.${part}#${number}`, partition, offset: offset + index });
  };
  if (stride === 0) forEachOfMask(record, add);
  else for (let i = 0; i < count; i++) add(sequence + i * stride, i);
  return found;
}
