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
#include "base/atomic.h"

struct protobuf {
	uint8_t *at, *end; /* end may be lowered while a message is open, to keep room behind it */
	bool full;
};

/* A message that has been opened: where its length stands, the bytes kept for it, and by how many
 * the buffer's end was lowered, because contents that long would need a longer length. */
struct protobuf_message {
	uint8_t *at;
	size_t width, lowered;
};

enum protobuf_wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_LENGTH = 2 };

/* One byte: fields 1 to 15. */
#define PROTOBUF_TAG(field, wire) ((uint8_t)((field) << 3 | (wire)))

static inline size_t protobuf_varint_size(uint64_t value)
{
	return (size_t)(70 - __builtin_clzll(value | 1)) / 7;
}

static inline uint64_t protobuf_zigzag(int64_t value)
{
	return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

/* Room for size bytes, to be filled with the put functions; NULL (and full) if there is none. */
static always_inline uint8_t *protobuf_claim(struct protobuf *out, size_t size)
{
	uint8_t *at = out->at;

	if (unlikely(out->full || (size_t)(out->end - at) < size)) {
		out->full = true;
		return NULL;
	}
	out->at = at + size;
	return at;
}

/* Each writes at `at`, where there is room, and returns what follows. */
static always_inline uint8_t *protobuf_put_varint(uint8_t *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	return at;
}

static always_inline uint8_t *protobuf_put_fixed64(uint8_t *at, uint64_t value)
{
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	value = __builtin_bswap64(value);
#endif
	__builtin_memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static always_inline uint8_t *protobuf_put_field_fixed64(uint8_t *at, unsigned int field,
                                                         uint64_t value)
{
	*at = PROTOBUF_TAG(field, WIRE_FIXED64);
	return protobuf_put_fixed64(at + 1, value);
}

static always_inline uint64_t protobuf_double_bits(double value)
{
	uint64_t bits;

	__builtin_memcpy(&bits, &value, sizeof(bits));
	return bits;
}

/* Short strings, without a call; two copies that overlap where the length is no power of two. */
static always_inline uint8_t *protobuf_put_bytes(uint8_t *at, const char *bytes, size_t length)
{
	uint8_t *end = at + length;

	for (; length > 16; length -= 8, at += 8, bytes += 8)
		__builtin_memcpy(at, bytes, 8);
	if (length >= 8) {
		__builtin_memcpy(at, bytes, 8);
		__builtin_memcpy(end - 8, bytes + length - 8, 8);
	} else if (length >= 4) {
		__builtin_memcpy(at, bytes, 4);
		__builtin_memcpy(end - 4, bytes + length - 4, 4);
	} else {
		while (at < end)
			*at++ = (uint8_t)*bytes++;
	}
	return end;
}

/* Size of a length-delimited field with contents of that length. */
static inline size_t protobuf_field_size(size_t length)
{
	return 1 + protobuf_varint_size(length) + length;
}

void protobuf_varint(struct protobuf *out, uint64_t value);

/*
 * Fields, by number (1 to 15). They are written whatever the value is: to leave out defaults is the
 * caller's part. protobuf_length() writes tag and length of contents that the caller writes next.
 */
void protobuf_field_varint(struct protobuf *out, unsigned int field, uint64_t value);
void protobuf_field_fixed64(struct protobuf *out, unsigned int field, uint64_t value);
void protobuf_field_double(struct protobuf *out, unsigned int field, double value);
void protobuf_field_bytes(struct protobuf *out, unsigned int field, const char *bytes,
                          size_t length);
void protobuf_field_length(struct protobuf *out, unsigned int field, size_t length);

/* Contents of packed repeated fields. */
void protobuf_fixed64(struct protobuf *out, uint64_t value);
void protobuf_double(struct protobuf *out, double value);

/* A message of unknown length. */
struct protobuf_message protobuf_open(struct protobuf *out, unsigned int field);
void protobuf_close(struct protobuf *out, struct protobuf_message message);

#endif
