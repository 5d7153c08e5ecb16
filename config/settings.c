/* The tables made from settings.def, and what every reader of struct settings asks it. Pure, no
 * libc. */
#include <errno.h>
#include "base/memory.h"
#include "config/settings.h"

#define LIMITS_BOOL              .kind = SETTING_KIND_BOOL, .most = 1
#define LIMITS_NUMBER(low, high) .kind = SETTING_KIND_NUMBER, .least = low, .most = high
#define LIMITS_WORD(list)        .kind = SETTING_KIND_WORD, .words = WORDS_##list
#define LIMITS_EXPORTERS         .kind = SETTING_KIND_EXPORTERS, .most = (1u << SINK_COUNT) - 1
#define LIMITS_FAMILIES          .kind = SETTING_KIND_FAMILIES, .most = (1u << HOOK_FAMILY_COUNT) - 1
#define LIMITS_METRICS           .kind = SETTING_KIND_METRICS, .most = OPTIONAL_METRICS_ALL
#define LIMITS_TEXT(bytes)       .kind = SETTING_KIND_TEXT
#define LIMITS_PATH(bytes)       .kind = SETTING_KIND_PATH
#define LIMITS_ATTRIBUTES(bytes) .kind = SETTING_KIND_ATTRIBUTES
#define LIMITS_PATTERNS(bytes)   .kind = SETTING_KIND_PATTERNS

#define OPTIONAL_METRICS_ALL ((uint32_t)((UINT64_C(1) << OPTIONAL_METRIC_COUNT) - 1))

const struct settings_row settings_table[SETTING_COUNT] = {
#define SETTING(id, kind_, default_, unit_, pointer_, variable_, otel_variable_, description_) \
	[SETTING_##id] = {                                                                     \
		.offset = offsetof(struct settings, id),                                       \
		.room = sizeof(((struct settings *)0)->id),                                    \
		.name = #id,                                                                   \
		.unit = unit_,                                                                 \
		.pointer = pointer_,                                                           \
		.variable = variable_,                                                         \
		.otel_variable = otel_variable_,                                               \
		.description = description_,                                                   \
		LIMITS_##kind_,                                                                \
	},
#include "config/settings.def"
#undef SETTING
};

#define SETTING(id, kind, default_, unit_, pointer_, variable_, otel_variable_, description_) \
	FITS(#id, settings_table->name);                                                      \
	FITS(unit_, settings_table->unit);                                                    \
	FITS(pointer_, settings_table->pointer);                                              \
	FITS(variable_, settings_table->variable);                                            \
	FITS(otel_variable_, settings_table->otel_variable);                                  \
	FITS(description_, settings_table->description);
#include "config/settings.def"
#undef SETTING

const struct settings settings_default = {
#define SETTING(id, kind, default_, ...) .id = default_,
#include "config/settings.def"
#undef SETTING
};

/* Optional metrics' bits, -1 for the others. */
static const int8_t optional_bits[METRIC_COUNT] = {
#define METRIC(id, family, kind, number, place, ...) \
	[METRIC_##id] = OPTIONAL_ROWS_##place ? OPTIONAL_METRIC(id) : -1,
#include "metrics/metrics.def"
#undef METRIC
};

int settings_optional_bit(enum metric_id metric)
{
	return optional_bits[metric];
}

int settings_metric_enabled(const struct settings *settings, enum metric_id metric)
{
	int bit = optional_bits[metric];

	return settings_family_enabled(settings, metric_table[metric].family) &&
	       (bit < 0 || (settings->optional_metrics >> bit & 1));
}

/* `*` is any run of bytes, slashes too, `?` any one byte. A failed try goes on from the last `*`.
 */
static int pattern_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++retry;
		} else {
			return 0;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static int string_has_slash(const char *s)
{
	while (*s && *s != '/')
		s++;
	return *s == '/';
}

static int any_pattern_matches(const char *patterns, const char *path)
{
	const char *base = path;

	for (const char *p = path; *p; p++)
		if (*p == '/')
			base = p + 1;
	for (; *patterns; patterns += string_length(patterns) + 1)
		if (pattern_matches(patterns, string_has_slash(patterns) ? path : base))
			return 1;
	return 0;
}

int settings_program_selected(const struct settings *settings, const char *executable)
{
	return any_pattern_matches(settings->programs_included, executable) &&
	       !any_pattern_matches(settings->programs_excluded, executable);
}

int settings_file_path(const struct settings *settings, uint32_t pid, char *to, size_t size)
{
	char digits[21];
	size_t n = 0;

	string_from_u64(digits, pid);
	for (const char *s = settings->otlp_file_path; *s; s++) {
		char one[2] = {*s, '\0'};
		const char *piece = one;

		if (s[0] == '%' && s[1] == 'p') {
			piece = digits;
			s++;
		}
		if (string_length(piece) >= size - n)
			return -ENAMETOOLONG;
		n += string_copy(to + n, size - n, piece);
	}
	return (int)n;
}
