import { createRequire } from 'node:module';
import type { EventEmitter } from 'node:events';

/**
 * The part of @confluentinc/kafka-javascript that we use: its raw Producer and KafkaConsumer. The KafkaJS-style
 * API allocates a promise a message, and its batches have lost records (confluent-kafka-javascript#528).
 */
export interface Binding {
  readonly Producer: new (config: Record<string, unknown>) => RawProducer;
  readonly KafkaConsumer: new (config: Record<string, unknown>) => RawConsumer;
  readonly CODES: { readonly ERRORS: Readonly<Record<string, number>> };
  readonly librdkafkaVersion: string;
  readonly features: readonly string[];
}

export interface KafkaError extends Error {
  readonly code: number;
}

/** `[{ name: value }]`: the binding reads the first property of each object. */
export type HeaderList = readonly Readonly<Record<string, Buffer | string>>[];

export interface RawClient extends EventEmitter {
  connect(
    options: { topic?: string; timeout?: number },
    done: (error: KafkaError | null, metadata: Metadata) => void,
  ): void;
  isConnected(): boolean;
  getMetadata(
    options: { topic?: string; timeout?: number },
    done: (error: KafkaError | null, metadata: Metadata) => void,
  ): void;
}

export interface Metadata {
  readonly brokers: readonly { id: number; host: string; port: number }[];
  readonly topics: readonly { name: string; partitions: readonly { id: number; leader: number }[] }[];
}

export interface RawProducer extends RawClient {
  produce(
    topic: string,
    partition: number,
    value: Buffer | null,
    key: Buffer | null,
    /** ms since 1970; undefined: now. */
    timestamp: number | undefined,
    opaque: number | undefined,
    headers: HeaderList | undefined,
  ): void;
  poll(): void;
  setPollInBackground(set: boolean): void;
  flush(timeoutMillis: number, done: (error: KafkaError | null) => void): void;
  disconnect(flushTimeoutMillis: number, done: (error: KafkaError | null) => void): void;
}

export interface DeliveryReport {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  /** Value bytes. */
  readonly size: number;
  readonly opaque?: number;
}

export interface ReceivedMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly size: number;
  readonly timestamp?: number;
  readonly headers?: HeaderList;
  /** Of the batch; absent where the broker does not tell. */
  readonly leaderEpoch?: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly offset?: number;
}

export interface RawConsumer extends RawClient {
  subscribe(topics: readonly string[]): void;
  unsubscribe(): void;
  assign(partitions: readonly TopicPartition[]): void;
  assignments(): readonly TopicPartition[];
  consume(
    count: number,
    done: (error: KafkaError | null, messages: readonly ReceivedMessage[]) => void,
  ): void;
  setDefaultConsumeTimeout(millis: number): void;
  /** `offset` is the time that is asked for. Answers in the same order; a partition's error stands in its place. */
  offsetsForTimes(
    partitions: readonly Required<TopicPartition>[],
    timeoutMillis: number,
    done: (error: KafkaError | null, found?: readonly (TopicPartition | Error)[]) => void,
  ): void;
  /** Queues the commit; what the broker said comes as an `offset.commit` event. */
  commit(positions: readonly TopicPartition[]): void;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  disconnect(done: (error: KafkaError | null) => void): void;
}

/** librdkafka's local error codes that decide something here. */
export const errorCodes = {
  invalidArgument: -186,
  timedOut: -185,
  queueFull: -184,
  assignPartitions: -175,
  revokePartitions: -174,
  wrongState: -172,
} as const;

const load = createRequire(import.meta.url);

export const binding = load('@confluentinc/kafka-javascript') as Binding;

const errors = load('@confluentinc/kafka-javascript/lib/error') as { create(code: number): Error };

/** librdkafka's description of a code: `Local: Broker transport failure`. */
export const describeCode = (code: number): string => errors.create(code).message;
