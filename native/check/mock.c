/*
 * The tap under sanitizers in a real librdkafka, against its mock cluster of three brokers: their threads acknowledge
 * at once. `mock LIBRDKAFKA TAP MESSAGES`; the tap is built with the same sanitizer.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../envelope.h"
#include "../layout.h"

#define REQUIRE(what)                                                    \
  do {                                                                   \
    if (!(what)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what); \
      exit(1);                                                           \
    }                                                                    \
  } while (0)

/* ThreadSanitizer knows threads by pthread_create; librdkafka makes them with C11's, which then are these. */
struct start {
  int (*work)(void *);
  void *argument;
};
static void *begin(void *opaque) {
  struct start start = *(struct start *)opaque;
  free(opaque);
  return (void *)(intptr_t)start.work(start.argument);
}
int thrd_create(pthread_t *thread, int (*work)(void *), void *argument);
int thrd_create(pthread_t *thread, int (*work)(void *), void *argument) {
  struct start *start = malloc(sizeof *start);
  *start = (struct start){work, argument};
  return pthread_create(thread, NULL, begin, start) == 0 ? 0 : 2;
}
int thrd_join(pthread_t thread, int *result);
int thrd_join(pthread_t thread, int *result) {
  void *returned;
  int failed = pthread_join(thread, &returned);
  if (result != NULL) *result = (int)(intptr_t)returned;
  return failed == 0 ? 0 : 2;
}

static void *library;
static void *symbol(const char *name) {
  void *found = dlsym(library, name);
  if (found == NULL) fprintf(stderr, "no %s\n", name), exit(1);
  return found;
}

static uint64_t monotonic(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int main(int count, char **arguments) {
  REQUIRE(count == 4);
  const uint64_t messages = strtoull(arguments[3], NULL, 10);
  library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return fprintf(stderr, "%s\n", dlerror()), 1;
  void *(*conf_new)(void) = (void *(*)(void))symbol("rd_kafka_conf_new");
  int (*set)(void *, const char *, const char *, char *, size_t) =
      (int (*)(void *, const char *, const char *, char *, size_t))symbol("rd_kafka_conf_set");
  void *(*new)(int, void *, char *, size_t) = (void *(*)(int, void *, char *, size_t))symbol("rd_kafka_new");
  void *(*topic_new)(void *, const char *, void *) = (void *(*)(void *, const char *, void *))symbol("rd_kafka_topic_new");
  int (*produce)(void *, int32_t, int, void *, size_t, const void *, size_t, void *) =
      (int (*)(void *, int32_t, int, void *, size_t, const void *, size_t, void *))symbol("rd_kafka_produce");
  int (*flush)(void *, int) = (int (*)(void *, int))symbol("rd_kafka_flush");
  int (*poll)(void *, int) = (int (*)(void *, int))symbol("rd_kafka_poll");
  void (*topic_destroy)(void *) = (void (*)(void *))symbol("rd_kafka_topic_destroy");
  void (*destroy)(void *) = (void (*)(void *))symbol("rd_kafka_destroy");

  const uint64_t segments = messages / TAP_CELLS + 1;
  const size_t fixed = TAP_PAGE + sizeof(struct tap_shard) * 2 + TAP_ENTRIES * sizeof(struct tap_entry);
  FILE *file = tmpfile();
  REQUIRE(file != NULL);
  const int fd = fileno(file);
  REQUIRE(ftruncate(fd, (off_t)(fixed + segments * TAP_SEGMENT_BYTES)) == 0);
  struct tap_header header = {.magic = TAP_MAGIC, .version = TAP_VERSION, .role = TAP_PRODUCER, .run = 7, .producer = 3,
                              .incarnation = 1, .carrier = TAP_PREFIX, .shards = 2, .base = monotonic(),
                              .reserve = fixed + (segments + 1) * TAP_SEGMENT_BYTES};
  REQUIRE(pwrite(fd, &header, sizeof header, 0) == sizeof header);
  for (uint64_t segment = 0; segment < segments; segment++) {
    const uint64_t entry[2] = {segment + 1, fixed + segment * TAP_SEGMENT_BYTES};
    REQUIRE(pwrite(fd, entry, 16, (off_t)(fixed - TAP_ENTRIES * 16 + segment * 16)) == 16);
  }

  char error[512], number[16];
  snprintf(number, sizeof number, "%d", fd);
  void *conf = conf_new();
  const char *const settings[][2] = {
      {"plugin.library.paths", arguments[2]}, {"kafka.bench.tap", number},
      {"bootstrap.servers", "mock:1"},        {"test.mock.num.brokers", "3"},
      {"linger.ms", "2"},                     {"queue.buffering.max.messages", "100000"},
      {"log_level", "2"},
  };
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    if (set(conf, settings[i][0], settings[i][1], error, sizeof error) != 0) return fprintf(stderr, "%s\n", error), 1;
  void *client = new (0, conf, error, sizeof error);
  if (client == NULL) return fprintf(stderr, "%s\n", error), 1;
  void *topic = topic_new(client, "tapped", NULL);
  REQUIRE(topic != NULL);
  for (uint64_t sequence = 0; sequence < messages; sequence++) {
    uint8_t value[64] = {0x4c, 0xbe, ENVELOPE_VERSION, 0, 7, 0, 0, 0, 3, 0, 1, 0};
    uint64_t due = monotonic();
    memcpy(value + 12, &sequence, 8);
    memcpy(value + 20, &due, 8);
    while (produce(topic, -1, 2, value, sizeof value, NULL, 0, NULL) != 0) poll(client, 1);
    if (sequence % 10000 == 0) poll(client, 0);
  }
  REQUIRE(flush(client, 60000) == 0);
  topic_destroy(topic);
  destroy(client);

  REQUIRE(pread(fd, &header, sizeof header, 0) == sizeof header);
  REQUIRE(header.state == TAP_DESTROYED && header.strange == 0 && header.unplaced == 0 && header.repeated == 0);
  uint64_t *cells = malloc(TAP_SEGMENT_BYTES), settled = 0;
  bool partitions[64] = {false};
  for (uint64_t segment = 0; segment < segments; segment++) {
    REQUIRE(pread(fd, cells, TAP_SEGMENT_BYTES, (off_t)(fixed + segment * TAP_SEGMENT_BYTES)) == TAP_SEGMENT_BYTES);
    for (uint64_t i = 0; i < TAP_CELLS; i++) {
      if (cells[2 * i + 1] == 0) continue;
      settled++;
      REQUIRE((cells[2 * i + 1] >> 40 & 0xffff) == 0);
      partitions[cells[2 * i] >> 48 & 63] = true;
    }
  }
  REQUIRE(settled == messages);
  int reached = 0;
  for (int i = 0; i < 64; i++) reached += partitions[i];
  printf("mock: ok, %llu messages on %d partitions\n", (unsigned long long)settled, reached);
  free(cells);
  fclose(file);
  return 0;
}
