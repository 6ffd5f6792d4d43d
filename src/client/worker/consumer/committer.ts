import type { Clock, Micros } from '../../../base/clock.ts';
import type { KafkaError, TopicPartition } from '../../kafka/binding.ts';
import { Positions } from './positions.ts';
import type { CommitSpec } from '../../../protocol/plan.ts';

/**
 * When offsets are committed. `auto` and `none` leave it to librdkafka and to nobody; the others commit what has
 * been processed and wait for the answer, as a client does that means its commits.
 */
export class Committer {
  readonly #spec: CommitSpec;
  readonly #clock: Clock;
  readonly #commit: (positions: readonly TopicPartition[]) => Promise<KafkaError | null>;
  readonly #onError: (code: number) => void;
  readonly #processed = new Positions();
  #sinceCommit = 0;
  #lastCommit: Micros;

  constructor(
    spec: CommitSpec,
    clock: Clock,
    commit: (positions: readonly TopicPartition[]) => Promise<KafkaError | null>,
    onError: (code: number) => void,
  ) {
    this.#spec = spec;
    this.#clock = clock;
    this.#commit = commit;
    this.#onError = onError;
    this.#lastCommit = clock.now();
  }

  get manual(): boolean {
    return this.#spec.kind !== 'auto' && this.#spec.kind !== 'none';
  }

  get beforeProcessing(): boolean {
    return this.#spec.kind === 'before-processing';
  }

  /** The commit that comes next goes past this offset. */
  advance(topic: string, partition: number, offset: number): void {
    this.#processed.advance(topic, partition, offset);
    this.#sinceCommit++;
  }

  /** Taken away by a rebalance: a commit would set back what the next owner commits. */
  forget({ topic, partition }: TopicPartition): void {
    this.#processed.forget(topic, partition);
  }

  /** True when the rule asks for a commit now. */
  get isDue(): boolean {
    if (this.#sinceCommit === 0) return false;
    switch (this.#spec.kind) {
      case 'each':
      case 'before-processing':
        return true;
      case 'every':
        return this.#sinceCommit >= (this.#spec.messages ?? 1);
      case 'interval':
        return this.#clock.now() - this.#lastCommit >= (this.#spec.interval ?? 0);
      case 'auto':
      case 'none':
        return false;
    }
  }

  /** True where everything is committed now. */
  async commit(): Promise<boolean> {
    if (this.#sinceCommit === 0) return true;
    const count = this.#sinceCommit;
    this.#sinceCommit = 0;
    this.#lastCommit = this.#clock.now();
    const error = await this.#commit(this.#processed.list());
    if (error) {
      // The positions stay: the next commit carries them too.
      this.#sinceCommit += count;
      this.#onError(error.code);
    } else if (this.#sinceCommit === 0) this.#processed.clear();
    return error === null;
  }
}
