import type { Micros } from '../../../base/clock.ts';
import { codes, emptyRecord, recordKinds } from '../../../protocol/evidence/record.ts';
import { SendRuns } from '../../../protocol/evidence/send-runs.ts';
import type { EvidenceFile } from '../evidence-file.ts';

export interface ProducerIdentity {
  readonly producer: number;
  readonly incarnation: number;
  readonly acks: 'none' | 'some';
  /** Of the client's topic, in the run's list. */
  readonly topic: number;
}

/** What one producer client did with its messages, as the verifier will hear it. */
export class ProducerEvidence {
  readonly #identity: ProducerIdentity;
  readonly #file: EvidenceFile;
  readonly #runs: SendRuns;
  #told = 0;

  /** @param at nothing has been handed over before */
  constructor(identity: ProducerIdentity, file: EvidenceFile, at: Micros) {
    this.#identity = identity;
    this.#file = file;
    this.#runs = new SendRuns(identity, (record) => file.append(record));
    file.append({
      ...this.#record(),
      kind: recordKinds.opened,
      code: identity.acks === 'some' ? codes.opened.acksSome : codes.opened.acksNone,
      time: at * 1000,
    });
    file.flush();
  }

  /** A report without error. At acks=0 its partition and offset are nobody's word, so they are not kept. */
  confirmed(sequence: number, partition: number, offset: number, at: Micros): void {
    const { acks, topic } = this.#identity;
    if (acks === 'none') this.#runs.confirmed(sequence, topic, -1, -1, at * 1000);
    else this.#runs.confirmed(sequence, topic, partition, offset, at * 1000);
  }

  /** Successive messages at successive offsets of one partition; `at` is the time of the last. */
  confirmedRun(sequence: number, count: number, partition: number, offset: number, at: Micros): void {
    this.#runs.confirmedRun(sequence, count, this.#identity.topic, partition, offset, at * 1000);
  }

  /** A report with an error: the message may be in the log or not. */
  failed(sequence: number, code: number, at: Micros): void {
    this.#runs.failed(sequence, code, at * 1000);
  }

  /** In no log: produce() refused it, or a broker before it stored anything. */
  refused(sequence: number, code: number, at: Micros): void {
    this.#runs.refused(sequence, code, at * 1000);
  }

  /** Brings the file up to date; `attempted` is how many messages have been handed over, and no more than these `at`. */
  flush(attempted: number, at: Micros): void {
    this.#runs.flush();
    if (attempted > this.#told) {
      this.#told = attempted;
      this.#file.append({
        ...this.#record(),
        kind: recordKinds.sends,
        code: codes.sends.handedOver,
        sequence: attempted - 1,
        time: at * 1000,
      });
    }
    this.#file.flush();
  }

  /** The client has closed, and there will be no further report. */
  ended(attempted: number): void {
    this.#runs.flush();
    this.#file.append({
      ...this.#record(),
      kind: recordKinds.ended,
      code: codes.ended.drained,
      sequence: attempted,
    });
    this.#file.close();
  }

  #record() {
    const { producer, incarnation } = this.#identity;
    return { ...emptyRecord(), client: producer, part: incarnation };
  }
}
