/*
 * The tap under sanitizers, without librdkafka: threads that acknowledge at once, files that are not what they should
 * be, and messages that somebody made up. `check threads`, `check files`, `check fuzz SECONDS SEED`.
 */
#include "../tap.c"

#include <unistd.h>

#define REQUIRE(what)                                                    \
  do {                                                                   \
    if (!(what)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what); \
      exit(1);                                                           \
    }                                                                    \
  } while (0)

/* ---- what librdkafka would be ------------------------------------------------------------------------------ */

static on_conf_set_t *conf_set;
static on_conf_destroy_t *conf_destroy;
static on_new_t *client_new;
static on_destroy_t *client_destroy;
static on_message_t *acknowledged, *consumed;
static void *given;

struct rd_kafka_headers_s {
  const char *name;
  const void *value;
  size_t length;
};
/* A message knows its headers. */
struct message {
  rd_kafka_message_t public;
  rd_kafka_headers_t *headers;
};

#define LIBRARY __attribute__((visibility("default")))
LIBRARY int rd_kafka_conf_interceptor_add_on_conf_set(rd_kafka_conf_t *c, const char *n, on_conf_set_t *f, void *o) {
  (void)c, (void)n;
  return conf_set = f, given = o, 0;
}
LIBRARY int rd_kafka_conf_interceptor_add_on_conf_destroy(rd_kafka_conf_t *c, const char *n, on_conf_destroy_t *f, void *o) {
  (void)c, (void)n, (void)o;
  return conf_destroy = f, 0;
}
LIBRARY int rd_kafka_conf_interceptor_add_on_new(rd_kafka_conf_t *c, const char *n, on_new_t *f, void *o) {
  (void)c, (void)n, (void)o;
  return client_new = f, 0;
}
LIBRARY int rd_kafka_interceptor_add_on_destroy(rd_kafka_t *c, const char *n, on_destroy_t *f, void *o) {
  (void)c, (void)n, (void)o;
  return client_destroy = f, 0;
}
LIBRARY int rd_kafka_interceptor_add_on_acknowledgement(rd_kafka_t *c, const char *n, on_message_t *f, void *o) {
  (void)c, (void)n, (void)o;
  return acknowledged = f, 0;
}
LIBRARY int rd_kafka_interceptor_add_on_consume(rd_kafka_t *c, const char *n, on_message_t *f, void *o) {
  (void)c, (void)n, (void)o;
  return consumed = f, 0;
}
LIBRARY int64_t rd_kafka_message_latency(const rd_kafka_message_t *m) { return m->offset % 5000; }
LIBRARY int rd_kafka_message_status(const rd_kafka_message_t *m) { return m->err == 0 ? 2 : 1; }
LIBRARY int rd_kafka_message_headers(const rd_kafka_message_t *m, rd_kafka_headers_t **headers) {
  *headers = ((const struct message *)(const void *)m)->headers;
  return *headers == NULL ? -156 : 0;
}
LIBRARY int rd_kafka_header_get(const rd_kafka_headers_t *headers, size_t i, const char *n, const void **value, size_t *length) {
  if (i > 0 || strcmp(headers->name, n) != 0) return -156;
  return *value = headers->value, *length = headers->length, 0;
}

/* ---- a file as TypeScript lays it out ---------------------------------------------------------------------- */

#define SHARDS 2
#define SEGMENTS 64 /* a million messages */
static const size_t fixed = TAP_PAGE + SHARDS * sizeof(struct tap_shard) + TAP_ENTRIES * sizeof(struct tap_entry);

static struct tap_header plain_header(enum tap_role role, enum tap_carrier carrier) {
  struct tap_header header = {.magic = TAP_MAGIC, .version = TAP_VERSION, .role = (uint16_t)role, .run = 7, .producer = 3,
                              .incarnation = 1, .carrier = carrier, .shards = SHARDS, .base = monotonic(),
                              .reserve = fixed + 2 * SEGMENTS * TAP_SEGMENT_BYTES};
  return header;
}

static int new_file(struct tap_header header, size_t size) {
  FILE *file = tmpfile();
  REQUIRE(file != NULL);
  int fd = dup(fileno(file));
  fclose(file);
  REQUIRE(ftruncate(fd, (off_t)size) == 0);
  size_t written = size < sizeof header ? size : sizeof header;
  REQUIRE(pwrite(fd, &header, written, 0) == (ssize_t)written);
  for (size_t shard = 0; shard < SHARDS && size >= fixed; shard++)
    for (size_t at = 0; at < TAP_LATENCIES * TAP_PHASES; at++) {
      const int64_t extremes[2] = {INT64_MAX, INT64_MIN};
      size_t from = TAP_PAGE + shard * sizeof(struct tap_shard) + TAP_PHASES * 64 + at * 64 + 8;
      REQUIRE(pwrite(fd, extremes, sizeof extremes, (off_t)from) == sizeof extremes);
    }
  for (uint64_t segment = 0; segment < SEGMENTS && size > fixed; segment++) {
    const uint64_t entry[2] = {segment + 1, fixed + segment * TAP_SEGMENT_BYTES};
    REQUIRE(pwrite(fd, entry, sizeof entry,
                   (off_t)(fixed - TAP_ENTRIES * sizeof(struct tap_entry) + segment * sizeof entry)) == sizeof entry);
  }
  return fd;
}

static struct tap *attach(int fd, char *error) {
  void *plugin = NULL;
  char number[16];
  REQUIRE(conf_init(NULL, &plugin, error, 512) == 0);
  REQUIRE(plugin == given);
  snprintf(number, sizeof number, "%d", fd);
  REQUIRE(conf_set(NULL, "linger.ms", "5", error, 512, plugin) == CONF_UNKNOWN);
  if (conf_set(NULL, property, number, error, 512, plugin) != CONF_OK) {
    REQUIRE(client_new(NULL, NULL, plugin, error, 512) == 0);
    conf_destroy(plugin);
    return NULL;
  }
  REQUIRE(client_new(NULL, NULL, plugin, error, 512) == 0);
  return plugin;
}

static void detach(struct tap *tap, int fd) {
  client_destroy(NULL, tap);
  conf_destroy(tap);
  close(fd);
}

static void put_envelope(uint8_t *into, uint64_t sequence, uint64_t due) {
  const uint8_t begin[12] = {0x4c, 0xbe, ENVELOPE_VERSION, 0, 7, 0, 0, 0, 3, 0, 1, 0};
  memcpy(into, begin, sizeof begin);
  memcpy(into + 12, &sequence, 8);
  memcpy(into + 20, &due, 8);
}

static void put_crc(uint8_t *into, const void *key, size_t key_length, const void *value, size_t length) {
  uint32_t state = crc_bytes(crc_bytes(UINT32_MAX, into, 28), "\0\0\0", 4);
  uint32_t crc = ~crc_bytes(crc_bytes(state, key, key_length), value, length);
  memcpy(into + 28, &crc, 4);
}

/* ---- threads ----------------------------------------------------------------------------------------------- */

#define THREADS 4
#define PER_THREAD (SEGMENTS * (uint64_t)TAP_CELLS / THREADS)

struct worker {
  struct tap *tap;
  uint64_t number;
};

/* Sequences are dealt out one by one, so that neighbouring cells belong to different threads. */
static void *acknowledge(void *opaque) {
  struct worker *worker = opaque;
  for (uint64_t i = 0; i < PER_THREAD; i++) {
    uint64_t sequence = i * THREADS + worker->number;
    uint8_t value[40] = {0};
    put_envelope(value, sequence, worker->tap->header->base - (sequence % 3) * 1000000);
    struct message message = {{.err = sequence % 1000 == 0 ? -192 : 0, .partition = (int32_t)worker->number, .payload = value,
                               .len = sizeof value, .key = value, .key_len = 2, .offset = (int64_t)i}, NULL};
    acknowledged(NULL, &message.public, worker->tap);
    if (sequence % 10000 == 1) acknowledged(NULL, &message.public, worker->tap);
  }
  return NULL;
}

static _Atomic bool reading = true;

/* Reads as TypeScript does, from the file; what it finds settled is settled as a whole. */
static void *look(void *opaque) {
  const int fd = *(int *)opaque;
  uint64_t *cells = malloc(TAP_SEGMENT_BYTES);
  uint64_t passes = 0;
  for (uint64_t segment = 0; atomic_load(&reading) || passes < SEGMENTS; segment = (segment + 1) % SEGMENTS, passes++) {
    REQUIRE(pread(fd, cells, TAP_SEGMENT_BYTES, (off_t)(fixed + segment * TAP_SEGMENT_BYTES)) == TAP_SEGMENT_BYTES);
    for (uint64_t i = 0; i < TAP_CELLS; i++) {
      if ((cells[2 * i + 1] & TAP_SETTLED) == 0 || cells[2 * i] == 0) continue;
      uint64_t sequence = segment * TAP_CELLS + i;
      REQUIRE((cells[2 * i] >> 48) == sequence % THREADS + 2);
      REQUIRE((cells[2 * i] & (TAP_OFFSETS - 1)) == sequence / THREADS + 1);
      REQUIRE((int16_t)(cells[2 * i + 1] >> 40) == (sequence % 1000 == 0 ? -192 : 0));
    }
  }
  free(cells);
  return NULL;
}

static void check_threads(void) {
  char error[512];
  struct tap_header header = plain_header(TAP_PRODUCER, TAP_PREFIX);
  int fd = new_file(header, fixed + SEGMENTS * TAP_SEGMENT_BYTES);
  struct tap *tap = attach(fd, error);
  REQUIRE(tap != NULL);
  PUT(tap->header->measure_start, tap->header->base - 1000000);
  pthread_t threads[THREADS], reader;
  struct worker workers[THREADS];
  REQUIRE(pthread_create(&reader, NULL, look, &fd) == 0);
  for (uint64_t i = 0; i < THREADS; i++) {
    workers[i] = (struct worker){tap, i};
    REQUIRE(pthread_create(&threads[i], NULL, acknowledge, &workers[i]) == 0);
  }
  for (int i = 0; i < THREADS; i++) REQUIRE(pthread_join(threads[i], NULL) == 0);
  atomic_store(&reading, false);
  REQUIRE(pthread_join(reader, NULL) == 0);

  const uint64_t total = THREADS * PER_THREAD, failed = (total + 999) / 1000;
  uint64_t messages = 0, failures = 0, bytes = 0, samples = 0, warm = 0;
  for (int shard = 0; shard < SHARDS; shard++)
    for (int phase = 0; phase < TAP_PHASES; phase++) {
      struct tap_counts *counts = &tap->shards[shard].counts[phase];
      messages += GET(counts->messages), failures += GET(counts->failed), bytes += GET(counts->bytes);
      if (phase == TAP_WARMUP) warm += GET(counts->messages) + GET(counts->failed);
      for (int slot = 0; slot < TAP_SLOTS; slot++)
        for (int latency = 0; latency < TAP_LATENCIES; latency++)
          samples += GET(tap->shards[shard].slots[latency][phase][slot]);
    }
  REQUIRE(failures == failed && messages == total - failed && bytes == messages * 42);
  REQUIRE(samples == TAP_LATENCIES * messages);
  REQUIRE(warm == total / 3);
  REQUIRE(GET(tap->header->repeated) == (total + 9998) / 10000);
  REQUIRE(GET(tap->header->strange) == 0 && GET(tap->header->unplaced) == 0);
  detach(tap, fd);
}

/* ---- files ------------------------------------------------------------------------------------------------- */

static void refuse(struct tap_header header, size_t size) {
  char error[512] = "";
  int fd = new_file(header, size);
  REQUIRE(attach(fd, error) == NULL);
  REQUIRE(error[0] != '\0');
  close(fd);
}

static void check_files(void) {
  const struct tap_header good = plain_header(TAP_PRODUCER, TAP_PREFIX);
  struct tap_header bad;
  char error[512];
#define REFUSE(field, value) bad = good, bad.field = (value), refuse(bad, fixed)
  REFUSE(magic, 0);
  REFUSE(version, TAP_VERSION - 1);
  REFUSE(version, TAP_VERSION + 1);
  REFUSE(role, 0);
  REFUSE(role, 3);
  REFUSE(carrier, 9);
  REFUSE(shards, 0);
  REFUSE(shards, 3); /* the file is too short for them */
  REFUSE(shards, UINT32_MAX);
  REFUSE(reserve, 0);
  REFUSE(reserve, fixed);
  REFUSE(reserve, fixed + TAP_SEGMENT_BYTES + 1);
  REFUSE(reserve, UINT64_MAX & ~UINT64_C(4095)); /* more than there is */
  refuse(good, 0);
  refuse(good, 100);
  refuse(good, fixed - 1);
  REQUIRE(attach(-1, error) == NULL);
  REQUIRE(attach(9999, error) == NULL);
  void *plugin;
  REQUIRE(conf_init(NULL, &plugin, error, sizeof error) == 0);
  REQUIRE(conf_set(NULL, property, NULL, error, sizeof error, plugin) == CONF_INVALID);
  REQUIRE(conf_set(NULL, property, "1x", error, sizeof error, plugin) == CONF_INVALID);
  REQUIRE(conf_set(NULL, property, "", error, sizeof error, plugin) == CONF_INVALID);
  conf_destroy(plugin);
}

/* ---- messages that somebody made up ------------------------------------------------------------------------ */

static uint64_t state;
static uint64_t draw(uint64_t below) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return below == 0 ? state : state % below;
}

/* Exactly as long as it says, so that the sanitizer sees a byte too far; NULL now and then. */
static uint8_t *made_up(size_t *length) {
  *length = draw(3) == 0 ? 32 + draw(64) : draw(40);
  if (draw(20) == 0) return *length = draw(2) == 0 ? 0 : *length, (*length == 0 ? NULL : calloc(1, *length));
  uint8_t *bytes = malloc(*length == 0 ? 1 : *length);
  for (size_t i = 0; i < *length; i++) bytes[i] = (uint8_t)draw(256);
  if (*length < 32 || draw(8) == 0) return bytes;
  /* Most of an envelope: sequences inside, at the edges and far beyond, due times of any year. */
  uint64_t sequences[] = {draw(SEGMENTS * TAP_CELLS), SEGMENTS * TAP_CELLS, TAP_ENTRIES * (uint64_t)TAP_CELLS + draw(9),
                          UINT64_MAX, draw(0)};
  uint64_t dues[] = {monotonic(), 0, UINT64_MAX, INT64_MAX, draw(0)};
  put_envelope(bytes, sequences[draw(5)], dues[draw(5)]);
  if (draw(4) == 0) bytes[draw(32)] ^= (uint8_t)(1 << draw(8));
  if (draw(2) == 0) put_crc(bytes, NULL, 0, bytes + 32, *length - 32);
  return bytes;
}

static void fuzz(struct tap *tap, uint64_t rounds) {
  for (uint64_t round = 0; round < rounds; round++) {
    size_t length, key_length, header_length;
    uint8_t *value = made_up(&length), *key = draw(2) ? made_up(&key_length) : (key_length = 0, NULL),
            *header = made_up(&header_length);
    rd_kafka_headers_t headers = {draw(4) == 0 ? "other" : ENVELOPE_HEADER, header, header_length};
    const int64_t offsets[] = {-1001, -1, 0, INT64_MAX, INT64_MIN, (int64_t)draw(1 << 20), (int64_t)TAP_OFFSETS};
    const int32_t partitions[] = {-1, 0, 65533, 65534, INT32_MAX, INT32_MIN, (int32_t)draw(64)};
    struct message message = {{.err = draw(3) == 0 ? (int)draw(400) - 200 : 0, .partition = partitions[draw(7)], .payload = value,
                               .len = length, .key = key, .key_len = key_length, .offset = offsets[draw(7)]},
                              draw(2) == 0 ? NULL : &headers};
    if (tap->header->role == TAP_PRODUCER) acknowledged(NULL, &message.public, tap);
    else consumed(NULL, &message.public, tap);
    /* What TypeScript would not write, and a bug of it might. */
    if (draw(1000) == 0) PUT(tap->header->untimed, draw(3));
    const uint64_t places[] = {draw(0), draw(0) & ~UINT64_C(4095), tap->reserve, tap->reserve - TAP_PAGE, 0, TAP_PAGE};
    if (draw(1000) == 0) PUT(tap->entries[draw(SEGMENTS)].at, places[draw(6)]);
    if (draw(1000) == 0) PUT(tap->entries[draw(SEGMENTS)].tag, draw(3));
    free(value), free(key), free(header);
  }
}

static void check_fuzz(double seconds, uint64_t seed) {
  char error[512];
  uint64_t until = monotonic() + (uint64_t)(seconds * 1e9), rounds = 0;
  state = seed * 2654435761u + 88172645463325252u;
  for (unsigned kind = 0; monotonic() < until || kind < 4; kind++) {
    struct tap_header header = plain_header(kind & 1 ? TAP_PRODUCER : TAP_CONSUMER, kind & 2 ? TAP_HEADER : TAP_PREFIX);
    int fd = new_file(header, fixed + SEGMENTS * TAP_SEGMENT_BYTES);
    /* A table may point anywhere below the reserve: behind the end of the file that would be SIGBUS. */
    REQUIRE(ftruncate(fd, (off_t)header.reserve) == 0);
    struct tap *tap = attach(fd, error);
    REQUIRE(tap != NULL);
    PUT(tap->header->measure_start, monotonic());
    fuzz(tap, 50000);
    rounds += 50000;
    uint64_t told = GET(tap->header->strange) + GET(tap->header->unplaced) + GET(tap->header->repeated);
    for (int shard = 0; shard < SHARDS; shard++)
      for (int phase = 0; phase < TAP_PHASES; phase++) {
        struct tap_counts *counts = &tap->shards[shard].counts[phase];
        told += GET(counts->messages) + GET(counts->failed) + GET(counts->corrupt) + GET(counts->foreign) +
                GET(counts->untimed);
      }
    REQUIRE(told == 50000); /* each message ends in one count */
    detach(tap, fd);
  }
  printf("fuzz: %" PRIu64 " messages, seed %" PRIu64 "\n", rounds, seed);
}

int main(int count, char **arguments) {
  const char *what = count > 1 ? arguments[1] : "";
  if (strcmp(what, "threads") == 0) check_threads();
  else if (strcmp(what, "files") == 0) check_files();
  else if (strcmp(what, "fuzz") == 0 && count > 3) check_fuzz(atof(arguments[2]), strtoull(arguments[3], NULL, 10));
  else return fprintf(stderr, "check threads | files | fuzz SECONDS SEED\n"), 2;
  printf("%s: ok\n", what);
  return 0;
}
