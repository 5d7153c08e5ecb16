/* Tags, lengths, numbers: the four wire forms of protobuf that OTLP needs. */
#include "base/atomic.h"
#include "encoder/protobuf.h"

/* Room for size bytes, or NULL. */
static always_inline uint8_t *claim(struct protobuf *out, size_t size)
{
	uint8_t *at = out->at;

	if (unlikely(out->full || (size_t)(out->end - at) < size)) {
		out->full = true;
		return NULL;
	}
	out->at = at + size;
	return at;
}

static always_inline uint8_t *put_varint(uint8_t *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	return at;
}

static always_inline void put_fixed64(uint8_t *at, uint64_t value)
{
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	value = __builtin_bswap64(value);
#endif
	__builtin_memcpy(at, &value, sizeof(value));
}

/* Downwards or not overlapping; strings here are short, so no call. */
static always_inline void copy_down(uint8_t *to, const uint8_t *from, size_t length)
{
	for (; length >= 8; length -= 8, to += 8, from += 8) {
		uint64_t word;

		__builtin_memcpy(&word, from, 8);
		__builtin_memcpy(to, &word, 8);
	}
	if (length & 4) {
		uint32_t word;

		__builtin_memcpy(&word, from, 4);
		__builtin_memcpy(to, &word, 4);
		to += 4;
		from += 4;
	}
	if (length & 2) {
		uint16_t word;

		__builtin_memcpy(&word, from, 2);
		__builtin_memcpy(to, &word, 2);
		to += 2;
		from += 2;
	}
	if (length & 1)
		*to = *from;
}

void protobuf_varint(struct protobuf *out, uint64_t value)
{
	uint8_t *at = claim(out, protobuf_varint_size(value));

	if (at)
		put_varint(at, value);
}

void protobuf_field_varint(struct protobuf *out, unsigned int field, uint64_t value)
{
	uint8_t *at = claim(out, 1 + protobuf_varint_size(value));

	if (!at)
		return;
	*at = PROTOBUF_TAG(field, WIRE_VARINT);
	put_varint(at + 1, value);
}

void protobuf_fixed64(struct protobuf *out, uint64_t value)
{
	uint8_t *at = claim(out, 8);

	if (at)
		put_fixed64(at, value);
}

void protobuf_field_fixed64(struct protobuf *out, unsigned int field, uint64_t value)
{
	uint8_t *at = claim(out, 9);

	if (!at)
		return;
	*at = PROTOBUF_TAG(field, WIRE_FIXED64);
	put_fixed64(at + 1, value);
}

static always_inline uint64_t bits_of(double value)
{
	uint64_t bits;

	__builtin_memcpy(&bits, &value, sizeof(bits));
	return bits;
}

void protobuf_double(struct protobuf *out, double value)
{
	protobuf_fixed64(out, bits_of(value));
}

void protobuf_field_double(struct protobuf *out, unsigned int field, double value)
{
	protobuf_field_fixed64(out, field, bits_of(value));
}

void protobuf_field_length(struct protobuf *out, unsigned int field, size_t length)
{
	uint8_t *at = claim(out, 1 + protobuf_varint_size(length));

	if (!at)
		return;
	*at = PROTOBUF_TAG(field, WIRE_LENGTH);
	put_varint(at + 1, length);
}

void protobuf_field_bytes(struct protobuf *out, unsigned int field, const char *bytes,
                          size_t length)
{
	uint8_t *at = claim(out, protobuf_field_size(length));

	if (!at)
		return;
	*at = PROTOBUF_TAG(field, WIRE_LENGTH);
	copy_down(put_varint(at + 1, length), (const uint8_t *)bytes, length);
}

/*
 * Width of the longest length that can still fit: the largest n with size(n) + n <= room has
 * size(n) == size(room - size(room)).
 */
struct protobuf_message protobuf_open(struct protobuf *out, unsigned int field)
{
	struct protobuf_message message = {NULL, 0, 0};
	uint8_t *at = claim(out, 2);
	size_t room, longest;

	if (!at)
		return message;
	*at = PROTOBUF_TAG(field, WIRE_LENGTH);
	message.at = at + 1;
	room = (size_t)(out->end - message.at);
	message.width = protobuf_varint_size(room - protobuf_varint_size(room));
	longest = ((size_t)1 << 7 * message.width) - 1;
	if (room - message.width > longest)
		message.lowered = room - message.width - longest;
	out->at = message.at + message.width;
	out->end -= message.lowered;
	return message;
}

void protobuf_close(struct protobuf *out, struct protobuf_message message)
{
	uint8_t *contents, *at;
	size_t length;

	if (out->full)
		return;
	out->end += message.lowered;
	contents = message.at + message.width;
	length = (size_t)(out->at - contents);
	at = put_varint(message.at, length);
	if (at != contents)
		copy_down(at, contents, length);
	out->at = at + length;
}
