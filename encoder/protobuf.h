/*
 * Writes protobuf into a buffer of fixed size. A message whose length is not known beforehand is
 * opened with room for the widest length that can still fit and, when closed, moved down if its
 * length takes fewer bytes: so all lengths have their shortest form, and what fits, fits exactly.
 * Nothing is written past the end: `full` is set instead and stays set until the caller rolls back
 * by restoring a copy of the writer. No libc.
 */
#ifndef ENCODER_PROTOBUF_H
#define ENCODER_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct protobuf {
	uint8_t *at, *end; /* end may be lowered while a message is open, to keep room behind it */
	bool full;
};

enum protobuf_wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_LENGTH = 2 };

static inline size_t protobuf_varint_size(uint64_t value)
{
	return (size_t)(70 - __builtin_clzll(value | 1)) / 7;
}

static inline uint64_t protobuf_zigzag(int64_t value)
{
	return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

void protobuf_varint(struct protobuf *out, uint64_t value);

/* Fields, by number (at most 15: one byte of tag). They are written whatever the value is; to leave
 * out defaults is the caller's part. */
void protobuf_field_varint(struct protobuf *out, unsigned int field, uint64_t value);
void protobuf_field_fixed64(struct protobuf *out, unsigned int field, uint64_t value);
void protobuf_field_double(struct protobuf *out, unsigned int field, double value);
void protobuf_field_bytes(struct protobuf *out, unsigned int field, const char *bytes,
                          size_t length);

/* Tag and length of a field whose contents of that length the caller writes next. */
void protobuf_field_length(struct protobuf *out, unsigned int field, size_t length);

/* Starts a message of unknown length; returns where its length stands, for protobuf_close(). */
uint8_t *protobuf_open(struct protobuf *out, unsigned int field, uint8_t *ret_width);
void protobuf_close(struct protobuf *out, uint8_t *open, uint8_t width);

#endif
