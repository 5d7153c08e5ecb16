/* The payload as the kernel's parsers read it: fields packed, rel_locs counted from their end. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "encoder/record.h"
#include "tests/unit/encoder_fixture.h"

static struct fixture f;
static uint8_t buf[RECORD_BYTES + 16];
static struct point point;

static void setup(void)
{
	fixture_make_golden(&f);
}

TestSuite(record, .init = setup);

static long encode(enum metric_id id, uint32_t series)
{
	cr_assert(point_read(&point, &f.snapshot, &f.baseline, &f.options,
	                     fixture_series(id, series)));
	return record_encode(buf, RECORD_BYTES, &point, 7, 4242, "demo");
}

/* Where each field of the description starts, found by adding up sizes as the kernel does. */
static size_t offset_of(const char *field)
{
	static const struct {
		const char *type;
		size_t size;
	} types[] = {{"u64", 8}, {"s64", 8}, {"u32", 4}, {"__rel_loc char[]", 4}};
	const char *at = strchr(RECORD_DESCRIPTION, ' ') + 1;
	size_t offset = 0;

	for (;;) {
		size_t i = 0, length;

		while (strncmp(at, types[i].type, strlen(types[i].type)) != 0)
			cr_assert_lt(++i, sizeof(types) / sizeof(types[0]), "%s", at);
		at += strlen(types[i].type) + 1;
		length = strcspn(at, ";");
		if (length == strlen(field) && strncmp(at, field, length) == 0)
			return offset;
		offset += types[i].size;
		cr_assert_eq(at[length], ';', "no field %s", field);
		cr_assert_eq(at[length + 1], ' ', "older kernels want a space after ;");
		at += length + 2;
	}
}

static uint64_t number(const char *field)
{
	uint64_t value;

	memcpy(&value, buf + offset_of(field), sizeof(value));
	return value;
}

static const char *string(const char *field, long length)
{
	uint32_t location;
	size_t origin = offset_of(field) + sizeof(location), start, size;

	memcpy(&location, buf + offset_of(field), sizeof(location));
	start = origin + (location & 0xffff);
	size = location >> 16;
	cr_assert_leq(start + size, (size_t)length);
	cr_assert_gt(size, 0);
	cr_assert_eq(buf[start + size - 1], '\0');
	cr_assert_eq(strlen((const char *)buf + start), size - 1);
	return (const char *)buf + start;
}

Test(record, fields_of_a_sum)
{
	long length = encode(METRIC_MEMORY_ALLOCATED, MEMORY_OPERATION_MALLOC);
	uint32_t pid;

	cr_assert_gt(length, 68);
	cr_assert_eq(number("sequence"), 7);
	memcpy(&pid, buf + offset_of("pid"), sizeof(pid));
	cr_assert_eq(pid, 4242);
	cr_assert_eq(number("value"), 4096);
	cr_assert_eq(number("count"), 0);
	cr_assert_eq(number("max"), 0);
	cr_assert_str_eq(string("name", length), "libc.memory.allocated");
	cr_assert_str_eq(string("attributes", length), "libc.memory.operation=malloc");
	cr_assert_str_eq(string("unit", length), "By");
	cr_assert_str_eq(string("service", length), "demo");
}

Test(record, fields_of_a_histogram_of_bytes)
{
	long length = encode(METRIC_MEMORY_ALLOCATION_SIZE, MEMORY_OPERATION_MALLOC);

	cr_assert_eq(number("value"), 20492);
	cr_assert_eq(number("count"), 9);
	cr_assert_eq(number("p50"), 4096);
	cr_assert_eq(number("p99"), 4096);
	cr_assert_eq(number("max"), 4096);
	cr_assert_str_eq(string("unit", length), "By");
}

Test(record, durations_are_in_nanoseconds)
{
	long length = encode(METRIC_FILE_OPERATION_DURATION, FILE_OPERATION_READ);

	/* 3 * 2^20 + 1 units of 2^-30 s; a bucket ends at 2^-10 s */
	cr_assert_eq(number("value"), 2929688);
	cr_assert_eq(number("p50"), 976563);
	cr_assert_str_eq(string("unit", length), "ns");
	length = encode(METRIC_PROCESS_UPTIME, 0);
	cr_assert_eq(number("value"), 10500000000);
	cr_assert_str_eq(string("unit", length), "ns");
	cr_assert_str_eq(string("attributes", length), "");
}

Test(record, ratios_are_in_ppm)
{
	long length = encode(METRIC_PROCESS_CPU_UTILIZATION, CPU_MODE_USER);

	cr_assert_eq(number("value"), 250000);
	cr_assert_str_eq(string("unit", length), "ppm");
}

Test(record, present_values_may_be_negative)
{
	encode(METRIC_MEMORY_ALLOCATION_COUNT, 0);
	cr_assert_eq((int64_t)number("value"), -3);
}

Test(record, attributes_without_a_value_are_left_out)
{
	long length = encode(METRIC_SOCKET_IO, NETWORK_TYPE_NONE);

	cr_assert_str_eq(string("attributes", length),
	                 "network.io.direction=transmit,network.transport=tcp");
}

Test(record, long_service_names_are_cut_between_characters)
{
	char service[900];
	long length;

	for (size_t i = 0; i < sizeof(service) - 1; i++)
		service[i] = "\xe2\x82\xac"[i % 3];
	service[sizeof(service) - 2] = '\0';
	encode(METRIC_MEMORY_USED, 0);
	length = record_encode(buf, RECORD_BYTES, &point, 1, 1, service);
	cr_assert_gt(length, 0);
	cr_assert_eq(strlen(string("service", length)), 255);
	cr_assert_eq(strncmp(string("service", length), service, 255), 0);
}

Test(record, every_series_fits)
{
	char service[600];

	memset(service, 's', sizeof(service));
	service[sizeof(service) - 1] = '\0';
	fixture_make_full(&f);
	for (uint32_t i = 0; i < SERIES_TOTAL; i++) {
		if (point_read(&point, &f.snapshot, &f.baseline, &f.options, i))
			cr_assert_gt(record_encode(buf, RECORD_BYTES, &point, i, 1, service), 0);
	}
}

Test(record, a_buffer_too_small_is_an_error_and_nothing_is_written_behind)
{
	long length = encode(METRIC_MEMORY_ALLOCATED, MEMORY_OPERATION_MALLOC);

	for (size_t cap = 0; cap < (size_t)length; cap++) {
		memset(buf, 0xee, sizeof(buf));
		cr_assert_eq(record_encode(buf, cap, &point, 7, 4242, "demo"), -ENOSPC);
		cr_assert_eq(buf[cap], 0xee);
	}
	cr_assert_eq(record_encode(buf, (size_t)length, &point, 7, 4242, "demo"), length);
}
