/* What readers of struct settings ask it. */
#include <errno.h>
#include "tests/unit/settings_fixture.h"

static void make_default(void)
{
	memcpy(&settings, &settings_default, sizeof(settings));
}

TestSuite(settings, .init = make_default);

Test(settings, defaults_are_those_of_the_design)
{
	cr_assert_eq(settings.exporters, 1u << SINK_USER_EVENTS);
	cr_assert_eq(settings.interval_ms, 60000);
	cr_assert_eq(settings.start_delay_ms, 100);
	cr_assert_eq(settings.max_event_size, 4048);
	cr_assert_eq(settings_temporality(&settings, SINK_USER_EVENTS),
	             TEMPORALITY_PREFERENCE_DELTA);
	cr_assert_eq(settings_histogram(&settings, SINK_FILE), HISTOGRAM_AGGREGATION_EXPONENTIAL);
	cr_assert_eq(settings.families, (1u << HOOK_FAMILY_COUNT) - 1);
	cr_assert_str_eq(settings.segment_directory, "/dev/shm");
	cr_assert(settings.on_exit);
	cr_assert_not(settings.disabled);
}

Test(settings, optional_metrics_are_off_until_asked_for)
{
	cr_assert(settings_metric_enabled(&settings, METRIC_MEMORY_ALLOCATED));
	cr_assert_not(settings_metric_enabled(&settings, METRIC_MEMORY_ALLOCATION_DURATION));
	settings.optional_metrics = 1u << OPTIONAL_METRIC(MEMORY_ALLOCATION_DURATION);
	cr_assert(settings_metric_enabled(&settings, METRIC_MEMORY_ALLOCATION_DURATION));
}

Test(settings, a_family_switched_off_takes_its_metrics_with_it)
{
	settings.families &= ~(1u << HOOK_FAMILY_MEMORY);
	cr_assert_not(settings_metric_enabled(&settings, METRIC_MEMORY_ALLOCATED));
	cr_assert(settings_metric_enabled(&settings, METRIC_FILE_IO));
	cr_assert(settings_metric_enabled(&settings, METRIC_PROCESS_CPU_TIME));
}

static bool selected(const char *included, const char *excluded, const char *program)
{
	memset(settings.programs_included, 0, sizeof(settings.programs_included));
	memset(settings.programs_excluded, 0, sizeof(settings.programs_excluded));
	strcpy(settings.programs_included, included);
	strcpy(settings.programs_excluded, excluded);
	return settings_program_selected(&settings, program);
}

Test(settings, browsers_built_on_chromium_are_left_alone_by_default)
{
	cr_assert(settings_program_selected(&settings_default, "/usr/sbin/nginx"));
	cr_assert(settings_program_selected(&settings_default, "/usr/bin/chromedriver"));
	cr_assert_not(settings_program_selected(&settings_default, "/usr/lib/chromium/chromium"));
	cr_assert_not(settings_program_selected(&settings_default, "/opt/google/chrome/chrome"));
	cr_assert_not(settings_program_selected(&settings_default, "/usr/bin/electron"));
}

Test(settings, patterns_without_a_slash_match_the_file_name)
{
	cr_assert(selected("redis-*", "", "/usr/bin/redis-server"));
	cr_assert(selected("re?is-server", "", "/usr/bin/redis-server"));
	cr_assert_not(selected("usr*", "", "/usr/bin/redis-server"));
	cr_assert_not(selected("redis", "", "/usr/bin/redis-server"));
	cr_assert(selected("*", "", "/"));
}

Test(settings, patterns_with_a_slash_match_the_path)
{
	cr_assert(selected("/usr/bin/*sh", "", "/usr/bin/bash"));
	cr_assert(selected("/usr/*", "", "/usr/local/bin/x"));
	cr_assert_not(selected("/usr/bin/*sh", "", "/bin/bash"));
	cr_assert_not(selected("/bin/ba", "", "/bin/bash"));
}

Test(settings, excluded_programs_are_not_selected_though_included)
{
	cr_assert_not(selected("*", "bash", "/bin/bash"));
	cr_assert(selected("*", "bash", "/bin/dash"));
	cr_assert_not(selected("nginx\0ba*", "x\0bash", "/bin/bash"));
}

Test(settings, many_stars_are_matched_without_blowing_up)
{
	char program[2000] = "/";
	char pattern[200] = "";

	memset(program + 1, 'a', sizeof(program) - 2);
	for (int i = 0; i < 60; i++)
		strcat(pattern, "a*");
	strcat(pattern, "b");
	cr_assert_not(selected(pattern, "", program));
}

Test(settings, file_path_holds_the_pid)
{
	char path[64];

	strcpy(settings.otlp_file_path, "/tmp/%p/m.%p.100%");
	cr_assert_eq(settings_file_path(&settings, 4711, path, sizeof(path)), 21);
	cr_assert_str_eq(path, "/tmp/4711/m.4711.100%");
}

Test(settings, file_path_that_does_not_fit_is_refused)
{
	char path[8];

	strcpy(settings.otlp_file_path, "/tmp/%p");
	cr_assert_eq(settings_file_path(&settings, 12, path, sizeof(path)), 7);
	cr_assert_eq(settings_file_path(&settings, 123, path, sizeof(path)), -ENAMETOOLONG);
}

static int given(const char *variable, bool secure)
{
	const char *const variables[] = {"PATH=/bin", variable, NULL};

	return settings_are_given(&(struct settings_environment){
		.variables = (char *const *)(uintptr_t)variables, .secure = secure});
}

Test(settings, are_given_by_variables_of_telemetry_alone)
{
	cr_assert_not(given("HOTEL=1", false));
	cr_assert(given("OTELUE_DISABLED=true", false));
	cr_assert(given("OTEL_SERVICE_NAME=shop", false));
	cr_assert_not(given("OTELUE_DISABLED=true", true));
}
