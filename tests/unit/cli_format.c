/* Numbers as people read them. */
#include <criterion/criterion.h>
#include <locale.h>
#include "cli/format.h"

static const char *bytes(int64_t value)
{
	static char to[FORMAT_SIZE];

	format_bytes(to, value);
	return to;
}

static const char *duration(int64_t ns)
{
	static char to[FORMAT_SIZE];

	format_duration(to, ns);
	return to;
}

Test(format, bytes_take_the_largest_unit_below_them)
{
	cr_assert_str_eq(bytes(0), "0 B");
	cr_assert_str_eq(bytes(1), "1 B");
	cr_assert_str_eq(bytes(1023), "1023 B");
	cr_assert_str_eq(bytes(1024), "1 KiB");
	cr_assert_str_eq(bytes(1536), "1.5 KiB");
	cr_assert_str_eq(bytes(123456), "121 KiB");
	cr_assert_str_eq(bytes(1 << 20), "1 MiB");
	cr_assert_str_eq(bytes(INT64_MAX), "8 EiB");
}

Test(format, bytes_never_read_1024_of_a_unit)
{
	cr_assert_str_eq(bytes((1 << 20) - 1), "1 MiB");
	cr_assert_str_eq(bytes((1 << 20) - 1024), "1023 KiB");
}

Test(format, bytes_may_be_negative)
{
	cr_assert_str_eq(bytes(-1), "-1 B");
	cr_assert_str_eq(bytes(-2048), "-2 KiB");
}

Test(format, durations_take_the_largest_unit_below_them)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	cr_assert_str_eq(duration(0), "0 ns");
	cr_assert_str_eq(duration(999), "999 ns");
	cr_assert_str_eq(duration(1000), "1 \xc2\xb5s");
	cr_assert_str_eq(duration(1250), "1.25 \xc2\xb5s");
	cr_assert_str_eq(duration(12500000), "12.5 ms");
	cr_assert_str_eq(duration(999600), "1 ms");
	cr_assert_str_eq(duration(1000000000), "1 s");
	cr_assert_str_eq(duration(INT64_C(3600000000000)), "3600 s");
}

Test(format, microseconds_are_ascii_where_the_locale_is)
{
	setlocale(LC_CTYPE, "C");
	cr_assert_str_eq(duration(1000), "1 us");
}

Test(format, ratios_are_percent)
{
	char to[FORMAT_SIZE];

	format_percent(to, 123400);
	cr_assert_str_eq(to, "12.3 %");
	format_percent(to, 1000000);
	cr_assert_str_eq(to, "100 %");
}

Test(format, numbers_follow_their_metric)
{
	char to[FORMAT_SIZE];
	struct point point = {.metric = &metric_table[METRIC_MEMORY_ALLOCATED], .value = 2048};

	format_value(to, &point);
	cr_assert_str_eq(to, "2 KiB");
	point.metric = &metric_table[METRIC_MEMORY_ALLOCATIONS];
	format_value(to, &point);
	cr_assert_str_eq(to, "2048");
	point.metric = &metric_table[METRIC_PROCESS_CPU_TIME];
	format_value(to, &point);
	cr_assert_str_eq(to + strlen(to) - 1, "s");
	point = (struct point){.metric = &metric_table[METRIC_FILE_OPERATION_DURATION],
	                       .sum = UINT64_C(3) << 29};
	format_value(to, &point);
	cr_assert_str_eq(to, "1.5 s");
}

Test(format, attributes_that_say_nothing_are_left_out)
{
	char to[64];
	struct point point = {.metric = &metric_table[METRIC_SOCKET_IO]};

	point.series =
		(NETWORK_DIRECTION_RECEIVE * NETWORK_TRANSPORT_COUNT + NETWORK_TRANSPORT_UNIX) *
			NETWORK_TYPE_COUNT +
		NETWORK_TYPE_NONE;
	cr_assert_eq(format_attributes(to, sizeof(to), &point), strlen("receive unix"));
	cr_assert_str_eq(to, "receive unix");
	point.series += NETWORK_TYPE_IPV6 - NETWORK_TYPE_NONE;
	cr_assert_eq(format_attributes(to, 10, &point), 9);
	cr_assert_str_eq(to, "receive u");
}

Test(format, width_is_in_characters)
{
	cr_assert_eq(format_width("12 \xc2\xb5s"), 5);
}

static const char *rate(int id, uint64_t amount, uint64_t duration_ns)
{
	static char to[FORMAT_SIZE];
	struct point point = {
		.metric = &metric_table[id], .value = (int64_t)amount, .count = amount};

	format_rate(to, &point, duration_ns);
	return to;
}

Test(format, rates_are_bytes_or_a_frequency_a_second)
{
	cr_assert_str_eq(rate(METRIC_MEMORY_ALLOCATED, 3072, 2000000000), "1.5 KiB/s");
	cr_assert_str_eq(rate(METRIC_MEMORY_ALLOCATIONS, 1, 4000000000), "0.25 /s");
	cr_assert_str_eq(rate(METRIC_MEMORY_ALLOCATIONS, 1500, 1000000), "1.5 M/s");
	cr_assert_str_eq(rate(METRIC_MEMORY_ALLOCATION_SIZE, 5000, 500000000), "10 k/s");
}

Test(format, what_is_no_amount_has_no_rate)
{
	cr_assert_str_eq(rate(METRIC_MEMORY_USED, 5, 1000000000), "");
	cr_assert_str_eq(rate(METRIC_PROCESS_CPU_TIME, 5, 1000000000), "");
	cr_assert_str_eq(rate(METRIC_MEMORY_ALLOCATIONS, 5, 0), "");
}
