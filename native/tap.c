/*
 * The tap: a librdkafka plugin that records what becomes of messages on librdkafka's own threads, into one mapped
 * file a client (docs/tap.md). It moves and counts; everything is decided in TypeScript. librdkafka's headers are
 * not needed: the functions are those of the library that loads it, whether in a binding or beside one.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "envelope.h"
#include "layout.h"

/* The part of rdkafka.h that is used; its ABI is stable. */
typedef struct rd_kafka_s rd_kafka_t;
typedef struct rd_kafka_conf_s rd_kafka_conf_t;
typedef struct rd_kafka_headers_s rd_kafka_headers_t;
typedef struct {
  int err;
  void *rkt;
  int32_t partition;
  void *payload;
  size_t len;
  void *key;
  size_t key_len;
  int64_t offset;
  void *_private;
} rd_kafka_message_t;
enum { CONF_UNKNOWN = -2, CONF_INVALID = -1, CONF_OK = 0 };

typedef int on_conf_set_t(rd_kafka_conf_t *, const char *, const char *, char *, size_t, void *);
typedef int on_conf_destroy_t(void *);
typedef int on_new_t(rd_kafka_t *, const rd_kafka_conf_t *, void *, char *, size_t);
typedef int on_destroy_t(rd_kafka_t *, void *);
typedef int on_message_t(rd_kafka_t *, rd_kafka_message_t *, void *);

struct library {
  int (*add_on_conf_set)(rd_kafka_conf_t *, const char *, on_conf_set_t *, void *);
  int (*add_on_conf_destroy)(rd_kafka_conf_t *, const char *, on_conf_destroy_t *, void *);
  int (*add_on_new)(rd_kafka_conf_t *, const char *, on_new_t *, void *);
  int (*add_on_destroy)(rd_kafka_t *, const char *, on_destroy_t *, void *);
  int (*add_on_acknowledgement)(rd_kafka_t *, const char *, on_message_t *, void *);
  int (*add_on_consume)(rd_kafka_t *, const char *, on_message_t *, void *);
  int64_t (*message_latency)(const rd_kafka_message_t *);
  int (*message_status)(const rd_kafka_message_t *);
  int (*message_headers)(const rd_kafka_message_t *, rd_kafka_headers_t **);
  int (*header_get)(const rd_kafka_headers_t *, size_t, const char *, const void **, size_t *);
};

/* One a configuration object. librdkafka copies the object on its way to a client: the copy has one of its own. */
struct tap {
  struct library library;
  struct tap_header *header; /* NULL until the property has been set */
  struct tap_shard *shards;
  struct tap_entry *entries;
  struct tap_event *events;
  size_t segments_at;
  size_t reserve;
};

static const char *const name = "kafka-bench-tap";
static const char *const property = "kafka.bench.tap";

#define ADD(counter, amount) atomic_fetch_add_explicit(&(counter), amount, memory_order_relaxed)
#define GET(counter) atomic_load_explicit(&(counter), memory_order_relaxed)
#define PUT(counter, value) atomic_store_explicit(&(counter), value, memory_order_relaxed)

static uint64_t monotonic(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- what is recorded -------------------------------------------------------------------------------------- */

static struct tap_shard *own_shard(struct tap *tap) {
  static _Atomic unsigned threads;
  static _Thread_local unsigned thread;
  if (thread == 0) thread = ADD(threads, 1) + 1;
  return &tap->shards[thread % tap->header->shards];
}

static unsigned slot_of(int64_t micros) {
  if (micros < 2048) return (unsigned)micros;
  unsigned shift = 53 - (unsigned)__builtin_clzll((unsigned long long)micros);
  return (shift << 10) + (unsigned)(micros >> shift);
}

static void lower(_Atomic int64_t *least, int64_t value) {
  int64_t known = GET(*least);
  while (value < known && !atomic_compare_exchange_weak_explicit(least, &known, value, memory_order_relaxed,
                                                                 memory_order_relaxed));
}

static void raise_to(_Atomic int64_t *most, int64_t value) {
  int64_t known = GET(*most);
  while (value > known && !atomic_compare_exchange_weak_explicit(most, &known, value, memory_order_relaxed,
                                                                 memory_order_relaxed));
}

static void record(struct tap_shard *shard, enum tap_latency latency, enum tap_phase phase, int64_t nanos) {
  struct tap_statistics *statistics = &shard->statistics[latency][phase];
  ADD(statistics->sum, (uint64_t)nanos);
  lower(&statistics->min, nanos);
  raise_to(&statistics->max, nanos);
  if (nanos < 0) ADD(statistics->below, 1);
  /* Fractions decide at the limit: 3 600 000 000.5 µs are more than an hour, as in histogram.ts. */
  else if (nanos > TAP_HIGHEST_MICROS * 1000) ADD(statistics->above, 1);
  else ADD(shard->slots[latency][phase][slot_of(nanos / 1000)], 1);
}

static void tell(struct tap *tap, enum tap_event_kind kind, uint64_t time, uint64_t sequence,
                 const rd_kafka_message_t *message) {
  struct tap_event *event = &tap->events[ADD(tap->header->events, 1) % TAP_EVENTS];
  PUT(event->kind, 0);
  PUT(event->time, time);
  PUT(event->sequence, sequence);
  PUT(event->offset, message->offset);
  PUT(event->partition, message->partition);
  PUT(event->error, message->err);
  PUT(event->status, tap->header->role == TAP_PRODUCER ? (uint32_t)tap->library.message_status(message) : 0);
  atomic_store_explicit(&event->kind, kind, memory_order_release);
}

/* Where the outcome of a message goes; NULL where TypeScript has not prepared a segment for it. */
static struct tap_cell *cell_of(struct tap *tap, uint64_t sequence) {
  uint64_t index = sequence >> TAP_CELL_BITS;
  struct tap_entry *entry = &tap->entries[index % TAP_ENTRIES];
  if (atomic_load_explicit(&entry->tag, memory_order_acquire) != index + 1) return NULL;
  uint64_t at = GET(entry->at);
  if (at < tap->segments_at || at % TAP_PAGE != 0 || at > tap->reserve - TAP_SEGMENT_BYTES) return NULL;
  return (struct tap_cell *)((uint8_t *)tap->header + at) + (sequence & (TAP_CELLS - 1));
}

static bool header_envelope(struct tap *tap, const rd_kafka_message_t *message, const void **value, size_t *length) {
  rd_kafka_headers_t *headers;
  return tap->library.message_headers(message, &headers) == 0 &&
         tap->library.header_get(headers, 0, ENVELOPE_HEADER, value, length) == 0;
}

/* ---- producers --------------------------------------------------------------------------------------------- */

static bool own_envelope(struct tap *tap, const rd_kafka_message_t *message, struct envelope *envelope) {
  const struct tap_header *header = tap->header;
  const void *bytes = message->payload;
  size_t length = message->len;
  if (header->carrier == TAP_HEADER && !header_envelope(tap, message, &bytes, &length)) return false;
  return envelope_read(bytes, length, envelope) && envelope->run == header->run &&
         envelope->producer == header->producer && envelope->incarnation == header->incarnation;
}

static uint64_t place_of(const rd_kafka_message_t *message) {
  uint64_t offset = message->offset < 0 || (uint64_t)message->offset >= TAP_OFFSETS - 1 ? 0 : (uint64_t)message->offset + 1;
  uint64_t partition = message->partition < 0 || message->partition > 0xfffd ? 1 : (uint64_t)message->partition + 2;
  return partition << 48 | offset;
}

static uint64_t outcome_of(struct tap *tap, const rd_kafka_message_t *message, enum tap_phase phase, uint64_t now) {
  uint64_t micros = (now - tap->header->base) / 1000;
  uint64_t status = (uint64_t)tap->library.message_status(message) & 3;
  return TAP_SETTLED | (uint64_t)phase << 58 | status << 56 | (uint64_t)(uint16_t)message->err << 40 |
         (micros & ((UINT64_C(1) << 40) - 1));
}

/* On every broker's thread at once, and inside produce() where that refuses a message after all. */
static int on_acknowledgement(rd_kafka_t *client, rd_kafka_message_t *message, void *opaque) {
  struct tap *tap = opaque;
  struct envelope envelope;
  uint64_t now = monotonic();
  int64_t service = tap->library.message_latency(message);
  (void)client;
  if (!own_envelope(tap, message, &envelope)) {
    ADD(tap->header->strange, 1);
    tell(tap, TAP_STRANGE, now, 0, message);
    return 0;
  }
  struct tap_cell *cell = cell_of(tap, envelope.sequence);
  if (cell == NULL) {
    ADD(tap->header->unplaced, 1);
    tell(tap, TAP_UNPLACED, now, envelope.sequence, message);
    return 0;
  }
  if (GET(cell->outcome) != 0) {
    ADD(tap->header->repeated, 1);
    tell(tap, TAP_REPEATED, now, envelope.sequence, message);
    return 0;
  }
  enum tap_phase phase = envelope.due < GET(tap->header->measure_start) ? TAP_WARMUP : TAP_MEASURE;
  struct tap_shard *shard = own_shard(tap);
  struct tap_counts *counts = &shard->counts[phase];
  if (message->err == 0) {
    record(shard, TAP_SERVICE, phase, service * 1000);
    record(shard, TAP_DUE, phase, (int64_t)(now - envelope.due));
    ADD(counts->bytes, message->len + message->key_len);
    ADD(counts->messages, 1);
  } else {
    ADD(counts->failed, 1);
    tell(tap, TAP_FAILED, now, envelope.sequence, message);
  }
  PUT(cell->place, place_of(message));
  atomic_store_explicit(&cell->outcome, outcome_of(tap, message, phase, now), memory_order_release);
  return 0;
}

/* ---- consumers --------------------------------------------------------------------------------------------- */

/* On the thread that polls, before the message is handed to JavaScript. */
static int on_consume(rd_kafka_t *client, rd_kafka_message_t *message, void *opaque) {
  struct tap *tap = opaque;
  struct envelope envelope;
  uint64_t now = monotonic();
  uint64_t start = GET(tap->header->measure_start);
  if (start == UINT64_MAX) return 0;
  struct tap_shard *shard = own_shard(tap);
  const void *bytes = message->payload, *value = message->payload;
  size_t length = message->len, value_length = message->len;
  (void)client;
  bool in_header = header_envelope(tap, message, &bytes, &length);
  if (!envelope_read(bytes, length, &envelope) || envelope.run != tap->header->run) {
    ADD(shard->counts[now < start ? TAP_WARMUP : TAP_MEASURE].foreign, 1);
    return 0;
  }
  if (!in_header) {
    value = (const uint8_t *)value + ENVELOPE_BYTES;
    value_length -= ENVELOPE_BYTES;
  }
  if (!envelope_intact(bytes, message->key, message->key_len, value, value_length)) {
    ADD(shard->counts[now < start ? TAP_WARMUP : TAP_MEASURE].corrupt, 1);
    ADD(tap->header->corrupt, 1);
    tell(tap, TAP_CORRUPT, now, envelope.sequence, message);
    return 0;
  }
  enum tap_phase phase = envelope.due < start ? TAP_WARMUP : TAP_MEASURE;
  if (GET(tap->header->untimed) != 0) {
    ADD(shard->counts[phase].untimed, 1);
    return 0;
  }
  record(shard, TAP_SERVICE, phase, (int64_t)(now - envelope.due));
  ADD(shard->counts[phase].bytes, message->len + message->key_len);
  ADD(shard->counts[phase].messages, 1);
  return 0;
}

/* ---- life of a tap ----------------------------------------------------------------------------------------- */

static int on_destroy(rd_kafka_t *client, void *opaque) {
  struct tap *tap = opaque;
  (void)client;
  PUT(tap->header->state, TAP_DESTROYED);
  return 0;
}

static int on_new(rd_kafka_t *client, const rd_kafka_conf_t *conf, void *opaque, char *error, size_t size) {
  struct tap *tap = opaque;
  (void)conf, (void)error, (void)size;
  if (tap->header == NULL) return 0;
  int failed = tap->header->role == TAP_PRODUCER
                   ? tap->library.add_on_acknowledgement(client, name, on_acknowledgement, tap)
                   : tap->library.add_on_consume(client, name, on_consume, tap);
  if (failed == 0) failed = tap->library.add_on_destroy(client, name, on_destroy, tap);
  if (failed == 0) PUT(tap->header->state, TAP_ATTACHED);
  return failed;
}

/* The client's threads have ended: nobody records any more. */
static int on_conf_destroy(void *opaque) {
  struct tap *tap = opaque;
  if (tap->header != NULL) munmap(tap->header, tap->reserve);
  free(tap);
  return 0;
}

static const char *unfit(const struct tap_header *header, uint64_t size) {
  if (header->magic != TAP_MAGIC || header->version != TAP_VERSION) return "not a file of this version";
  if (header->role != TAP_PRODUCER && header->role != TAP_CONSUMER) return "unknown role";
  if (header->carrier != TAP_PREFIX && header->carrier != TAP_HEADER) return "unknown carrier";
  if (header->shards < 1 || header->shards > TAP_MAX_SHARDS) return "too many shards";
  uint64_t fixed = TAP_PAGE + header->shards * sizeof(struct tap_shard) + TAP_ENTRIES * sizeof(struct tap_entry);
  if (size < fixed) return "too short";
  if (header->reserve < fixed + TAP_SEGMENT_BYTES || header->reserve % TAP_PAGE != 0) return "reserves too little";
  return NULL;
}

static int map_file(struct tap *tap, int file, char *error, size_t size) {
  struct stat found;
  if (fstat(file, &found) != 0 || found.st_size < TAP_PAGE) {
    snprintf(error, size, "%s: descriptor %d is no file of a tap", name, file);
    return CONF_INVALID;
  }
  struct tap_header *first = mmap(NULL, TAP_PAGE, PROT_READ, MAP_SHARED, file, 0);
  if (first == MAP_FAILED) goto failed;
  const char *why = unfit(first, (uint64_t)found.st_size);
  uint64_t reserve = first->reserve;
  uint32_t shards = first->shards;
  munmap(first, TAP_PAGE);
  if (why != NULL) {
    snprintf(error, size, "%s: the file is %s", name, why);
    return CONF_INVALID;
  }
  /* The whole range at once: the file grows below it, and no thread ever waits for a mapping. */
  void *start = mmap(NULL, reserve, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
  if (start == MAP_FAILED) goto failed;
  tap->header = start;
  tap->reserve = reserve;
  tap->events = (struct tap_event *)((uint8_t *)start + TAP_EVENTS_AT);
  tap->shards = (struct tap_shard *)((uint8_t *)start + TAP_PAGE);
  tap->entries = (struct tap_entry *)(tap->shards + shards);
  tap->segments_at = TAP_PAGE + shards * sizeof(struct tap_shard) + TAP_ENTRIES * sizeof(struct tap_entry);
  return CONF_OK;
failed:
  snprintf(error, size, "%s: cannot map the file: %s", name, strerror(errno));
  return CONF_INVALID;
}

static int on_conf_set(rd_kafka_conf_t *conf, const char *key, const char *value, char *error, size_t size,
                       void *opaque) {
  struct tap *tap = opaque;
  (void)conf;
  if (strcmp(key, property) != 0) return CONF_UNKNOWN;
  char *end;
  long file = value == NULL ? -1 : strtol(value, &end, 10);
  if (tap->header != NULL || file < 0 || file > INT32_MAX || *end != '\0') {
    snprintf(error, size, "%s: %s takes one file descriptor, once", name, property);
    return CONF_INVALID;
  }
  return map_file(tap, (int)file, error, size);
}

/* All or nothing: with one of them missing the client goes on without a tap. */
static const char *find_symbols(void *handle, struct library *library) {
  const struct {
    const char *name;
    void *into;
  } wanted[] = {
      {"rd_kafka_conf_interceptor_add_on_conf_set", &library->add_on_conf_set},
      {"rd_kafka_conf_interceptor_add_on_conf_destroy", &library->add_on_conf_destroy},
      {"rd_kafka_conf_interceptor_add_on_new", &library->add_on_new},
      {"rd_kafka_interceptor_add_on_destroy", &library->add_on_destroy},
      {"rd_kafka_interceptor_add_on_acknowledgement", &library->add_on_acknowledgement},
      {"rd_kafka_interceptor_add_on_consume", &library->add_on_consume},
      {"rd_kafka_message_latency", &library->message_latency},
      {"rd_kafka_message_status", &library->message_status},
      {"rd_kafka_message_headers", &library->message_headers},
      {"rd_kafka_header_get", &library->header_get},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    void *symbol = dlsym(handle, wanted[i].name);
    if (symbol == NULL) return wanted[i].name;
    memcpy(wanted[i].into, &symbol, sizeof symbol);
  }
  return NULL;
}

/* The library that called us: a shared librdkafka, or the binding with a static one inside. */
static void *loaded_library(void *caller) {
  Dl_info info;
  void *handle = NULL;
  if (dladdr(caller, &info) != 0 && info.dli_fname != NULL) handle = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  /* The program itself has no name that dlopen knows. */
  return handle != NULL ? handle : dlopen(NULL, RTLD_NOW);
}

#define EXPORTED __attribute__((visibility("default")))

/* Called by librdkafka for each configuration object that names this plugin. */
EXPORTED int conf_init(rd_kafka_conf_t *conf, void **plugin, char *error, size_t size) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, crc_prepare);
  struct tap *tap = calloc(1, sizeof *tap);
  void *handle = loaded_library(__builtin_return_address(0));
  const char *missing = tap == NULL || handle == NULL ? "anything" : find_symbols(handle, &tap->library);
  if (missing != NULL) {
    snprintf(error, size, "%s: %s not found in librdkafka", name, missing);
    free(tap);
    return -1;
  }
  *plugin = tap;
  if (tap->library.add_on_conf_set(conf, name, on_conf_set, tap) == 0 &&
      tap->library.add_on_new(conf, name, on_new, tap) == 0 &&
      tap->library.add_on_conf_destroy(conf, name, on_conf_destroy, tap) == 0)
    return 0;
  /* What was added keeps the pointer, so it stays. */
  snprintf(error, size, "%s: librdkafka takes no interceptors", name);
  return -1;
}
