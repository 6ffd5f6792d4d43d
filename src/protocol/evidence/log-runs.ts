import type { Envelope, EnvelopeCheck } from '../envelope.ts';
import { secondOf } from './measured-seconds.ts';
import { codes, emptyRecord, recordKinds, type EvidenceRecord } from './record.ts';
import { beginRun, extendRun, type SequenceRun } from './sequence-run.ts';

export interface LogRunsOptions {
  /** The number in every envelope of this run. */
  readonly run: number;
  /** ms since 1970. Null: what times the records have is not told. */
  readonly measureStart?: number | null;
  readonly append: (record: EvidenceRecord) => void;
}

interface OpenRun {
  readonly run: SequenceRun;
  /** Of the measured phase, by the records' times; null where they are not told. */
  readonly second: number | null;
}

/**
 * Joins what an audit reads into records: those of one producer at consecutive offsets as strides or masks, as
 * SendRuns does, foreign ones as counts. Only a partition's last record is open, so each partition's records come
 * out in the order of its log. Where their times pass into another second of the measured phase, it says so between
 * them.
 */
export class LogRuns {
  readonly #options: LogRunsOptions;
  readonly #open = new Map<number, OpenRun>();

  constructor(options: LogRunsOptions) {
    this.#options = options;
  }

  /**
   * One record, in the order of its partition.
   *
   * @param topic its number in the run's list
   * @param epoch leader epoch of its batch, −1 where unknown
   * @param check of checkEnvelope(); the envelope is read only where it is not `foreign`
   * @param keyHash −1 for none. Needed for `order: key` and in compacted topics; with one, only neighbours of one key
   *   are joined
   * @param timestamp ms since 1970, −1 for none
   */
  record(
    topic: number,
    partition: number,
    offset: number,
    epoch: number,
    check: EnvelopeCheck,
    envelope: Envelope,
    keyHash: number,
    timestamp = -1,
  ): void {
    const ours = check !== 'foreign' && envelope.run === this.#options.run;
    const code = codeOf(check, ours);
    const time = keyHash + 1;
    const client = ours ? envelope.producer : 0;
    const part = ours ? envelope.incarnation : 0;
    // A flipped bit may make a sequence that no file can hold.
    const sequence = ours ? Math.min(envelope.sequence, Number.MAX_SAFE_INTEGER) : 0;
    const key = topic * 2 ** 32 + partition;
    const second = this.#secondOf(timestamp);
    const open = this.#open.get(key);
    if (open !== undefined) {
      const { run } = open;
      const { record } = run;
      const same =
        open.second === second &&
        record.code === code &&
        record.value === epoch &&
        record.client === client &&
        record.part === part &&
        record.time === time;
      // Without a sequence of their own others are counted.
      if (same && extendRun(run, ours ? sequence : run.last + 1, offset)) return;
      this.#options.append(record);
    }
    if (second !== (open?.second ?? null)) {
      const { logTime } = recordKinds;
      this.#options.append({ ...emptyRecord(), kind: logTime, topic, partition, offset, time: timestamp });
    }
    const run = beginRun({
      ...emptyRecord(),
      kind: recordKinds.log,
      ...{ code, topic, partition, offset, sequence, time, client, part, value: epoch },
    });
    this.#open.set(key, { run, second });
  }

  #secondOf(timestamp: number): number | null {
    const { measureStart = null } = this.#options;
    return measureStart === null || timestamp < 0 ? null : secondOf(timestamp, measureStart);
  }

  /** Hands out what is still open. */
  flush(): void {
    for (const { run } of this.#open.values()) this.#options.append(run.record);
    this.#open.clear();
  }
}

function codeOf(check: EnvelopeCheck, ours: boolean): number {
  const { ok, corrupt, foreign, corruptOfOtherRun } = codes.log;
  if (check === 'corrupt') return ours ? corrupt : corruptOfOtherRun;
  return ours ? ok : foreign;
}
