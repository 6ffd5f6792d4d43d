import type { Micros } from '../../../base/clock.ts';
import type { MessageStatus } from '../../tap/layout.ts';

export interface ProduceAnswer {
  /** As the protocol calls it; librdkafka has names of its own for some. */
  readonly name: string;
  /** True where the broker says so before it appends anything: the request has stored no record of the partition. */
  readonly definite: boolean;
}

const before = (name: string): ProduceAnswer => ({ name, definite: true });
const perhaps = (name: string): ProduceAnswer => ({ name, definite: false });

/**
 * Error codes of a partition in a Produce response (https://kafka.apache.org/protocol#protocol_error_codes). What is
 * not here is no answer to Produce, and nothing is known of it. Codes that are found after an append, or by a request
 * that waits for its replicas, are not definite: an old leader answers NOT_LEADER_OR_FOLLOWER,
 * UNKNOWN_TOPIC_OR_PARTITION and KAFKA_STORAGE_ERROR also to what it has stored.
 */
export const produceAnswers: ReadonlyMap<number, ProduceAnswer> = new Map([
  [-1, perhaps('UNKNOWN_SERVER_ERROR')],
  [2, before('CORRUPT_MESSAGE')],
  [3, perhaps('UNKNOWN_TOPIC_OR_PARTITION')],
  [5, perhaps('LEADER_NOT_AVAILABLE')],
  [6, perhaps('NOT_LEADER_OR_FOLLOWER')],
  [7, perhaps('REQUEST_TIMED_OUT')],
  [10, before('MESSAGE_TOO_LARGE')],
  [17, before('INVALID_TOPIC_EXCEPTION')],
  [18, before('RECORD_LIST_TOO_LARGE')],
  [19, before('NOT_ENOUGH_REPLICAS')],
  [20, perhaps('NOT_ENOUGH_REPLICAS_AFTER_APPEND')],
  [21, before('INVALID_REQUIRED_ACKS')],
  [29, before('TOPIC_AUTHORIZATION_FAILED')],
  [31, before('CLUSTER_AUTHORIZATION_FAILED')],
  [32, before('INVALID_TIMESTAMP')],
  [43, before('UNSUPPORTED_FOR_MESSAGE_FORMAT')],
  // The producer's state on the broker and the client's differ: an attempt of which the client knows nothing may be why.
  [45, perhaps('OUT_OF_ORDER_SEQUENCE_NUMBER')],
  [46, perhaps('DUPLICATE_SEQUENCE_NUMBER')],
  [47, before('INVALID_PRODUCER_EPOCH')],
  [48, before('INVALID_TXN_STATE')],
  [49, before('INVALID_PRODUCER_ID_MAPPING')],
  [53, before('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')],
  [56, perhaps('KAFKA_STORAGE_ERROR')],
  [59, perhaps('UNKNOWN_PRODUCER_ID')],
  [76, before('UNSUPPORTED_COMPRESSION_TYPE')],
  [87, before('INVALID_RECORD')],
  [100, perhaps('UNKNOWN_TOPIC_ID')],
  [120, before('TRANSACTION_ABORTABLE')],
]);

/**
 * Whether the message is in no log for certain: the broker's answer is definite, and there was no attempt before that
 * one. librdkafka's message status does not say so: an answer that it takes for "not stored" (3, 6, 56) may come of a
 * leader that has stored the message, and after those it sends again whatever `retries` is.
 *
 * @param code librdkafka's; its own are negative and say nothing of what a broker did
 * @param status null where nobody has recorded it
 */
export function isRejected(code: number, status: MessageStatus | null, attempts: 'one' | 'unknown'): boolean {
  if (produceAnswers.get(code)?.definite !== true || attempts !== 'one') return false;
  return status === null || status === 'not persisted';
}

/**
 * What is settled in less than this after it was handed over was sent once: before librdkafka sends a message again,
 * for whatever reason, it waits for `retry.backoff.ms`, less its jitter of a fifth, or `retry.backoff.max.ms`.
 */
export function leastResend(config: Readonly<Record<string, unknown>>): Micros {
  const backoff = Number(config['retry.backoff.ms'] ?? 100);
  const most = Number(config['retry.backoff.max.ms'] ?? 1000);
  return 1000 * Math.min(0.8 * backoff, most);
}
