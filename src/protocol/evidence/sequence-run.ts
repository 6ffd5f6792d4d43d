import type { EvidenceRecord } from './record.ts';

/** A record that still grows: messages of one client at consecutive offsets of one partition. */
export interface SequenceRun {
  readonly record: EvidenceRecord;
  /** Messages so far, the last of them, and the sequences within 32 of the first as a mask. */
  messages: number;
  last: number;
  mask: number;
}

/** @param record of one message */
export function beginRun(record: EvidenceRecord): SequenceRun {
  return { record, messages: 1, last: record.sequence, mask: 1 };
}

/** Makes it one of this message alone, of the same client and place; what it told before has been written. */
export function restartRun(run: SequenceRun, sequence: number, offset: number): void {
  const { record } = run;
  record.sequence = run.last = sequence;
  record.offset = offset;
  record.count = record.stride = 1;
  run.messages = 1;
  run.mask = 1;
}

/**
 * Adds one more message to the record, as a stride where all are equally far apart, as a mask of 32 sequences where
 * they are scattered. False, and nothing changed, where it does not follow.
 */
export function extendRun(run: SequenceRun, sequence: number, offset: number): boolean {
  const { record } = run;
  const step = sequence - run.last;
  const follows = record.offset < 0 ? offset < 0 : offset === record.offset + run.messages;
  if (step <= 0 || !follows) return false;
  const distance = sequence - record.sequence;
  const stride = run.messages === 1 ? step : record.stride;
  if (stride > 0 && step === stride && stride <= 0xffff && run.messages < 0xffff_ffff) {
    record.stride = stride;
    record.count = run.messages + 1;
  } else if (distance < 32) {
    record.stride = 0;
    record.count = (run.mask | (1 << distance)) >>> 0;
  } else return false;
  if (distance < 32) run.mask |= 1 << distance;
  run.messages++;
  run.last = sequence;
  return true;
}

/** Adds up to `count` more that follow the last, one each, where the record is such a stride. How many it took. */
export function extendStride(run: SequenceRun, count: number): number {
  const { record } = run;
  // Before the 32nd the mask is still kept up, in case that others follow scattered.
  if (record.stride !== 1 || run.messages < 32) return 0;
  const taken = Math.min(count, 0xffff_ffff - run.messages);
  record.count = run.messages += taken;
  run.last += taken;
  return taken;
}

/** Calls `visit` with each sequence of a record whose count is a mask, ascending, and its number from 0. */
export function forEachOfMask(
  { sequence, count }: Pick<EvidenceRecord, 'sequence' | 'count'>,
  visit: (sequence: number, index: number) => void,
): void {
  let index = 0;
  for (let bit = 0; bit < 32; bit++) if ((count & (1 << bit)) !== 0) visit(sequence + bit, index++);
}

/** True where the record tells of the sequence. */
export function tellsOf({ sequence, count, stride }: EvidenceRecord, wanted: number): boolean {
  const distance = wanted - sequence;
  if (distance < 0) return false;
  if (stride === 0) return distance < 32 && (count & (1 << distance)) !== 0;
  return distance % stride === 0 && distance / stride < count;
}
