/* Requests read from bytes and from lines; bytes cut and changed anywhere are refused or read,
 * never more. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/otlp_read.h"

static uint8_t golden[16384];
static size_t golden_length;
static struct otlp_error error;
static unsigned int visited;
static json_t *last;

static void keep(struct otlp_visitor *visitor, json_t *resource_metrics)
{
	(void)visitor;
	visited++;
	json_decref(last);
	last = json_incref(resource_metrics);
}

static struct otlp_visitor visitor = {keep};

static void setup(void)
{
	FILE *file = fopen(TEST_DATA "/otlp/delta.binpb", "rb");

	cr_assert_not_null(file);
	golden_length = fread(golden, 1, sizeof(golden), file);
	fclose(file);
}

static void teardown(void)
{
	json_decref(last);
}

TestSuite(otlp_read, .init = setup, .fini = teardown);

/* In a block of exactly that size, so that the sanitizers see each byte too many that is read. */
static int read_bytes(const void *bytes, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);
	int err;

	memcpy(copy, bytes, length);
	visited = 0;
	error.text[0] = '\0';
	err = otlp_read_protobuf(copy, length, &visitor, &error);
	free(copy);
	return err;
}

static int read_line(const char *line)
{
	visited = 0;
	return otlp_read_json(line, strlen(line), &visitor, &error);
}

Test(otlp_read, a_request_cut_anywhere_is_refused)
{
	cr_assert_eq(read_bytes(golden, golden_length), 0);
	cr_assert_eq(visited, 1);
	for (size_t length = 1; length < golden_length; length++) {
		cr_assert_lt(read_bytes(golden, length), 0, "%zu bytes", length);
		cr_assert_eq(strncmp(error.text, "byte ", 5), 0, "%s", error.text);
		cr_assert_null(strchr(error.text, '\n'));
		cr_assert_eq(visited, 0);
	}
}

Test(otlp_read, any_byte_may_be_wrong)
{
	unsigned int refused = 0;

	for (size_t i = 0; i < golden_length; i++) {
		uint8_t byte = golden[i];

		for (int bit = 0; bit < 8; bit++) {
			golden[i] = byte ^ (uint8_t)(1 << bit);
			if (read_bytes(golden, golden_length) < 0) {
				cr_assert_neq(error.text[0], '\0');
				refused++;
			}
		}
		golden[i] = byte;
	}
	cr_assert_gt(refused, 1000);
}

Test(otlp_read, several_requests_in_a_row_are_read_one_by_one)
{
	memcpy(golden + golden_length, golden, golden_length);
	cr_assert_eq(read_bytes(golden, 2 * golden_length), 0);
	cr_assert_eq(visited, 2);
	/* What stands before the error has been visited. */
	cr_assert_lt(read_bytes(golden, 2 * golden_length - 1), 0);
	cr_assert_eq(visited, 1);
}

Test(otlp_read, both_forms_give_the_same_tree)
{
	json_t *from_bytes, *request;
	char *line;

	cr_assert_eq(read_bytes(golden, golden_length), 0);
	from_bytes = json_incref(last);
	request = json_pack("{s:[O]}", "resourceMetrics", from_bytes);
	line = json_dumps(request, JSON_COMPACT);
	cr_assert_eq(read_line(line), 0);
	cr_assert_eq(visited, 1);
	cr_assert(json_equal(from_bytes, last));
	free(line);
	json_decref(request);
	json_decref(from_bytes);
}

Test(otlp_read, messages_in_each_other_are_bounded)
{
	static uint8_t bytes[4096];
	size_t at = sizeof(bytes);

	/* From the inside out: a list in a list in a list. */
	for (int depth = 0; depth < 200; depth++) {
		size_t length = sizeof(bytes) - at;

		bytes[--at] = length >> 7 & 0x7f;
		bytes[--at] = (length & 0x7f) | 0x80;
		/* resource_metrics, resource, attributes, value, then lists and their values */
		bytes[--at] = depth >= 197 ? 0x0a : depth == 196 ? 0x12 : depth % 2 ? 0x2a : 0x0a;
	}
	cr_assert_lt(read_bytes(bytes + at, sizeof(bytes) - at), 0);
	cr_assert_not_null(strstr(error.text, "messages in each other"), "%s", error.text);
}

Test(otlp_read, strings_that_are_not_utf8_are_repaired)
{
	static const uint8_t bytes[] = {0x0a, 4, 0x1a, 2, 'a', 0xff};

	cr_assert_eq(read_bytes(bytes, sizeof(bytes)), 0);
	cr_assert_str_eq(json_string_value(json_object_get(last, "schemaUrl")), "a\xef\xbf\xbd");
}

Test(otlp_read, lines_with_values_of_wrong_types_are_refused_with_their_place)
{
	static const char *const values[][2] = {
		{"\"timeUnixNano\":-1", "timeUnixNano: expected an integer from 0"},
		{"\"timeUnixNano\":\"12x\"", "timeUnixNano: expected an integer from 0"},
		{"\"timeUnixNano\":\"\"", "timeUnixNano: expected an integer from 0"},
		{"\"timeUnixNano\":\"18446744073709551616\"", "timeUnixNano: expected an integer"},
		{"\"asInt\":1.5", "asInt: expected an integer"},
		{"\"asInt\":\"9223372036854775808\"", "asInt: expected an integer"},
		{"\"asDouble\":\"1\"", "asDouble: expected a number"},
		{"\"attributes\":{}", "attributes: expected an array"},
		{"\"attributes\":[1]", "attributes/0: expected an object"},
		{"\"flags\":4294967296", "flags: expected an integer"},
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char line[512];

		snprintf(line, sizeof(line),
		         "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"gauge\":{"
		         "\"dataPoints\":[{%s}]}}]}]}]}",
		         values[i][0]);
		cr_assert_lt(read_line(line), 0, "%s", line);
		cr_assert_not_null(strstr(error.text, values[i][1]), "%s", error.text);
		cr_assert_eq(visited, 0);
	}
}

Test(otlp_read, integers_may_be_numbers_and_null_says_nothing)
{
	cr_assert_eq(read_line("{\"resourceMetrics\":[{\"schemaUrl\":null,\"unknown\":1,"
	                       "\"scopeMetrics\":[{\"metrics\":[{\"gauge\":{\"dataPoints\":["
	                       "{\"asInt\":-5}]}}]}]}]}"),
	             0);
	cr_assert_null(json_object_get(last, "schemaUrl"));
	cr_assert_null(json_object_get(last, "unknown"));
}
