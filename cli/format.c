/* See format.h. */
#include <langinfo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "cli/format.h"
#include "metrics/percentile.h"

/* Three digits, without zeros at the end: 1.25, 12.5, 125, 1000. */
static void format_scaled(char to[FORMAT_SIZE], double value, const char *unit)
{
	double size = fabs(value);
	int decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
	int n = snprintf(to, FORMAT_SIZE, "%.*f", decimals, value);

	if (decimals > 0) {
		while (to[n - 1] == '0')
			n--;
		if (to[n - 1] == '.')
			n--;
	}
	snprintf(to + n, FORMAT_SIZE - (size_t)n, " %s", unit);
}

void format_count(char to[FORMAT_SIZE], int64_t value)
{
	snprintf(to, FORMAT_SIZE, "%lld", (long long)value);
}

void format_bytes(char to[FORMAT_SIZE], int64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes;
	int unit = 0;

	/* What would be rounded to 1024 of a unit is one of the next. */
	while (fabs(value) >= 1023.5 && unit < 6) {
		value /= 1024;
		unit++;
	}
	format_scaled(to, value, units[unit]);
}

void format_duration(char to[FORMAT_SIZE], int64_t ns)
{
	const char *const units[] = {
		"ns", strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "\xc2\xb5s" : "us", "ms", "s"};
	double value = (double)ns;
	int unit = 0;

	while (fabs(value) >= 999.5 && unit < 3) {
		value /= 1000;
		unit++;
	}
	format_scaled(to, value, units[unit]);
}

void format_percent(char to[FORMAT_SIZE], int64_t ppm)
{
	format_scaled(to, (double)ppm / 10000, "%");
}

static void format_number(char to[FORMAT_SIZE], const struct metric *metric, int64_t value)
{
	switch (metric->number) {
	case NUMBER_NANOSECONDS:
		format_duration(to, value);
		break;
	case NUMBER_PPM:
		format_percent(to, value);
		break;
	default:
		if (strcmp(metric->unit, "By") == 0)
			format_bytes(to, value);
		else
			format_count(to, value);
	}
}

void format_measured(char to[FORMAT_SIZE], const struct point *point, uint64_t measured)
{
	if (point->metric->number == NUMBER_SECONDS)
		format_duration(to, (int64_t)nanoseconds_from_units(measured));
	else
		format_bytes(to, (int64_t)measured);
}

void format_value(char to[FORMAT_SIZE], const struct point *point)
{
	if (point->metric->kind == KIND_HISTOGRAM)
		format_measured(to, point, point->sum);
	else
		format_number(to, point->metric, point->value);
}

/* Of counts, in thousands. */
static void format_frequency(char to[FORMAT_SIZE], double hertz)
{
	static const char *const units[] = {"/s", "k/s", "M/s", "G/s"};
	int unit = 0;

	while (hertz >= 999.5 && unit < 3) {
		hertz /= 1000;
		unit++;
	}
	format_scaled(to, hertz, units[unit]);
}

void format_rate(char to[FORMAT_SIZE], const struct point *point, uint64_t duration_ns)
{
	const struct metric *metric = point->metric;
	double seconds = (double)duration_ns / 1e9;

	to[0] = '\0';
	if (duration_ns == 0)
		return;
	if (metric->kind == KIND_HISTOGRAM) {
		format_frequency(to, (double)point->count / seconds);
	} else if (metric->kind == KIND_COUNTER && strcmp(metric->unit, "By") == 0) {
		format_bytes(to, (int64_t)((double)point->value / seconds));
		strcat(to, "/s");
	} else if (metric->kind == KIND_COUNTER && metric->number != NUMBER_NANOSECONDS) {
		format_frequency(to, (double)point->value / seconds);
	}
}

size_t format_attributes(char *to, size_t size, const struct point *point)
{
	struct point_attribute attributes[METRIC_ATTRIBUTES];
	unsigned int count = point_attributes(point, attributes);
	size_t n = 0;

	to[0] = '\0';
	for (unsigned int i = 0; i < count && n < size; i++) {
		const struct point_attribute *shown = &attributes[i];
		bool by_key = shown->boolean;

		n += (size_t)snprintf(to + n, size - n, "%s%.*s", n ? " " : "",
		                      by_key ? shown->key_length : shown->length,
		                      by_key ? shown->key : shown->value);
	}
	return n < size ? n : size - 1;
}

int format_width(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}
