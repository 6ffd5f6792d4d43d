import { PagedBitmap } from '../../base/paged-bitmap.ts';
import { codes, emptyRecord, recordKinds, type EvidenceRecord } from './record.ts';
import { beginRun, extendRun, extendStride, restartRun, tellsOf, type SequenceRun } from './sequence-run.ts';

/**
 * Joins the outcomes of one client's sends into records: a run of equal strides where there is one, a mask of 32
 * sequences where a partitioner scatters them. Both need offsets that follow each other. What is told without a
 * place (acks=0) is collected in a bitmap until flush(), so that the order of reports does not matter.
 */
export class SendRuns {
  readonly #append: (record: EvidenceRecord) => void;
  readonly #client: { readonly producer: number; readonly incarnation: number };
  readonly #runs = new Map<number, SequenceRun>();
  #placeless = new PagedBitmap();
  #placelessTime = 0;
  /** Of failures and refusals, in the order in which they were told: one may take back the other. */
  #errors: SequenceRun | null = null;

  /** @param append gets records that are used again when it returns */
  constructor(
    client: { readonly producer: number; readonly incarnation: number },
    append: (record: EvidenceRecord) => void,
  ) {
    this.#client = client;
    this.#append = append;
  }

  /**
   * @param partition −1 where no place was told; so with acks=0, whose topic is 0 and offset −1
   * @param time ns on CLOCK_MONOTONIC; a record keeps that of its last message
   */
  confirmed(sequence: number, topic: number, partition: number, offset: number, time: number): void {
    if (this.#errors !== null && tellsOf(this.#errors.record, sequence)) this.#flushErrors();
    if (partition < 0 && this.#placeless.add(sequence)) this.#placelessTime = time;
    else this.#join(sequence, topic, partition, offset, time);
  }

  /** Successive messages at successive offsets of one partition. */
  confirmedRun(
    sequence: number,
    count: number,
    topic: number,
    partition: number,
    offset: number,
    time: number,
  ): void {
    for (let i = 0; i < count;) {
      this.confirmed(sequence + i, topic, partition, offset + i, time);
      if (++i === count || this.#errors !== null) continue;
      const run = this.#runs.get(keyOf(topic, partition));
      if (run !== undefined) i += extendStride(run, count - i);
    }
  }

  /** Reported with an error: `code` is librdkafka's. */
  failed(sequence: number, code: number, time: number): void {
    this.#error(codes.sends.failed, sequence, code, time);
  }

  /** In no log: refused by produce(), or by a broker before it stored anything. */
  refused(sequence: number, code: number, time: number): void {
    this.#error(codes.sends.refused, sequence, code, time);
  }

  /** Hands out what is still open. */
  flush(): void {
    this.#flushErrors();
    if (this.#placeless.size > 0) {
      const placeless = this.#placeless;
      this.#placeless = new PagedBitmap();
      placeless.forEachMissingIn(this.#placeless, (each) => this.#join(each, 0, -1, -1, this.#placelessTime));
    }
    for (const { record } of this.#runs.values()) this.#append(record);
    this.#runs.clear();
  }

  #join(sequence: number, topic: number, partition: number, offset: number, time: number): void {
    const key = keyOf(topic, partition);
    const run = this.#runs.get(key);
    if (run === undefined) {
      const record = this.#record(codes.sends.confirmed, sequence, time);
      this.#runs.set(key, beginRun({ ...record, topic, partition, offset }));
      return;
    }
    if (!extendRun(run, sequence, offset)) {
      this.#append(run.record);
      restartRun(run, sequence, offset);
    }
    run.record.time = time;
  }

  #error(code: number, sequence: number, value: number, time: number): void {
    // A second outcome of one message stays behind its first.
    const told =
      this.#placeless.has(sequence) ||
      [...this.#runs.values()].some(({ record }) => tellsOf(record, sequence));
    if (told) this.flush();
    const run = this.#errors;
    if (run?.record.code === code && run.record.value === value && sequence === run.last + 1) {
      extendRun(run, sequence, -1);
      run.record.time = time;
      return;
    }
    this.#flushErrors();
    this.#errors = beginRun({ ...this.#record(code, sequence, time), value });
  }

  #flushErrors(): void {
    if (this.#errors !== null) this.#append(this.#errors.record);
    this.#errors = null;
  }

  #record(code: number, sequence: number, time: number): EvidenceRecord {
    const { producer, incarnation } = this.#client;
    return {
      ...emptyRecord(),
      kind: recordKinds.sends,
      code,
      sequence,
      time,
      client: producer,
      part: incarnation,
    };
  }
}

const keyOf = (topic: number, partition: number): number => topic * 2 ** 32 + partition;
