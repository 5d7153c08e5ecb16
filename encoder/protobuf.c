/* Tags, lengths, numbers: the four wire forms of protobuf that OTLP needs. */
#include "encoder/protobuf.h"

/* To a lower address; the two may overlap. No call: it is a byte or two, of some hundred bytes. */
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
	uint8_t *at = protobuf_claim(out, protobuf_varint_size(value));

	if (at)
		protobuf_put_varint(at, value);
}

void protobuf_field_varint(struct protobuf *out, unsigned int field, uint64_t value)
{
	uint8_t *at = protobuf_claim(out, 1 + protobuf_varint_size(value));

	if (!at)
		return;
	*at = PROTOBUF_TAG(field, WIRE_VARINT);
	protobuf_put_varint(at + 1, value);
}

void protobuf_fixed64(struct protobuf *out, uint64_t value)
{
	uint8_t *at = protobuf_claim(out, 8);

	if (at)
		protobuf_put_fixed64(at, value);
}

void protobuf_field_fixed64(struct protobuf *out, unsigned int field, uint64_t value)
{
	uint8_t *at = protobuf_claim(out, 9);

	if (!at)
		return;
	*at = PROTOBUF_TAG(field, WIRE_FIXED64);
	protobuf_put_fixed64(at + 1, value);
}

void protobuf_double(struct protobuf *out, double value)
{
	protobuf_fixed64(out, protobuf_double_bits(value));
}

void protobuf_field_double(struct protobuf *out, unsigned int field, double value)
{
	protobuf_field_fixed64(out, field, protobuf_double_bits(value));
}

void protobuf_field_length(struct protobuf *out, unsigned int field, size_t length)
{
	uint8_t *at = protobuf_claim(out, 1 + protobuf_varint_size(length));

	if (!at)
		return;
	*at = PROTOBUF_TAG(field, WIRE_LENGTH);
	protobuf_put_varint(at + 1, length);
}

void protobuf_field_bytes(struct protobuf *out, unsigned int field, const char *bytes,
                          size_t length)
{
	uint8_t *at = protobuf_claim(out, protobuf_field_size(length));

	if (!at)
		return;
	*at = PROTOBUF_TAG(field, WIRE_LENGTH);
	protobuf_put_bytes(protobuf_put_varint(at + 1, length), bytes, length);
}

/*
 * Width of the longest length that can still fit: the largest n with size(n) + n <= room has
 * size(n) == size(room - size(room)).
 */
struct protobuf_message protobuf_open(struct protobuf *out, unsigned int field)
{
	struct protobuf_message message = {NULL, 0, 0};
	uint8_t *at = protobuf_claim(out, 2);
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
	at = protobuf_put_varint(message.at, length);
	if (at != contents)
		copy_down(at, contents, length);
	out->at = at + length;
}
