import { codes, emptyRecord, recordKinds, type EvidenceRecord } from './record.ts';

interface Run {
  readonly record: EvidenceRecord;
  /** Messages so far, the last of them, and the sequences within 32 of the first as a mask. */
  messages: number;
  last: number;
  mask: number;
}

/**
 * Joins acknowledgements of one client into records: a run of equal strides where there is one, a mask of 32
 * sequences where a partitioner scatters them. Both need offsets that follow each other.
 */
export class SendRuns {
  readonly #append: (record: EvidenceRecord) => void;
  readonly #client: { readonly producer: number; readonly incarnation: number };
  readonly #runs = new Map<number, Run>();

  constructor(
    client: { readonly producer: number; readonly incarnation: number },
    append: (record: EvidenceRecord) => void,
  ) {
    this.#client = client;
    this.#append = append;
  }

  /** @param time ns on CLOCK_MONOTONIC; a record keeps that of its last message */
  confirmed(sequence: number, topic: number, partition: number, offset: number, time: number): void {
    const key = topic * 2 ** 32 + partition;
    const run = this.#runs.get(key);
    if (run && extend(run, sequence, offset)) {
      run.record.time = time;
      return;
    }
    if (run) this.#append(run.record);
    const record: EvidenceRecord = {
      ...emptyRecord(),
      kind: recordKinds.sends,
      code: codes.sends.confirmed,
      topic,
      partition,
      sequence,
      offset,
      time,
      client: this.#client.producer,
      part: this.#client.incarnation,
    };
    this.#runs.set(key, { record, messages: 1, last: sequence, mask: 1 });
  }

  /** Hands out what is still open. */
  flush(): void {
    for (const { record } of this.#runs.values()) this.#append(record);
    this.#runs.clear();
  }
}

function extend(run: Run, sequence: number, offset: number): boolean {
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
