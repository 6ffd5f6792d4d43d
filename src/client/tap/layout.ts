import { SLOTS } from '../../measure/slots.ts';

/** The file of a tap as native/layout.h lays it out and docs/tap.md describes it, version 2. Numbers are bytes. */
export const MAGIC = 0x5054424b;
export const VERSION = 2;
export const PAGE = 4096;

export const roles = { producer: 1, consumer: 2 } as const;
export const carriers = { prefix: 1, header: 2 } as const;
export const states = { attached: 1, destroyed: 2 } as const;

/** Of page 0. The first 64 bytes are written before the client exists. */
export const header = {
  magic: 0,
  version: 4,
  role: 6,
  run: 8,
  producer: 12,
  incarnation: 14,
  carrier: 16,
  shards: 20,
  base: 24,
  reserve: 32,
  measureStart: 64,
  untimed: 72,
  state: 128,
  strange: 136,
  unplaced: 144,
  repeated: 152,
  events: 160,
  corrupt: 168,
} as const;

export const EVENTS_AT = 1024;
export const EVENT_BYTES = 48;
export const EVENTS = 64;
export const eventKinds = {
  failed: 1,
  strange: 2,
  unplaced: 3,
  repeated: 4,
  corrupt: 5,
} as const;

export const phases = ['warmup', 'measure'] as const;
export type Phase = (typeof phases)[number];

/**
 * What librdkafka believes of a message when it is done with it (rd_kafka_msg_status_t), by its values. It covers all
 * attempts: one after which the message may be in the log is not forgotten for a later one that was refused.
 */
export const messageStatuses = ['not persisted', 'possibly persisted', 'persisted'] as const;
export type MessageStatus = (typeof messageStatuses)[number];

/** Counters and statistics of a shard lie before its slots. */
export const COUNTS_BYTES = 64;
export const counts = { messages: 0, bytes: 8, failed: 16, corrupt: 24, foreign: 32, untimed: 40 } as const;
export const STATISTICS_AT = phases.length * COUNTS_BYTES;
export const STATISTICS_BYTES = 64;
export const statistics = { sum: 0, min: 8, max: 16, above: 24, below: 32 } as const;
/** A producer's: serviceAck, ack. A consumer uses the first, for endToEnd. */
export const LATENCIES = 2;
export const SHARD_HEAD_BYTES = STATISTICS_AT + LATENCIES * phases.length * STATISTICS_BYTES;
export const SLOT_BYTES = 8;
export const HISTOGRAM_BYTES = SLOTS * SLOT_BYTES;
export const SHARD_BYTES = PAGE + LATENCIES * phases.length * HISTOGRAM_BYTES;

export const CELLS = 1 << 14;
export const CELL_BYTES = 16;
export const SEGMENT_BYTES = CELLS * CELL_BYTES;
export const ENTRIES = 8192;
export const ENTRY_BYTES = 16;

export const entriesAt = (shards: number): number => PAGE + shards * SHARD_BYTES;
export const segmentsAt = (shards: number): number => entriesAt(shards) + ENTRIES * ENTRY_BYTES;
