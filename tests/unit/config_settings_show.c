/* Settings as people read them, and that the manual page tells of every row of settings.def. */
#include <string.h>
#include "config/settings_pack.h"
#include "config/settings_show.h"
#include "tests/unit/settings_fixture.h"

static char shown[4096];

static const char *show(enum settings_id id)
{
	struct text text = text_start(shown, sizeof(shown));

	settings_show_value(&settings, id, &text);
	return shown;
}

static void make_default(void)
{
	memcpy(&settings, &settings_default, sizeof(settings));
}

TestSuite(settings_show, .init = make_default);

Test(settings_show, values_are_shown_with_unit_or_word)
{
	cr_assert_str_eq(show(SETTING_interval_ms), "60000 ms");
	cr_assert_str_eq(show(SETTING_log_level), "info");
	cr_assert_str_eq(show(SETTING_on_exit), "true");
	cr_assert_str_eq(show(SETTING_attribute_value_length_limit), "no limit");
	settings.log_level = LOG_LEVEL_WARN + 1;
	cr_assert_str_eq(show(SETTING_log_level), "warn2");
}

Test(settings_show, sets_are_shown_as_lists)
{
	settings.exporters = 1u << SINK_USER_EVENTS | 1u << SINK_FILE;
	cr_assert_str_eq(show(SETTING_exporters), "user_events, otlp_file");
	settings.exporters = 0;
	cr_assert_str_eq(show(SETTING_exporters), "none");
	settings.optional_metrics = 1u << OPTIONAL_METRIC(MEMORY_ALLOCATION_DURATION);
	cr_assert(strstr(show(SETTING_optional_metrics), "libc.memory.allocation.duration"));
	settings.families = 1u << HOOK_FAMILY_MEMORY | 1u << HOOK_FAMILY_SOCKET;
	cr_assert_str_eq(show(SETTING_families), "memory, socket");
	memset(settings.programs_excluded, 0, sizeof(settings.programs_excluded));
	settings_pattern_add(settings.programs_excluded, sizeof(settings.programs_excluded), "sh",
	                     2);
	settings_pattern_add(settings.programs_excluded, sizeof(settings.programs_excluded), "cc",
	                     2);
	cr_assert_str_eq(show(SETTING_programs_excluded), "sh, cc");
}

Test(settings_show, attributes_are_shown_with_their_values)
{
	assert_loads(LOAD("OTEL_RESOURCE_ATTRIBUTES=a=1,b=x y"));
	cr_assert_str_eq(show(SETTING_resource_attributes), "a=1, b=x y");
}

Test(settings_show, the_place_is_where_the_value_stood)
{
	assert_loads(LOAD("OTELUE_LOG_LEVEL=warn", "OTEL_SERVICE_NAME=shop"));
	cr_assert_str_eq(settings_show_place(&settings, SETTING_log_level), "OTELUE_LOG_LEVEL");
	cr_assert_str_eq(settings_show_place(&settings, SETTING_service_name), "OTEL_SERVICE_NAME");
	cr_assert_str_eq(settings_show_source(&settings, SETTING_service_name), "variable");
	cr_assert_str_eq(settings_show_place(&settings, SETTING_on_exit), "default");
}

/* The page's source on one line, without roff's spellings of `-` and `~`. */
static const char *manual(void)
{
	static char page[64 * 1024];
	FILE *file = fopen(TEST_DATA "/../../doc/otelue.json.5", "r");
	size_t used = 0;
	int c;

	cr_assert_not_null(file);
	while ((c = getc(file)) != EOF && used + 1 < sizeof(page)) {
		page[used++] = c == '\n' ? ' ' : (char)c;
		if (used >= 2 && memcmp(page + used - 2, "\\-", 2) == 0)
			page[--used - 1] = '-';
		if (used >= 4 && memcmp(page + used - 4, "\\(ti", 4) == 0)
			page[(used -= 3) - 1] = '~';
	}
	fclose(file);
	return page;
}

Test(settings_show, the_manual_page_has_every_setting)
{
	const char *page = manual();

	for (int i = 0; i < SETTING_COUNT; i++) {
		const struct settings_row *row = &settings_table[i];

		cr_assert(strstr(page, row->pointer), "%s", row->pointer);
		cr_assert(strstr(page, row->variable), "%s", row->variable);
		cr_assert(strstr(page, row->otel_variable), "%s", row->otel_variable);
		cr_assert(strstr(page, row->description), "%s: %s", row->name, row->description);
	}
}

Test(settings_show, the_manual_page_has_the_defaults)
{
	const char *page = manual();
	char line[4200];

	for (int i = 0; i < SETTING_COUNT; i++) {
		const struct settings_row *row = &settings_table[i];

		if (row->kind > SETTING_KIND_EXPORTERS || !row->pointer[0])
			continue;
		snprintf(line, sizeof(line), "%s \" [%s]\"", row->pointer,
		         show((enum settings_id)i));
		cr_assert(strstr(page, line), "%s", line);
	}
}
