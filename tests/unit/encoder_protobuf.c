/* The writer at the edges of its buffer and of its lengths. */
#include <criterion/criterion.h>
#include <string.h>
#include "encoder/protobuf.h"

/* Pages of bytes that must stay as they are behind the end. */
static uint8_t buf[40000];

static struct protobuf writer(size_t cap)
{
	memset(buf, 0xee, sizeof(buf));
	return (struct protobuf){buf, buf + cap, false};
}

Test(protobuf, varint_sizes)
{
	for (unsigned int bits = 0; bits < 64; bits++) {
		uint64_t value = UINT64_C(1) << bits;
		struct protobuf out = writer(10);

		protobuf_varint(&out, value);
		cr_assert_eq((size_t)(out.at - buf), protobuf_varint_size(value));
		cr_assert_eq(protobuf_varint_size(value), bits / 7 + 1);
		cr_assert_lt(out.at[-1], 0x80);
	}
	cr_assert_eq(protobuf_varint_size(0), 1);
	cr_assert_eq(protobuf_varint_size(UINT64_MAX), 10);
}

Test(protobuf, zigzag_alternates_in_sign)
{
	cr_assert_eq(protobuf_zigzag(0), 0);
	cr_assert_eq(protobuf_zigzag(-1), 1);
	cr_assert_eq(protobuf_zigzag(2), 4);
	cr_assert_eq(protobuf_zigzag(-121), 241);
	cr_assert_eq(protobuf_zigzag(INT64_MIN), UINT64_MAX);
}

Test(protobuf, fields_have_their_known_bytes)
{
	static const uint8_t expected[] = {
		0x08, 0x96, 0x01, /* field 1: 150 */
		0x12, 0x07, 't',  'e', 's', 't', 'i', 'n',  'g',
		0x19, 1,    2,    3,   4,   5,   6,   7,    8,     /* fixed64 */
		0x21, 0,    0,    0,   0,   0,   0,   0xf0, 0x3f}; /* 1.0 */
	struct protobuf out = writer(sizeof(expected));

	protobuf_field_varint(&out, 1, 150);
	protobuf_field_bytes(&out, 2, "testing", 7);
	protobuf_field_fixed64(&out, 3, UINT64_C(0x0807060504030201));
	protobuf_field_double(&out, 4, 1.0);
	cr_assert_not(out.full);
	cr_assert_eq(out.at, out.end);
	cr_assert_arr_eq(buf, expected, sizeof(expected));
}

/* A message of `length` bytes of contents in two levels of nesting. */
static size_t nest(struct protobuf *out, size_t length)
{
	struct protobuf_message outer = protobuf_open(out, 1), inner = protobuf_open(out, 2);

	for (size_t i = 0; i < length / 8; i++)
		protobuf_fixed64(out, i);
	for (size_t i = 0; i < length % 8; i++)
		protobuf_varint(out, 1);
	protobuf_close(out, inner);
	protobuf_close(out, outer);
	return (size_t)(out->at - buf);
}

Test(protobuf, messages_fit_exactly_and_have_shortest_lengths)
{
	for (size_t length = 0; length < 17000; length += length < 300 || length > 16300 ? 1 : 97) {
		size_t expected = protobuf_field_size(protobuf_field_size(length));

		for (size_t cap = expected; cap < expected + 6; cap++) {
			struct protobuf out = writer(cap);

			cr_assert_eq(nest(&out, length), expected, "%zu in %zu", length, cap);
			cr_assert_not(out.full, "%zu in %zu", length, cap);
			cr_assert_eq(buf[cap], 0xee);
		}
		for (size_t cap = expected > 6 ? expected - 6 : 0; cap < expected; cap++) {
			struct protobuf out = writer(cap);

			nest(&out, length);
			cr_assert(out.full, "%zu in %zu", length, cap);
			cr_assert_eq(buf[cap], 0xee);
		}
	}
}

Test(protobuf, strings_of_every_length_are_copied_whole)
{
	char text[64];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('!' + i);
	for (size_t length = 0; length < sizeof(text); length++) {
		struct protobuf out = writer(length + 2);

		protobuf_field_bytes(&out, 1, text, length);
		cr_assert_not(out.full);
		cr_assert_arr_eq(buf + 2, text, length);
		cr_assert_eq(buf[length + 2], 0xee);
	}
}
