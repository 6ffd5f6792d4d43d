import { atMost, type Micros } from '../../base/clock.ts';
import type { AckSource } from './ack-source.ts';
import { binding, errorCodes, type HeaderList, type KafkaError, type RawProducer } from './binding.ts';
import { made } from './client-errors.ts';
import { connect, type ClientEvents } from './connect.ts';

/** `queued`, `full` (try again later; nothing was taken) or the code of a synchronous refusal. */
export type HandOver = 'queued' | 'full' | { readonly refused: number };

/** One librdkafka producer. Reports are delivered during poll(), on the event loop's next turn. */
export class ProducerClient {
  readonly #client: RawProducer;
  readonly #acks: AckSource;

  private constructor(client: RawProducer, acks: AckSource) {
    this.#client = client;
    this.#acks = acks;
  }

  /**
   * Connects and fetches the topic's metadata, so that the first message does not pay for either.
   *
   * @param who in errors
   * @throws BenchError `cluster` with what it met; at once where waiting is in vain
   */
  static async connect(
    config: Readonly<Record<string, unknown>>,
    topic: string,
    acks: AckSource,
    events: ClientEvents,
    who = 'a producer',
  ): Promise<ProducerClient> {
    const settings = { 'statistics.interval.ms': 1000, ...config, ...acks.config };
    const client = made(who, () => new binding.Producer(settings));
    acks.attach(client);
    await connect(client, who, config, events, topic);
    return new ProducerClient(client, acks);
  }

  get outstanding(): number {
    return this.#acks.outstanding;
  }

  /**
   * Copies key, value and headers; the caller may reuse its buffers at once. `partition` −1: librdkafka chooses.
   * `timestamp`: ms since 1970, default now.
   */
  handOver(
    topic: string,
    partition: number,
    value: Buffer | null,
    key: Buffer | null,
    headers: HeaderList | undefined,
    sequence: number,
    due: Micros,
    at: Micros,
    timestamp?: number,
  ): HandOver {
    const opaque = this.#acks.handOver(sequence, due, at);
    try {
      this.#client.produce(topic, partition, value, key, timestamp, opaque, headers);
      return 'queued';
    } catch (error) {
      const code = (error as Partial<KafkaError>).code;
      if (code === errorCodes.queueFull) {
        this.#acks.notTaken(opaque);
        return 'full';
      }
      this.#acks.refused(opaque);
      if (code === undefined) throw error;
      return { refused: code };
    }
  }

  /** Reports then come by themselves; poll() does nothing more. */
  pollInBackground(): void {
    this.#client.setPollInBackground(true);
  }

  poll(): void {
    this.#client.poll();
  }

  /** Resolves when librdkafka's queue is empty or after `timeoutMillis`; reports may still be on their way here. */
  flush(timeoutMillis: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#client.flush(timeoutMillis, (error) => resolve(!error));
    });
  }

  /**
   * Call when nothing is outstanding: disconnect() itself would flush for a limited time only. Resolves after
   * `limitMillis` at the latest, whether or not librdkafka has ended its threads.
   */
  async close(limitMillis: number): Promise<void> {
    const closing = new Promise<void>((resolve) => {
      this.#client.disconnect(100, () => resolve());
    });
    await atMost(limitMillis, closing);
  }
}
