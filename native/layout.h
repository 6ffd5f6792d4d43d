/* The file that a tap fills and TypeScript reads: docs/tap.md, src/client/tap/layout.ts. Little-endian, 64 bit. */
#ifndef KAFKA_BENCH_TAP_LAYOUT_H
#define KAFKA_BENCH_TAP_LAYOUT_H

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

#define TAP_MAGIC 0x5054424bu /* "KBTP" */
#define TAP_VERSION 2
#define TAP_PAGE 4096

enum tap_role { TAP_PRODUCER = 1, TAP_CONSUMER = 2 };
enum tap_carrier { TAP_PREFIX = 1, TAP_HEADER = 2 };
enum tap_state { TAP_ATTACHED = 1, TAP_DESTROYED = 2 };
enum tap_phase { TAP_WARMUP = 0, TAP_MEASURE = 1, TAP_PHASES = 2 };
/* Histograms of a producer's shard; a consumer's has one, endToEnd, in the place of the first. */
enum tap_latency { TAP_SERVICE = 0, TAP_DUE = 1, TAP_LATENCIES = 2 };

/* Page 0. The first 64 bytes are written by TypeScript before the client exists and not again. */
struct tap_header {
  uint32_t magic;
  uint16_t version;
  uint16_t role;
  uint32_t run;
  uint16_t producer;
  uint16_t incarnation;
  uint32_t carrier;
  uint32_t shards;
  uint64_t base;    /* ns on CLOCK_MONOTONIC: times of cells count from here */
  uint64_t reserve; /* bytes to map: the file may grow up to here */
  uint8_t pad0[24];

  /* 64: by TypeScript, once: what is due before it is warm-up, ns. Until then a consumer records nothing. */
  _Atomic uint64_t measure_start;
  /* 72: by TypeScript, again and again. Not 0: what a consumer takes now is received later, and not timed here. */
  _Atomic uint64_t untimed;
  uint8_t pad1[48];

  /* 128: by the tap. */
  _Atomic uint32_t state;
  uint32_t unused;
  _Atomic uint64_t strange;  /* acknowledged without an envelope of this client */
  _Atomic uint64_t unplaced; /* acknowledged, and TypeScript has prepared no cell */
  _Atomic uint64_t repeated; /* acknowledged a second time: the first one stays */
  _Atomic uint64_t events;   /* written to the ring since the beginning */
  _Atomic uint64_t corrupt;  /* received with a checksum that fails */
  uint8_t pad2[16];
};
static_assert(sizeof(struct tap_header) == 192, "header");

/* Exceptional events, from 1024 of page 0: the last 64. `kind` is written last. */
#define TAP_EVENTS 64
#define TAP_EVENTS_AT 1024
enum tap_event_kind { TAP_FAILED = 1, TAP_STRANGE = 2, TAP_UNPLACED = 3, TAP_REPEATED = 4, TAP_CORRUPT = 5 };
struct tap_event {
  _Atomic uint64_t time; /* ns */
  _Atomic uint64_t sequence;
  _Atomic int64_t offset;
  _Atomic int32_t partition;
  _Atomic int32_t error;
  _Atomic uint32_t status; /* rd_kafka_msg_status_t */
  _Atomic uint32_t kind;
  uint8_t pad[8];
};
static_assert(sizeof(struct tap_event) == 48, "event");
static_assert(TAP_EVENTS_AT + TAP_EVENTS * sizeof(struct tap_event) <= TAP_PAGE, "page 0");

/* From page 1: shards. A thread adds to the shard of its number, so that threads rarely meet in one. */
#define TAP_MAX_SHARDS 64
#define TAP_SLOTS (23 * 1024)
#define TAP_HIGHEST_MICROS INT64_C(3600000000)

struct tap_counts {
  _Atomic uint64_t messages; /* acknowledged without error, or received and timed */
  _Atomic uint64_t bytes;    /* theirs, keys and values */
  _Atomic uint64_t failed;   /* acknowledged with an error */
  _Atomic uint64_t corrupt;  /* received with a checksum that fails */
  _Atomic uint64_t foreign;  /* received without an envelope of this run */
  _Atomic uint64_t untimed;  /* given out before they were received: JavaScript times them */
  uint8_t pad[16];
};

struct tap_statistics {
  _Atomic uint64_t sum;    /* ns, modulo 2^64 */
  _Atomic int64_t min;     /* ns; INT64_MAX without samples */
  _Atomic int64_t max;     /* ns; INT64_MIN without samples */
  _Atomic uint64_t above;  /* samples over an hour: they have no slot */
  _Atomic uint64_t below;  /* negative ones */
  uint8_t pad[24];
};

struct tap_shard {
  struct tap_counts counts[TAP_PHASES];
  struct tap_statistics statistics[TAP_LATENCIES][TAP_PHASES];
  uint8_t pad[TAP_PAGE - TAP_PHASES * 64 - TAP_LATENCIES * TAP_PHASES * 64];
  /* Slots as in src/measure/histogram.ts: HdrHistogram's, whole microseconds. */
  _Atomic uint64_t slots[TAP_LATENCIES][TAP_PHASES][TAP_SLOTS];
};
static_assert(sizeof(struct tap_counts) == 64 && sizeof(struct tap_statistics) == 64, "shard");
static_assert(sizeof(struct tap_shard) % TAP_PAGE == 0, "shards begin at pages");

/* Behind the shards: the table of segments, then segments, a cell a message, by sequence. Producers only. */
#define TAP_CELL_BITS 14
#define TAP_CELLS (1u << TAP_CELL_BITS)
#define TAP_ENTRIES 8192

/* Entry `sequence / TAP_CELLS % TAP_ENTRIES`. TypeScript writes it before it hands over the first such message. */
struct tap_entry {
  _Atomic uint64_t tag; /* sequence / TAP_CELLS + 1; 0: none */
  _Atomic uint64_t at;  /* of the segment in the file */
};

/* What became of one message; zero until it is known. */
struct tap_cell {
  _Atomic uint64_t place;   /* offset + 1 (48 bits, 0: not told), partition + 2 (16 bits, 1: not told) */
  _Atomic uint64_t outcome; /* written last. µs since base (40), error (16), status (2), measured (1), 63: settled */
};
#define TAP_OFFSETS (UINT64_C(1) << 48)
#define TAP_SEGMENT_BYTES (TAP_CELLS * sizeof(struct tap_cell))
#define TAP_SETTLED (UINT64_C(1) << 63)

static_assert(sizeof(void *) == 8, "the tap counts on 64-bit words");

#endif
