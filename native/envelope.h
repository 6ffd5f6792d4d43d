/* The envelope of src/protocol/envelope.ts, read from bytes that anybody may have written. */
#ifndef KAFKA_BENCH_TAP_ENVELOPE_H
#define KAFKA_BENCH_TAP_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ENVELOPE_BYTES 32
#define ENVELOPE_MAGIC 0xbe4c
#define ENVELOPE_VERSION 1
#define ENVELOPE_HEADER "kafka-bench"

struct envelope {
  uint8_t hop;
  uint32_t run;
  uint16_t producer;
  uint16_t incarnation;
  uint64_t sequence;
  uint64_t due; /* ns on CLOCK_MONOTONIC */
  uint32_t crc;
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are read as they lie");

static inline uint64_t get_le(const uint8_t *from, size_t bytes) {
  uint64_t value = 0;
  memcpy(&value, from, bytes);
  return value;
}

/* False, and `into` untouched, where no envelope of this version begins. Says nothing about the CRC. */
static inline bool envelope_read(const void *bytes, size_t length, struct envelope *into) {
  const uint8_t *from = bytes;
  if (from == NULL || length < ENVELOPE_BYTES) return false;
  if (get_le(from, 2) != ENVELOPE_MAGIC || (from[2] & 15) != ENVELOPE_VERSION) return false;
  into->hop = from[3];
  into->run = (uint32_t)get_le(from + 4, 4);
  into->producer = (uint16_t)get_le(from + 8, 2);
  into->incarnation = (uint16_t)get_le(from + 10, 2);
  into->sequence = get_le(from + 12, 8);
  into->due = get_le(from + 20, 8);
  into->crc = (uint32_t)get_le(from + 28, 4);
  return true;
}

/* zlib's CRC-32, eight bytes a step (Kounavis & Berry 2005). */
static uint32_t crc_tables[8][256];

static inline void crc_prepare(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    crc_tables[0][byte] = crc;
  }
  for (int k = 1; k < 8; k++)
    for (int byte = 0; byte < 256; byte++) {
      uint32_t before = crc_tables[k - 1][byte];
      crc_tables[k][byte] = before >> 8 ^ crc_tables[0][before & 255];
    }
}

static inline uint32_t crc_bytes(uint32_t state, const void *bytes, size_t length) {
  const uint8_t *at = bytes;
  for (; length >= 8; at += 8, length -= 8) {
    uint64_t word = state ^ get_le(at, 8);
    state = crc_tables[7][word & 255] ^ crc_tables[6][word >> 8 & 255] ^ crc_tables[5][word >> 16 & 255] ^
            crc_tables[4][word >> 24 & 255] ^ crc_tables[3][word >> 32 & 255] ^ crc_tables[2][word >> 40 & 255] ^
            crc_tables[1][word >> 48 & 255] ^ crc_tables[0][word >> 56];
  }
  for (; length > 0; at++, length--) state = state >> 8 ^ crc_tables[0][(state ^ *at) & 255];
  return state;
}

/* Whether envelope, key and value are what was stamped; `value` begins behind the envelope where that is a prefix. */
static inline bool envelope_intact(const void *envelope, const void *key, size_t key_length, const void *value,
                                   size_t value_length) {
  static const uint8_t zeros[4];
  const uint8_t *bytes = envelope;
  uint32_t state = crc_bytes(UINT32_MAX, bytes, 28);
  state = crc_bytes(state, zeros, 4);
  if (key != NULL) state = crc_bytes(state, key, key_length);
  if (value != NULL) state = crc_bytes(state, value, value_length);
  return (uint32_t)get_le(bytes + 28, 4) == (uint32_t)~state;
}

#endif
