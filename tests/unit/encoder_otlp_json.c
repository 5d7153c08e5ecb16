/* JSON lines: read back with jansson, cut at sizes. That they say the same as the protobuf is
 * checked by tests/integration/otlp_requests.sh. */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include "build-config.h"
#include "encoder/json_writer.h"
#include "encoder/otlp_json.h"
#include "tests/unit/encoder_fixture.h"

static struct fixture f;
static struct otlp_output output;
static char buf[OTLP_JSON_BYTES + 16];

static long encode(size_t cap, uint32_t from)
{
	long length;

	memset(buf + cap, '#', 16);
	length = otlp_json_encode(buf, cap, &f.input, from, &output);
	for (size_t i = 0; i < 16; i++)
		cr_assert_eq(buf[cap + i], '#', "wrote behind %zu", cap);
	return length;
}

static json_t *parse(long length)
{
	json_error_t error;
	json_t *root = json_loadb(buf, (size_t)length, JSON_REJECT_DUPLICATES, &error);

	cr_assert_not_null(root, "%s at %d", error.text, error.position);
	cr_assert_eq(buf[length - 1], '\n');
	cr_assert_null(memchr(buf, '\n', (size_t)length - 1));
	return root;
}

static json_t *metrics_of(json_t *root)
{
	json_t *resource = json_array_get(json_object_get(root, "resourceMetrics"), 0);
	json_t *scope = json_array_get(json_object_get(resource, "scopeMetrics"), 0);

	return json_object_get(scope, "metrics");
}

static size_t points_of(json_t *metric)
{
	static const char *const kinds[] = {"gauge", "sum", "histogram", "exponentialHistogram"};
	size_t points = 0;

	for (size_t i = 0; i < 4; i++) {
		json_t *data = json_object_get(metric, kinds[i]);

		points += json_array_size(json_object_get(data, "dataPoints"));
	}
	return points;
}

static const char *string_at(json_t *metric, const char *kind, const char *key)
{
	json_t *points = json_object_get(json_object_get(metric, kind), "dataPoints");

	return json_string_value(json_object_get(json_array_get(points, 0), key));
}

Test(otlp_json, known_line)
{
	static const char expected[] =
		"{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\","
		"\"value\":{\"stringValue\":\"demo\"}}]},\"scopeMetrics\":[{\"scope\":{\"name\":"
		"\"otelue\",\"version\":\"" PACKAGE_VERSION "\"},\"metrics\":[{\"name\":"
		"\"process.disk.io\",\"unit\":\"By\",\"sum\":{\"dataPoints\":[{"
		"\"startTimeUnixNano\":\"1700000000000000000\",\"timeUnixNano\":"
		"\"1700000010000000000\",\"asInt\":\"9\",\"attributes\":[{\"key\":"
		"\"disk.io.direction\",\"value\":{\"stringValue\":\"read\"}}]}],"
		"\"aggregationTemporality\":1,\"isMonotonic\":true}}],\"schemaUrl\":"
		"\"https://opentelemetry.io/schemas/1.40.0\"}],\"schemaUrl\":"
		"\"https://opentelemetry.io/schemas/1.40.0\"}]}\n";

	fixture_make(&f);
	f.options.families = 0;
	*fixture_now(&f, METRIC_PROCESS_DISK_IO, 0) = observed_from_s64(9);
	cr_assert_eq(encode(4096, 0), (long)sizeof(expected) - 1);
	cr_assert_arr_eq(buf, expected, sizeof(expected) - 1);
	cr_assert_eq(encode(sizeof(expected) - 1, 0), (long)sizeof(expected) - 1);
	cr_assert_eq(encode(sizeof(expected) - 2, 0), 0);
	cr_assert_eq(output.oversize, 1);
}

Test(otlp_json, types_of_values)
{
	json_t *root, *metrics;

	fixture_make_golden(&f);
	root = parse(encode(OTLP_JSON_BYTES, 0));
	metrics = metrics_of(root);
	cr_assert_eq(json_array_size(metrics), 13);
	cr_assert_str_eq(string_at(json_array_get(metrics, 2), "sum", "asInt"), "123456789");
	cr_assert_str_eq(string_at(json_array_get(metrics, 6), "sum", "asInt"), "-3");
	cr_assert_str_eq(string_at(json_array_get(metrics, 7), "exponentialHistogram", "count"),
	                 "9");
	json_decref(root);
}

Test(otlp_json, every_point_fits_into_one_line)
{
	json_t *root;
	size_t points = 0, i;
	json_t *metric;
	long length;

	fixture_make_full(&f);
	memset(f.resource.data, 0, sizeof(f.resource.data));
	resource_init(&f.resource, RESOURCE_NO_LIMIT);
	length = 3000;
	{
		static char value[3000];

		memset(value, '"', sizeof(value));
		cr_assert_eq(resource_add_string(&f.resource, RESOURCE_USER, "quotes", value,
		                                 (size_t)length),
		             0);
	}
	f.input.descriptions = true;
	root = parse(encode(OTLP_JSON_BYTES, 0));
	cr_assert_eq(output.next, SERIES_TOTAL);
	json_array_foreach(metrics_of(root), i, metric) points += points_of(metric);
	cr_assert_eq(points, output.points);
	cr_assert_geq(points, SERIES_TOTAL - 1);
	json_decref(root);
}

Test(otlp_json, splitting_loses_and_repeats_nothing, .timeout = 120)
{
	uint32_t all;

	fixture_make_full(&f);
	encode(OTLP_JSON_BYTES, 0);
	all = output.points;
	for (size_t cap = 4000; cap < 40000; cap += 1711) {
		uint32_t points = 0;

		for (uint32_t from = 0; from < SERIES_TOTAL; from = output.next) {
			long length = encode(cap, from);
			json_t *root, *metric;
			size_t i, n = 0;

			cr_assert_gt(length, 0);
			cr_assert_leq((size_t)length, cap);
			root = parse(length);
			json_array_foreach(metrics_of(root), i, metric) n += points_of(metric);
			cr_assert_eq(n, output.points);
			points += output.points;
			json_decref(root);
		}
		cr_assert_eq(points, all, "cap %zu", cap);
	}
}

Test(otlp_json, a_buffer_too_small_for_the_resource_is_an_error)
{
	fixture_make_golden(&f);
	cr_assert_eq(encode(300, 0), -ENOSPC);
	cr_assert_eq(encode(0, 0), -ENOSPC);
}

Test(otlp_json, strings_are_escaped)
{
	static const char text[] = "a\"b\\c\nd\te\x01\x7f\xe2\x82\xac/";
	char to[64];
	struct json_writer out = {to, to + sizeof(to), false};

	json_put_string(&out, text, sizeof(text) - 1);
	*out.at = '\0';
	cr_assert_str_eq(to, "\"a\\\"b\\\\c\\nd\\u0009e\\u0001\\u007f\xe2\x82\xac/\"");
}

Test(otlp_json, numbers)
{
	char to[128];
	struct json_writer out = {to, to + sizeof(to), false};

	json_put_s64_string(&out, INT64_MIN);
	json_put_u64_string(&out, UINT64_MAX);
	json_put_number(&out, -121);
	json_put_double(&out, 0.1);
	json_put_double(&out, __builtin_nan(""));
	json_put_double(&out, -__builtin_inf());
	*out.at = '\0';
	cr_assert_str_eq(to, "\"-9223372036854775808\"\"18446744073709551615\"-1210.1\"NaN\""
	                     "\"-Infinity\"");
}
