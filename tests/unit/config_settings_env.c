/* Settings from variables: precedence, strictness, what is left to the program's own SDK. */
#include <errno.h>
#include <limits.h>
#include "tests/unit/settings_fixture.h"

TestSuite(settings_env);

static bool noted(const char *line)
{
	return strstr(settings.notes, line) != NULL;
}

Test(settings_env, no_variable_gives_the_defaults_sealed)
{
	assert_loads(LOAD("HOME=/root"));
	cr_assert(settings_valid(&settings, sizeof(settings)));
	cr_assert_eq(settings.interval_ms, 60000);
	cr_assert_eq(settings.source[SETTING_interval_ms], SOURCE_DEFAULT);
	cr_assert_str_eq(settings.notes, "");
}

Test(settings_env, ours_goes_before_opentelemetrys)
{
	assert_loads(
		LOAD("OTEL_METRIC_EXPORT_INTERVAL=5000", "OTELUE_METRIC_EXPORT_INTERVAL=2000"));
	cr_assert_eq(settings.interval_ms, 2000);
	cr_assert_eq(settings.source[SETTING_interval_ms], SOURCE_VARIABLE);
	assert_loads(LOAD("OTEL_METRIC_EXPORT_INTERVAL=5000"));
	cr_assert_eq(settings.interval_ms, 5000);
	cr_assert_eq(settings.source[SETTING_interval_ms], SOURCE_OTEL_VARIABLE);
}

Test(settings_env, an_empty_variable_is_an_unset_one)
{
	assert_loads(LOAD("OTELUE_METRIC_EXPORT_INTERVAL=", "OTEL_METRIC_EXPORT_INTERVAL=5000"));
	cr_assert_eq(settings.interval_ms, 5000);
	assert_loads(
		LOAD("OTELUE_CONFIG=", "OTEL_CONFIG_FILE=", "OTELUE_DISABLED=", "OTELUE_FILE="));
}

Test(settings_env, a_name_that_only_begins_alike_is_another_one)
{
	assert_loads(LOAD("OTEL_SERVICE_NAME_X=a", "OTEL_SERVICE_NAM=b"));
	cr_assert_str_eq(settings.service_name, "");
}

Test(settings_env, the_kill_switch_is_obeyed_before_anything_else)
{
	assert_loads(LOAD("OTELUE_DISABLED=true", "OTELUE_CONFIG=/nonexistent",
	                  "OTELUE_METRIC_EXPORT_INTERVAL=soon"));
	cr_assert(settings.disabled);
	assert_loads(LOAD("OTEL_SDK_DISABLED=TRUE", "OTELUE_CONFIG=/nonexistent"));
	cr_assert(settings.disabled);
	cr_assert_eq(settings.source[SETTING_disabled], SOURCE_OTEL_VARIABLE);
}

Test(settings_env, our_kill_switch_goes_before_the_sdks)
{
	assert_loads(LOAD("OTELUE_DISABLED=false", "OTEL_SDK_DISABLED=true"));
	cr_assert_not(settings.disabled);
}

Test(settings_env, a_kill_switch_that_is_neither_stops_us_too)
{
	cr_assert_eq(LOAD("OTELUE_DISABLED=1"), -EINVAL);
	cr_assert_str_eq(error.text, "OTELUE_DISABLED: expected true or false, got \"1\"");
	assert_loads(LOAD("OTEL_SDK_DISABLED=1"));
	cr_assert_not(settings.disabled);
	cr_assert(noted("OTEL_SDK_DISABLED: ignored, expected true or false, got \"1\""));
}

Test(settings_env, under_at_secure_nothing_is_read)
{
	const char *variables[] = {"OTELUE_CONFIG=/nonexistent", "OTEL_SERVICE_NAME=x",
	                           "OTELUE_DISABLED=true", NULL};
	struct settings_environment environment = {(char *const *)variables, true,
	                                           jansson_open_linked, NULL};

	cr_assert_eq(settings_load(&environment, &settings, &error), 0);
	cr_assert_not(settings.disabled);
	cr_assert_str_eq(settings.service_name, "");
	cr_assert(settings_valid(&settings, sizeof(settings)));
}

Test(settings_env, a_bad_value_of_ours_is_an_error)
{
	cr_assert_eq(LOAD("OTELUE_METRIC_EXPORT_INTERVAL=soon"), -EINVAL);
	cr_assert_str_eq(error.text,
	                 "OTELUE_METRIC_EXPORT_INTERVAL: expected an integer ≥ 100, got \"soon\"");
	cr_assert_eq(LOAD("OTELUE_METRIC_EXPORT_INTERVAL=99"), -EINVAL);
	cr_assert_str_eq(error.text,
	                 "OTELUE_METRIC_EXPORT_INTERVAL: expected an integer ≥ 100, got \"99\"");
	cr_assert_eq(LOAD("OTELUE_METRIC_EXPORT_INTERVAL=99999999999999999999"), -EINVAL);
	cr_assert_str_eq(error.text, "OTELUE_METRIC_EXPORT_INTERVAL: expected an integer ≤ "
	                             "2147483647, got \"99999999999999999999\"");
	cr_assert_eq(LOAD("OTELUE_METRIC_EXPORT_INTERVAL=-1000"), -EINVAL);
	cr_assert_eq(LOAD("OTELUE_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=sometimes"),
	             -EINVAL);
	cr_assert_str_eq(error.text,
	                 "OTELUE_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: expected one of "
	                 "cumulative, delta, low_memory, got \"sometimes\"");
	cr_assert_eq(LOAD("OTELUE_LOG_LEVEL=loud"), -EINVAL);
	cr_assert_str_eq(error.text, "OTELUE_LOG_LEVEL: expected one of trace, debug, info, warn, "
	                             "error, fatal, none, got \"loud\"");
}

Test(settings_env, a_failed_load_leaves_the_settings_alone)
{
	struct settings before;

	memset(&before, 0xa5, sizeof(before));
	cr_assert_eq(LOAD("OTELUE_METRIC_EXPORT_INTERVAL=soon"), -EINVAL);
	cr_assert_arr_eq(&settings, &before, sizeof(before));
}

Test(settings_env, a_bad_value_of_opentelemetrys_is_noted_and_the_default_holds)
{
	assert_loads(LOAD("OTEL_METRIC_EXPORT_INTERVAL=soon"));
	cr_assert_eq(settings.interval_ms, 60000);
	cr_assert(noted(
		"OTEL_METRIC_EXPORT_INTERVAL: ignored, expected an integer ≥ 100, got \"soon\"\n"));
}

Test(settings_env, words_are_compared_without_case)
{
	assert_loads(LOAD("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=LowMemory",
	                  "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION=EXPLICIT_"
	                  "BUCKET_HISTOGRAM",
	                  "OTEL_LOG_LEVEL=Warn"));
	cr_assert_eq(settings.user_events_temporality, TEMPORALITY_PREFERENCE_LOW_MEMORY);
	cr_assert_eq(settings.otlp_file_temporality, TEMPORALITY_PREFERENCE_LOW_MEMORY);
	cr_assert_eq(settings.otlp_file_histogram, HISTOGRAM_AGGREGATION_EXPLICIT);
	cr_assert_eq(settings.log_level, LOG_LEVEL_WARN);
}

Test(settings_env, exporters_of_others_are_left_to_the_sdk)
{
	assert_loads(LOAD("OTEL_METRICS_EXPORTER=otlp,prometheus"));
	cr_assert_eq(settings.exporters, 1u << SINK_USER_EVENTS);
	cr_assert_eq(settings.source[SETTING_exporters], SOURCE_DEFAULT);
	cr_assert(noted("OTEL_METRICS_EXPORTER: exporter \"otlp\" is not ours; left to the "
	                "program's own SDK\n"));
	cr_assert(noted("\"prometheus\""));
}

Test(settings_env, exporters_of_ours_are_taken_from_a_mixed_list)
{
	assert_loads(LOAD("OTEL_METRICS_EXPORTER=otlp, otlp_file", "OTELUE_FILE=/tmp/m.%p.jsonl"));
	cr_assert_eq(settings.exporters, 1u << SINK_FILE);
	cr_assert_str_eq(settings.otlp_file_path, "/tmp/m.%p.jsonl");
	assert_loads(LOAD("OTELUE_METRICS_EXPORTER=user_events,otlp_file", "OTELUE_FILE=/m"));
	cr_assert_eq(settings.exporters, 1u << SINK_USER_EVENTS | 1u << SINK_FILE);
}

Test(settings_env, exporter_none_switches_export_off)
{
	assert_loads(LOAD("OTEL_METRICS_EXPORTER=none"));
	cr_assert_eq(settings.exporters, 0);
	cr_assert_eq(LOAD("OTELUE_METRICS_EXPORTER=none,user_events"), -EINVAL);
}

Test(settings_env, our_list_of_exporters_holds_ours_only)
{
	cr_assert_eq(LOAD("OTELUE_METRICS_EXPORTER=otlp"), -EINVAL);
	cr_assert_str_eq(
		error.text,
		"OTELUE_METRICS_EXPORTER: expected user_events, otlp_file or none, got \"otlp\"");
}

Test(settings_env, exporter_file_needs_its_path)
{
	cr_assert_eq(LOAD("OTEL_METRICS_EXPORTER=otlp_file"), -EINVAL);
	cr_assert_eq(strncmp(error.text, "OTELUE_FILE: ", 13), 0);
}

Test(settings_env, a_relative_path_is_completed_with_the_directory_of_the_start)
{
	char expected[PATH_MAX + 20], directory[PATH_MAX];

	cr_assert_not_null(getcwd(directory, sizeof(directory)));
	snprintf(expected, sizeof(expected), "%s/m.jsonl", directory);
	assert_loads(LOAD("OTELUE_FILE=m.jsonl"));
	cr_assert_str_eq(settings.otlp_file_path, expected);
}

Test(settings_env, a_path_that_is_too_long_is_refused)
{
	char variable[2000] = "OTELUE_FILE=/";

	memset(variable + strlen(variable), 'a', 1500);
	cr_assert_eq(LOAD(variable), -EINVAL);
	cr_assert(strstr(error.text, "expected a path of at most 1023 bytes"));
}

Test(settings_env, service_name_goes_before_the_resource_attribute)
{
	assert_loads(LOAD("OTEL_RESOURCE_ATTRIBUTES=service.name=a,x=1"));
	cr_assert_str_eq(settings.service_name, "a");
	cr_assert_eq(settings.source[SETTING_service_name], SOURCE_OTEL_VARIABLE_LIST);
	assert_loads(LOAD("OTEL_RESOURCE_ATTRIBUTES=service.name=a,x=1", "OTEL_SERVICE_NAME=b"));
	cr_assert_str_eq(settings.service_name, "b");
	cr_assert_eq(settings.source[SETTING_service_name], SOURCE_OTEL_VARIABLE);
	cr_assert_null(attribute_text("service.name"));
	cr_assert_str_eq(attribute_text("x"), "1");
}

Test(settings_env, resource_attributes_are_percent_decoded)
{
	assert_loads(LOAD("OTEL_RESOURCE_ATTRIBUTES= a = x%2Cy%3dz ,b=%E2%82%AC,,c="));
	cr_assert_str_eq(attribute_text("a"), "x,y=z");
	cr_assert_str_eq(attribute_text("b"), "€");
	cr_assert_str_eq(attribute_text("c"), "");
	cr_assert_str_eq(settings.notes, "");
}

Test(settings_env, one_bad_pair_discards_the_whole_list_with_a_note)
{
	const char *bad[] = {
		"OTEL_RESOURCE_ATTRIBUTES=a=1,b",       "OTEL_RESOURCE_ATTRIBUTES=a=1,b=%4",
		"OTEL_RESOURCE_ATTRIBUTES=a=1,b=%zz",   "OTEL_RESOURCE_ATTRIBUTES=a=1,b=%00",
		"OTEL_RESOURCE_ATTRIBUTES=a=1,=2",      "OTEL_RESOURCE_ATTRIBUTES=a=1,b=c=d",
		"OTEL_RESOURCE_ATTRIBUTES=a=1,b%20=c",  "OTELUE_RESOURCE_ATTRIBUTES=a=1,k;=1",
		"OTEL_RESOURCE_ATTRIBUTES=a=1,%C3%A9=1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_loads(LOAD(bad[i]));
		cr_assert_null(attribute_text("a"), "%s", bad[i]);
		cr_assert(noted("RESOURCE_ATTRIBUTES: discarded, "), "%s", bad[i]);
		cr_assert_eq(settings.source[SETTING_resource_attributes], SOURCE_DEFAULT);
	}
	assert_loads(LOAD("OTEL_RESOURCE_ATTRIBUTES=a=1,b"));
	cr_assert_str_eq(settings.notes,
	                 "OTEL_RESOURCE_ATTRIBUTES: discarded, expected key=value, got \"b\"\n");
}

Test(settings_env, of_a_key_given_twice_the_last_holds)
{
	assert_loads(LOAD("OTEL_RESOURCE_ATTRIBUTES=a=1,b=2,a=3"));
	cr_assert_str_eq(attribute_text("a"), "3");
	cr_assert_str_eq(attribute_text("b"), "2");
}

Test(settings_env, attributes_without_room_are_left_out_with_a_note)
{
	char variable[4000] = "OTEL_RESOURCE_ATTRIBUTES=a=1,long=";

	memset(variable + strlen(variable), 'x', 3000);
	strcat(variable, ",b=2");
	assert_loads(LOAD(variable));
	cr_assert_str_eq(attribute_text("a"), "1");
	cr_assert_str_eq(attribute_text("b"), "2");
	cr_assert_null(attribute_text("long"));
	cr_assert(noted("attribute \"long\" has no room and is left out\n"));
}

Test(settings_env, a_very_long_list_is_read_in_good_time)
{
	static char variable[128 * 1024] = "OTEL_RESOURCE_ATTRIBUTES=";
	size_t used = strlen(variable);

	for (int i = 0; used + 20 < sizeof(variable); i++)
		used += (size_t)sprintf(variable + used, "k%d=v,", i);
	assert_loads(LOAD(variable));
	cr_assert_str_eq(attribute_text("k0"), "v");
	cr_assert(settings_valid(&settings, sizeof(settings)));
}

Test(settings_env, many_notes_stay_within_their_room)
{
	static char variable[64 * 1024] = "OTEL_METRICS_EXPORTER=";
	size_t used = strlen(variable);

	for (int i = 0; i < 1000; i++)
		used += (size_t)sprintf(variable + used, "exporter%d,", i);
	assert_loads(LOAD(variable));
	cr_assert(settings_valid(&settings, sizeof(settings)));
	cr_assert_eq(settings.notes[strlen(settings.notes) - 1], '\n');
}

Test(settings_env, errno_stays_as_it_is)
{
	int err, after;

	errno = ERANGE;
	err = LOAD("OTELUE_CONFIG=/nonexistent");
	after = errno; /* before an assertion changes it */
	cr_assert_eq(err, -ENOENT);
	cr_assert_eq(after, ERANGE);
}
