/* Requests against bytes that protoc made (tests/data/otlp), and cut at every size. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include "encoder/otlp_fields.h"
#include "encoder/protobuf.h"
#include "tests/unit/encoder_fixture.h"

static struct fixture f;
static struct otlp_output output;
static uint8_t buf[512 * 1024];

/* With bytes behind cap that must stay as they are. */
static long encode(size_t cap, uint32_t from)
{
	long length;

	memset(buf + cap, 0xee, 16);
	length = otlp_encode(buf, cap, &f.input, from, &output);
	for (size_t i = 0; i < 16; i++)
		cr_assert_eq(buf[cap + i], 0xee, "wrote behind %zu", cap);
	return length;
}

static void compare_with(const char *name)
{
	static uint8_t golden[16384];
	char path[512];
	FILE *file;
	size_t length;
	long encoded = encode(16384, 0);

	snprintf(path, sizeof(path), "%s/otlp/%s.binpb", TEST_DATA, name);
	file = fopen(path, "rb");
	cr_assert_not_null(file, "%s", path);
	length = fread(golden, 1, sizeof(golden), file);
	fclose(file);
	cr_assert_eq(output.next, SERIES_TOTAL);
	cr_assert_eq((size_t)encoded, length);
	for (size_t i = 0; i < length; i++)
		cr_assert_eq(buf[i], golden[i], "%s: byte %zu", name, i);
}

Test(otlp, delta_as_protoc)
{
	fixture_make_golden(&f);
	compare_with("delta");
	cr_assert_eq(output.points, 14);
}

Test(otlp, cumulative_as_protoc)
{
	fixture_make_golden(&f);
	f.options.temporality = TEMPORALITY_CUMULATIVE;
	compare_with("cumulative");
}

Test(otlp, explicit_buckets_as_protoc)
{
	fixture_make_golden(&f);
	f.options.explicit_buckets = true;
	compare_with("explicit");
}

Test(otlp, descriptions_as_protoc)
{
	fixture_make_golden(&f);
	f.input.descriptions = true;
	f.options.families = 0;
	compare_with("descriptions");
}

Test(otlp, no_point_is_no_request)
{
	fixture_make(&f);
	f.options.families = 0;
	cr_assert_eq(encode(4048, 0), 0);
	cr_assert_eq(output.next, SERIES_TOTAL);
	cr_assert_eq(output.points, 0);
	cr_assert_eq(output.oversize, 0);
}

Test(otlp, a_point_fits_exactly_or_is_oversize)
{
	long length;

	fixture_make(&f);
	f.options.families = 0;
	*fixture_now(&f, METRIC_PROCESS_UPTIME, 0) = observed_from_s64(1);
	length = encode(4048, 0);
	cr_assert_gt(length, 0);
	cr_assert_eq(encode((size_t)length, 0), length);
	cr_assert_eq(output.points, 1);
	cr_assert_eq(encode((size_t)length - 1, 0), 0);
	cr_assert_eq(output.oversize, 1);
	cr_assert_eq(output.next, SERIES_TOTAL);
}

Test(otlp, a_buffer_too_small_for_the_resource_is_an_error)
{
	size_t cap = 0;

	fixture_make_golden(&f);
	output.next = 77;
	while (encode(cap, 0) == -ENOSPC) {
		cr_assert_eq(output.next, 77, "untouched on failure");
		cap++;
	}
	/* resource, scope and two schema URLs, a few bytes of lengths */
	cr_assert_gt(cap, resource_encoded_size(&f.resource) + 2 * sizeof(OTLP_SCHEMA_URL));
	cr_assert_lt(cap, resource_encoded_size(&f.resource) + 2 * sizeof(OTLP_SCHEMA_URL) + 40);
}

/* A protobuf field; bytes: contents of a length-delimited one. */
struct field {
	unsigned int number, wire;
	const uint8_t *bytes;
	size_t length;
};

static bool field_next(const uint8_t **at, const uint8_t *end, struct field *field)
{
	uint64_t value = 0;

	if (*at == end)
		return false;
	field->number = **at >> 3;
	field->wire = *(*at)++ & 7;
	field->bytes = *at;
	field->length = 8;
	if (field->wire == WIRE_FIXED64) {
		*at += 8;
		return true;
	}
	for (unsigned int shift = 0;; shift += 7) {
		cr_assert_lt(*at, end);
		value |= (uint64_t)(**at & 0x7f) << shift;
		if (*(*at)++ < 0x80)
			break;
	}
	if (field->wire == WIRE_LENGTH) {
		cr_assert_leq(value, (uint64_t)(end - *at));
		field->bytes = *at;
		field->length = value;
		*at += value;
	}
	return true;
}

/* The points of requests one after the other: metric's name, then the point's bytes. */
struct stream {
	uint8_t *bytes;
	size_t length;
	unsigned int points;
};

static void stream_append(struct stream *stream, const struct field *field)
{
	memcpy(stream->bytes + stream->length, field->bytes, field->length);
	stream->length += field->length;
}

static void stream_metric(struct stream *stream, const struct field *metric)
{
	const uint8_t *at = metric->bytes, *end = at + metric->length;
	struct field name, field, point;

	cr_assert(field_next(&at, end, &name));
	cr_assert_eq(name.number, FIELD_METRIC_NAME);
	while (field_next(&at, end, &field)) {
		if (field.number < FIELD_METRIC_GAUGE)
			continue;
		for (const uint8_t *p = field.bytes;
		     field_next(&p, field.bytes + field.length, &point);) {
			if (point.number != FIELD_DATA_POINTS)
				continue;
			stream_append(stream, &name);
			stream_append(stream, &point);
			stream->points++;
		}
	}
}

/* Contents of the field `number` of each message on the way down. */
static struct field descend(struct field message, unsigned int number)
{
	const uint8_t *at = message.bytes;
	struct field field;

	while (field_next(&at, message.bytes + message.length, &field)) {
		if (field.number == number)
			return field;
	}
	cr_assert_fail("no field %u", number);
	return message;
}

static void stream_request(struct stream *stream, long length)
{
	struct field request = {.bytes = buf, .length = (size_t)length}, field;
	struct field scope = descend(descend(request, FIELD_REQUEST_RESOURCE_METRICS),
	                             FIELD_RESOURCE_METRICS_SCOPE_METRICS);
	const uint8_t *at = scope.bytes;

	while (field_next(&at, scope.bytes + scope.length, &field)) {
		if (field.number == FIELD_SCOPE_METRICS_METRICS)
			stream_metric(stream, &field);
	}
}

static uint8_t whole_bytes[512 * 1024], split_bytes[512 * 1024];

static void check_split(size_t cap, const struct stream *whole)
{
	struct stream split = {split_bytes, 0, 0};
	uint32_t from = 0;

	while (from < SERIES_TOTAL) {
		unsigned int before = split.points;
		long length = encode(cap, from);

		cr_assert_geq(length, 0);
		cr_assert_leq((size_t)length, cap);
		cr_assert_eq(output.oversize, 0, "cap %zu", cap);
		if (length)
			stream_request(&split, length);
		cr_assert_eq(split.points - before, output.points);
		cr_assert_gt(output.next, from);
		from = output.next;
	}
	cr_assert_eq(split.points, whole->points, "cap %zu", cap);
	cr_assert_eq(split.length, whole->length, "cap %zu", cap);
	cr_assert_arr_eq(split.bytes, whole->bytes, whole->length);
}

static void check_splits(void)
{
	struct stream whole = {whole_bytes, 0, 0};
	long length = encode(sizeof(buf) - 16, 0);

	stream_request(&whole, length);
	cr_assert_eq(whole.points, output.points);
	cr_assert_eq(output.next, SERIES_TOTAL);
	for (size_t cap = 1200; cap < 1500; cap++)
		check_split(cap, &whole);
	for (size_t cap = 1500; cap < 8200; cap += 61)
		check_split(cap, &whole);
	check_split(4048, &whole);
	check_split(8168, &whole);
	check_split(16384, &whole);
	check_split((size_t)length, &whole);
	check_split((size_t)length - 1, &whole);
}

Test(otlp, splitting_loses_and_repeats_nothing, .timeout = 120)
{
	fixture_make_full(&f);
	check_splits();
	cr_assert_eq(output.next, SERIES_TOTAL);
}

Test(otlp, splitting_explicit_buckets_loses_and_repeats_nothing, .timeout = 120)
{
	fixture_make_full(&f);
	f.options.explicit_buckets = true;
	f.input.descriptions = true;
	check_splits();
}

/* A request always takes all that fits: the next point would not have. */
Test(otlp, requests_are_filled)
{
	fixture_make_full(&f);
	for (uint32_t from = 0; from < SERIES_TOTAL; from = output.next) {
		struct otlp_output first;
		long length = encode(2048, from);

		first = output;
		if (first.next == SERIES_TOTAL)
			break;
		/* The same request with room for one more point is longer than the cap. */
		for (size_t cap = 2049; output.points == first.points; cap++)
			length = encode(cap, from);
		cr_assert_gt(length, 2048);
		cr_assert_eq(output.points, first.points + 1);
		output = first;
	}
}

Test(otlp, oversize_points_are_counted_and_the_others_sent)
{
	unsigned int points = 0, oversize = 0, all;

	fixture_make_full(&f);
	encode(sizeof(buf) - 16, 0);
	all = output.points;
	for (uint32_t from = 0; from < SERIES_TOTAL; from = output.next) {
		encode(320, from);
		points += output.points;
		oversize += output.oversize;
	}
	cr_assert_eq(points + oversize, all);
	cr_assert_gt(oversize, 10);
	cr_assert_gt(points, 100);
}
