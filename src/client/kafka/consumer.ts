import { fromBeginning } from '../../base/auto-offset-reset.ts';
import { atMost, sleep } from '../../base/clock.ts';
import { BenchError } from '../../base/errors.ts';
import {
  binding,
  errorCodes,
  type KafkaError,
  type RawConsumer,
  type ReceivedMessage,
  type TopicPartition,
} from './binding.ts';
import { made } from './client-errors.ts';
import { connect, type ClientEvents } from './connect.ts';
import { errorName } from './error-name.ts';

const metadataMillis = 10_000;

export interface ConsumerEvents extends ClientEvents {
  rebalance(kind: 'assign' | 'revoke', partitions: readonly TopicPartition[]): void;
  /** The reader has caught up with the partition's end. */
  endOfPartition(topic: string, partition: number, offset: number): void;
}

/** Logical offsets (rdkafka.h) by the values of `auto.offset.reset`; `error` has none. */
const startOffsets: ReadonlyMap<unknown, number> = new Map([
  ...fromBeginning.map((word) => [word, -2] as const),
  ...['largest', 'latest', 'end'].map((word) => [word, -1] as const),
]);

/**
 * Messages kept while commits are waited for; what more there is waits at the broker until half of them have been
 * received. A pause throws away what librdkafka has fetched, so that it is not done for each commit.
 */
const metLimit = 10_000;

/** librdkafka answers a commit at the latest when its request has timed out. */
const commitMillis = 90_000;
/** Leaving a group takes an answer of its coordinator, and with commits of librdkafka's own another one before it. */
const closeMillis = 30_000;

/** What ListOffsets takes for a time to ask for a log's first and next offset. */
const logicalOffsets = { start: -2, end: -1 } as const;

/** A partition of which there was no answer keeps the question; an error stands in its place. */
function isOffset(found: TopicPartition | Error | undefined): boolean {
  return found !== undefined && !(found instanceof Error) && (found.offset ?? -1) >= 0;
}

function noOffsets({ topic, partition }: TopicPartition, cause: unknown): BenchError {
  const why = cause instanceof Error ? cause.message : 'no answer';
  return new BenchError('cluster', `no offsets of ${topic}/${partition}: ${why}`, { cause });
}

function noAnswer(): KafkaError {
  return Object.assign(new Error('no answer to a commit'), { code: errorCodes.timedOut });
}

/**
 * One librdkafka consumer, read in batches. Flowing mode would read ahead without bound (2.7 GB were seen), and
 * `fetch.queue.backoff.ms` at its default of 1000 starves a consumer that is slower than its broker: 2 unless
 * the scenario says otherwise.
 */
export class ConsumerClient {
  readonly #client: RawConsumer;
  readonly #startOffset: number | undefined;
  #wasFull = false;
  /** Came behind a message that was handed out first: for the next call. */
  #failure: Error | undefined;
  /** Who waits for the answer to a commit; answers come in the order of the commits. */
  readonly #commits: ((error: KafkaError | null) => void)[] = [];
  /** Came while a commit was waited for: for the next receive(). */
  #met: ReceivedMessage[] = [];
  /** Partitions paused for it that have not been resumed: one may be revoked meanwhile and come back paused. */
  readonly #paused = new Set<string>();
  /** Ends of partitions that lie behind these. */
  #ends: { readonly topic: string; readonly partition: number; readonly tell: () => void }[] = [];

  private constructor(client: RawConsumer, startOffset: number | undefined) {
    this.#client = client;
    this.#startOffset = startOffset;
  }

  /**
   * @param who in errors
   * @throws BenchError `cluster` with what it met; at once where waiting is in vain
   */
  static async connect(
    config: Readonly<Record<string, unknown>>,
    events: ConsumerEvents,
    who = 'a consumer',
  ): Promise<ConsumerClient> {
    // No second argument: a topic configuration, even an empty one, hides topic-level settings of the first.
    const settings = {
      'fetch.queue.backoff.ms': 2,
      'statistics.interval.ms': 1000,
      ...config,
      'enable.partition.eof': true,
      rebalance_cb: true,
      offset_commit_cb: true,
    };
    const client = made(who, () => new binding.KafkaConsumer(settings));
    const consumer = new ConsumerClient(client, startOffsets.get(config['auto.offset.reset'] ?? 'largest'));
    client.on('offset.commit', (error: KafkaError | null | undefined) =>
      consumer.#commits.shift()?.(error ?? null),
    );
    client.on('rebalance', (error: KafkaError, partitions: readonly TopicPartition[]) => {
      if (error.code === errorCodes.assignPartitions) events.rebalance('assign', partitions);
      else if (error.code === errorCodes.revokePartitions) {
        consumer.#forget(partitions);
        events.rebalance('revoke', partitions);
      } else events.error(errorName(error.code), error.message);
    });
    client.on('rebalance.error', (error: Error) => events.error('REBALANCE', error.message));
    client.on('partition.eof', ({ topic, partition, offset }: Required<TopicPartition>) => {
      const tell = () => events.endOfPartition(topic, partition, offset);
      // The end comes behind the messages that are kept.
      if (consumer.#met.length > 0) consumer.#ends.push({ topic, partition, tell });
      else tell();
    });
    await connect(client, who, config, events);
    return consumer;
  }

  subscribe(topics: readonly string[]): void {
    this.#client.subscribe(topics);
  }

  /**
   * All partitions of the topics, from where `auto.offset.reset` says. Said as an offset, because librdkafka would
   * ask a coordinator for committed ones otherwise, and on brokers that have just started it stops at the answer
   * NOT_COORDINATOR for good.
   */
  async assignAll(topics: readonly string[]): Promise<readonly TopicPartition[]> {
    const partitions: TopicPartition[] = [];
    for (const topic of topics) {
      for (const { id } of await this.#partitionsOf(topic)) partitions.push({ topic, partition: id });
    }
    const offset = this.#startOffset;
    this.#client.assign(offset === undefined ? partitions : partitions.map((each) => ({ ...each, offset })));
    return partitions;
  }

  /** Given partitions from given offsets, and no others. */
  assignFrom(partitions: readonly Required<TopicPartition>[]): void {
    this.#client.assign(partitions);
  }

  /**
   * Where the logs of partitions begin, or where they end as `isolation.level` lets them be read: by their order, one
   * request a leader. Each of these waits behind the fetch that its broker holds open, half a second at most.
   *
   * @throws BenchError `cluster` where a leader does not answer, or not for all of its partitions
   */
  logOffsets(at: 'start' | 'end', partitions: readonly TopicPartition[]): Promise<readonly number[]> {
    if (partitions.length === 0) return Promise.resolve([]);
    const asked = partitions.map(({ topic, partition }) => ({
      topic,
      partition,
      offset: logicalOffsets[at],
    }));
    return new Promise((resolve, reject) => {
      this.#client.offsetsForTimes(asked, metadataMillis, (error, found) => {
        const refused = asked.findIndex((_, i) => !isOffset(found?.[i]));
        if (!error && refused < 0) resolve(found!.map((each) => (each as Required<TopicPartition>).offset));
        else reject(noOffsets(asked[Math.max(refused, 0)]!, error ?? found?.[refused]));
      });
    });
  }

  /** A topic that has just been made is at first known without partitions. */
  async #partitionsOf(topic: string): Promise<readonly { id: number }[]> {
    const deadline = Date.now() + metadataMillis;
    for (;;) {
      const partitions = await this.#knownPartitions(topic);
      if (partitions.length > 0) return partitions;
      if (Date.now() > deadline) {
        throw new BenchError('cluster', `no broker names a partition of topic ${topic}`, {
          hint: 'check that the topic exists, and that the user may describe and read it',
        });
      }
      await sleep(100);
    }
  }

  #knownPartitions(topic: string): Promise<readonly { id: number }[]> {
    return new Promise((resolve, reject) => {
      this.#client.getMetadata({ topic, timeout: metadataMillis }, (error, found) => {
        if (error) {
          reject(
            new BenchError('cluster', `no metadata of topic ${topic}: ${error.message}`, { cause: error }),
          );
        } else resolve(found.topics.find((each) => each.name === topic)?.partitions ?? []);
      });
    });
  }

  /** The next receive() gives messages that were taken from librdkafka while a commit was waited for. */
  get tookAhead(): boolean {
    return this.#met.length > 0;
  }

  /**
   * Waits up to `timeoutMillis` for a message, then takes what else is there, at most `max`. Two calls, because
   * the binding waits anew, at least a millisecond, for each message of one call: a steady trickle would be held
   * back until the batch is full. After a full batch the next messages are probably there, and one call will do.
   */
  async receive(max: number, timeoutMillis: number): Promise<readonly ReceivedMessage[]> {
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      throw failure;
    }
    if (this.#paused.size > 0 && this.#met.length <= metLimit / 2) this.#resumeMet();
    if (this.#met.length > 0) return this.#receiveMet(max);
    if (this.#wasFull) {
      const ready = await this.#consume(max, 0);
      this.#wasFull = ready.length === max;
      if (ready.length > 0) return ready;
    }
    const first = await this.#consume(1, timeoutMillis);
    if (first.length === 0 || max === 1) return first;
    return this.#fill(first, max);
  }

  async #receiveMet(max: number): Promise<readonly ReceivedMessage[]> {
    const messages = await this.#fill(this.#met.splice(0, max), max);
    if (this.#met.length === 0) for (const { tell } of this.#ends.splice(0)) tell();
    return messages;
  }

  async #fill(first: readonly ReceivedMessage[], max: number): Promise<readonly ReceivedMessage[]> {
    if (first.length === max) return first;
    const rest = await this.#consume(max - first.length, 0).catch((error: unknown) => {
      // The first ones are out of librdkafka already and must not be lost for what came behind them.
      this.#failure = error as Error;
      return [];
    });
    this.#wasFull = first.length + rest.length === max;
    return rest.length === 0 ? first : [...first, ...rest];
  }

  #pauseMet(): void {
    const held = this.assignments().filter((each) => !this.#paused.has(nameOf(each)));
    for (const each of held) this.#paused.add(nameOf(each));
    this.pause(held);
  }

  #resumeMet(): void {
    const held = this.assignments().filter((each) => this.#paused.delete(nameOf(each)));
    this.resume(held);
  }

  /** Whoever gets a revoked partition next reads it from what has been committed, and comes to its end anew. */
  #forget(partitions: readonly TopicPartition[]): void {
    const stays = (each: TopicPartition) =>
      !partitions.some(({ topic, partition }) => topic === each.topic && partition === each.partition);
    this.#met = this.#met.filter(stays);
    this.#ends = this.#ends.filter(stays);
    if (this.#met.length === 0) for (const { tell } of this.#ends.splice(0)) tell();
  }

  #consume(count: number, timeoutMillis: number): Promise<readonly ReceivedMessage[]> {
    return new Promise((resolve, reject) => {
      this.#client.setDefaultConsumeTimeout(timeoutMillis);
      this.#client.consume(count, (error, messages) => {
        if (error) reject(error);
        else resolve(messages);
      });
    });
  }

  /**
   * Commits and waits for the broker's answer; offsets are the next ones to read. The binding's commitCb() calls back
   * when the commit has been queued, and its commitSync() blocks the event loop. The answer is an event that is
   * served while the client polls: messages that come meanwhile are kept for the next receive().
   *
   * @param giveUp the answer is waited for no longer
   */
  async commit(positions: readonly TopicPartition[], giveUp?: AbortSignal): Promise<KafkaError | null> {
    if (positions.length === 0) return null;
    const pending: { answer: KafkaError | null | undefined } = { answer: undefined };
    this.#commits.push((error) => (pending.answer = error));
    try {
      this.#client.commit(positions);
    } catch (error) {
      this.#commits.pop();
      if ((error as Partial<KafkaError>).code === undefined) throw error;
      return error as KafkaError;
    }
    const deadline = Date.now() + commitMillis;
    // What is kept grows where commits are slower than the backlog comes: from here on only answers are polled for.
    if (this.#met.length > metLimit) this.#pauseMet();
    return this.#answerTo(pending, deadline, giveUp);
  }

  async #answerTo(
    pending: { readonly answer: KafkaError | null | undefined },
    deadline: number,
    giveUp: AbortSignal | undefined,
  ): Promise<KafkaError | null> {
    while (pending.answer === undefined) {
      if (Date.now() > deadline || giveUp?.aborted) return noAnswer();
      const met = await this.#consume(1, 1).catch((error: unknown) => {
        this.#failure ??= error as Error;
        return [];
      });
      this.#met.push(...met);
    }
    return pending.answer;
  }

  assignments(): readonly TopicPartition[] {
    return this.#client.isConnected() ? this.#client.assignments() : [];
  }

  /** Paused partitions deliver nothing, while receive() goes on serving rebalances. */
  pause(partitions: readonly TopicPartition[]): void {
    if (partitions.length > 0) this.#client.pause(partitions);
  }

  resume(partitions: readonly TopicPartition[]): void {
    if (partitions.length > 0) this.#client.resume(partitions);
  }

  /**
   * Leaves the group and closes; no consume may be under way. False where librdkafka was still waiting for brokers
   * when the limit was over or `giveUp` said so: it goes on, on threads of its own, until the process ends.
   */
  async close(giveUp?: AbortSignal): Promise<boolean> {
    let closed = false;
    const closing = new Promise<void>((resolve) => {
      this.#client.disconnect(() => {
        closed = true;
        resolve();
      });
    });
    await atMost(closeMillis, closing, giveUp);
    return closed;
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${String(partition)}`;
}
