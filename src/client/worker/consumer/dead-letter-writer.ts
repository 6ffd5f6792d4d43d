import { adviceOf, lastErrorText, toTell, type ClientError } from '../../../base/client-error.ts';
import { sleep, type Clock } from '../../../base/clock.ts';
import { BenchError } from '../../../base/errors.ts';
import { DeliveryReports } from '../../kafka/ack-source.ts';
import type { ReceivedMessage } from '../../kafka/binding.ts';
import { errorName } from '../../kafka/error-name.ts';
import { ProducerClient } from '../../kafka/producer.ts';
import { headersOf } from './dead-letter-headers.ts';
import { producerCloseMillis, type DeadLetterPlan } from '../../../protocol/plan.ts';

const pollMillis = 1;
/** librdkafka tells of a message at the latest when it has timed out (60 s, trial/plan/plan.ts); what it never tells of is none. */
const answerMicros = 90e6;

export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

interface Settled {
  readonly error: number;
  readonly partition: number;
  readonly offset: number;
}

/**
 * Puts messages that cannot be processed into a dead-letter topic: key, value, timestamp and headers as they came,
 * and behind these where they came from and why. One at a time, each acknowledged by all in-sync replicas.
 */
export class DeadLetterWriter {
  readonly #plan: DeadLetterPlan;
  readonly #clock: Clock;
  readonly #client: ProducerClient;
  readonly #settled: Map<number, Settled>;
  /** What its client met last. */
  readonly #met: () => ClientError | null;
  #written = 0;

  private constructor(
    plan: DeadLetterPlan,
    clock: Clock,
    client: ProducerClient,
    settled: Map<number, Settled>,
    met: () => ClientError | null,
  ) {
    this.#plan = plan;
    this.#met = met;
    this.#clock = clock;
    this.#client = client;
    this.#settled = settled;
  }

  /** @param reader whose dead letters it writes */
  static async connect(
    reader: string,
    plan: DeadLetterPlan,
    clock: Clock,
    onError: (code: string, message: string) => void,
  ): Promise<DeadLetterWriter> {
    const settled = new Map<number, Settled>();
    const acks = new DeliveryReports({
      acks: 'some',
      clock,
      settled: (number, _due, _handedOver, _at, error, partition, offset) =>
        settled.set(number, { error, partition, offset }),
    });
    let met: ClientError | null = null;
    const events = {
      error: (code: string, message: string) => {
        met = toTell(met, { code, message });
        onError(code, message);
      },
      statistics: () => undefined,
    };
    const who = `the producer of ${reader}'s dead letters`;
    const client = await ProducerClient.connect(plan.config, plan.topic, acks, events, who);
    return new DeadLetterWriter(plan, clock, client, settled, () => met);
  }

  /**
   * Resolves when the dead letter has been acknowledged, to where it is.
   *
   * @throws BenchError `cluster` where it could not be written: the original must not be committed then
   */
  async write(
    original: ReceivedMessage,
    why: { readonly group: string; readonly attempts: number; readonly error: string },
  ): Promise<Place> {
    const { topic } = this.#plan;
    const { key, value, timestamp } = original;
    const number = this.#written++;
    const now = this.#clock.now();
    // A topic may give no time; librdkafka then takes the present one.
    const time = timestamp !== undefined && timestamp > 0 ? timestamp : undefined;
    const headers = headersOf(original, why);
    const taken = this.#client.handOver(topic, -1, value, key, headers, number, now, now, time);
    if (taken !== 'queued')
      throw this.#refusal(original, taken === 'full' ? '_QUEUE_FULL' : errorName(taken.refused));
    for (;;) {
      const settled = this.#settled.get(number);
      if (settled === undefined) {
        if (this.#clock.now() - now > answerMicros) throw this.#refusal(original, '_TIMED_OUT');
        this.#client.poll();
        if (!this.#settled.has(number)) await sleep(pollMillis);
        continue;
      }
      this.#settled.delete(number);
      if (settled.error !== 0) throw this.#refusal(original, errorName(settled.error));
      return { topic, partition: settled.partition, offset: settled.offset };
    }
  }

  close(): Promise<void> {
    return this.#client.close(producerCloseMillis);
  }

  #refusal({ topic, partition, offset }: ReceivedMessage, code: string): BenchError {
    const met = this.#met();
    const last = met?.code === code ? '' : lastErrorText(met);
    return new BenchError(
      'cluster',
      `the dead letter of ${topic}/${partition}@${offset} could not be written to ${this.#plan.topic}: ${code}${last}`,
      {
        hint:
          adviceOf({ code, message: '' }) ??
          'the original was not committed; see whether the dead-letter topic takes messages (max.message.bytes, min.insync.replicas, access rights) and the client has room for it (queue.buffering.max.kbytes)',
      },
    );
  }
}
