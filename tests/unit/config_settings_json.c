/* Documents: what they set, and the place and wording of each error. */
#include <errno.h>
#include "tests/unit/settings_fixture.h"

TestSuite(settings_json, .init = scratch_make, .fini = scratch_remove);

#define USER_EVENTS "'exporter': {'user_events': null}"
#define UNSUPPORTED "not supported by this version of otelue; take it out"
#define PERIODIC    "/meter_provider/readers/0/periodic"

Test(settings_json, a_document_sets_what_it_says)
{
	assert_loads(LOAD_JSON(
		"{'file_format': '1.1', 'disabled': false, 'log_level': 'warn',"
		" 'attribute_limits': {'attribute_value_length_limit': 255},"
		" 'meter_provider': {'readers': ["
		"  {'periodic': {'interval': 10000, 'timeout': 5000,"
		"   'exporter': {'user_events': {'temporality_preference': 'cumulative'}}}},"
		"  {'periodic': {'interval': 10000, 'timeout': 5000,"
		"   'exporter': {'otlp_file/development': {"
		"    'output_stream': 'file:///tmp/m.%p.jsonl',"
		"    'default_histogram_aggregation': 'explicit_bucket_histogram'}}}}]},"
		" 'distribution': {'otelue': {"
		"  'hooks': {'memory': {'enabled': true, 'duration': true},"
		"            'file': {'enabled': false}},"
		"  'attributes': {'dns.question.name': true},"
		"  'programs': {'included': ['*'], 'excluded': ['bash', '/usr/bin/*sh']},"
		"  'export': {'max_event_size': 8168, 'emit_zero_points': true, 'on_exit': false,"
		"             'start_delay': 0},"
		"  'segment': {'directory': '/run/shm'}}}}"));
	cr_assert(settings_valid(&settings, sizeof(settings)));
	cr_assert_eq(settings.log_level, LOG_LEVEL_WARN);
	cr_assert_eq(settings.attribute_value_length_limit, 255);
	cr_assert_eq(settings.exporters, 1u << SINK_USER_EVENTS | 1u << SINK_FILE);
	cr_assert_eq(settings.interval_ms, 10000);
	cr_assert_eq(settings.timeout_ms, 5000);
	cr_assert_eq(settings_temporality(&settings, SINK_USER_EVENTS),
	             TEMPORALITY_PREFERENCE_CUMULATIVE);
	cr_assert_eq(settings_temporality(&settings, SINK_FILE), TEMPORALITY_PREFERENCE_DELTA);
	cr_assert_eq(settings_histogram(&settings, SINK_FILE), HISTOGRAM_AGGREGATION_EXPLICIT);
	cr_assert_str_eq(settings.otlp_file_path, "/tmp/m.%p.jsonl");
	cr_assert_not(settings_family_enabled(&settings, HOOK_FAMILY_FILE));
	cr_assert(settings_metric_enabled(&settings, METRIC_MEMORY_ALLOCATION_DURATION));
	cr_assert_not(settings_program_selected(&settings, "/usr/bin/zsh"));
	cr_assert_eq(settings.max_event_size, 8168);
	cr_assert(settings.emit_zero_points);
	cr_assert(settings.dns_question_name);
	cr_assert_not(settings.on_exit);
	cr_assert_eq(settings.start_delay_ms, 0);
	cr_assert_str_eq(settings.segment_directory, "/run/shm");
	cr_assert_eq(settings.source[SETTING_log_level], SOURCE_FILE);
	cr_assert_str_eq(settings.config_file, scratch_path("otelue.json"));
}

Test(settings_json, what_it_leaves_out_is_the_default)
{
	assert_loads(LOAD_JSON("{'file_format': '1.0'}"));
	cr_assert_eq(settings.exporters, 1u << SINK_USER_EVENTS);
	cr_assert_eq(settings.source[SETTING_exporters], SOURCE_DEFAULT);
	assert_loads(LOAD_JSON(DOCUMENT("'disabled': null, 'log_level': null")));
	cr_assert_eq(settings.log_level, LOG_LEVEL_INFO);
}

Test(settings_json, variables_do_not_count_beside_a_file)
{
	assert_loads(LOAD_JSON_WITH(DOCUMENT("'log_level': 'error'"), "OTEL_SERVICE_NAME=shop"));
	cr_assert_str_eq(settings.service_name, "");
	assert_loads(LOAD_JSON_WITH(DOCUMENT("'log_level': 'error'"),
	                            "OTELUE_METRIC_EXPORT_INTERVAL=soon"));
	cr_assert_eq(settings.interval_ms, 60000);
}

Test(settings_json, the_kill_switch_counts_beside_a_file)
{
	assert_loads(LOAD_JSON_WITH("not even JSON", "OTELUE_DISABLED=true"));
	cr_assert(settings.disabled);
	assert_loads(LOAD_JSON(DOCUMENT("'disabled': true")));
	cr_assert(settings.disabled);
	cr_assert_eq(settings.source[SETTING_disabled], SOURCE_FILE);
}

Test(settings_json, file_format_must_be_there_and_known)
{
	assert_refused(LOAD_JSON("{}"), "/file_format: is missing");
	assert_refused(LOAD_JSON("{'file_format': 1.1}"),
	               "/file_format: expected a version like \"1.1\"; versions 1.x are "
	               "understood, got a number that is not an integer");
	assert_refused(LOAD_JSON("{'file_format': '0.4'}"),
	               "/file_format: expected a version like \"1.1\"; versions 1.x are "
	               "understood, got \"0.4\"");
	assert_refused(LOAD_JSON("{'file_format': '1.1x'}"),
	               "/file_format: expected a version like \"1.1\"; versions 1.x are "
	               "understood, got \"1.1x\"");
	assert_loads(LOAD_JSON("{'file_format': '1.0-rc.2'}"));
	assert_loads(LOAD_JSON("{'file_format': '1.2'}"));
	cr_assert(strstr(settings.notes, "/file_format: newer than 1.1"));
}

Test(settings_json, what_is_not_json_is_told_with_line_and_column)
{
	cr_assert_eq(LOAD_JSON("{'file_format': '1.1',\n 'disabled' false}"), -EINVAL);
	cr_assert_str_eq(error_at(), "line 2, column 17: not JSON: ':' expected near 'false'");
	cr_assert_eq(LOAD_JSON(""), -EINVAL);
	cr_assert_eq(LOAD_JSON("[1]"), -EINVAL);
	cr_assert_str_eq(error_at(), "/: expected an object, got an array");
	cr_assert_eq(LOAD_JSON("{} {}"), -EINVAL);
}

Test(settings_json, a_key_given_twice_is_refused)
{
	cr_assert_eq(LOAD_JSON(DOCUMENT("'disabled': true, 'disabled': false")), -EINVAL);
	cr_assert(strstr(error_at(), "duplicate object key"));
}

Test(settings_json, numbers_beyond_64_bits_are_refused)
{
	cr_assert_eq(LOAD_JSON(READERS(READER("'interval': 99999999999999999999, " USER_EVENTS))),
	             -EINVAL);
	cr_assert(strstr(error_at(), "too big integer"));
	cr_assert_eq(LOAD_JSON(READERS(READER("'interval': 1e999, " USER_EVENTS))), -EINVAL);
}

Test(settings_json, unknown_keys_are_refused_at_every_level)
{
	static const char unknown[] = "unknown key; check its spelling and where it stands";
	char expected[200];

	snprintf(expected, sizeof(expected), "/resources: %s", unknown);
	assert_refused(LOAD_JSON(DOCUMENT("'resources': {}")), expected);
	snprintf(expected, sizeof(expected), "/meter_provider/reader: %s", unknown);
	assert_refused(LOAD_JSON(DOCUMENT("'meter_provider': {'readers': [" READER(
			       USER_EVENTS) "], 'reader': 1}")),
	               expected);
	snprintf(expected, sizeof(expected), PERIODIC "/intervall: %s", unknown);
	assert_refused(LOAD_JSON(READERS(READER("'intervall': 1000, " USER_EVENTS))), expected);
	snprintf(expected, sizeof(expected), PERIODIC "/exporter/user_events/size: %s", unknown);
	assert_refused(LOAD_JSON(READERS(READER("'exporter': {'user_events': {'size': 1}}"))),
	               expected);
	snprintf(expected, sizeof(expected), "/distribution/otelue/exports: %s", unknown);
	assert_refused(LOAD_JSON(OURS("'exports': {}")), expected);
	snprintf(expected, sizeof(expected), "/distribution/otelue/export/a~1b~0c: %s", unknown);
	assert_refused(LOAD_JSON(OURS("'export': {'a/b~c': 1}")), expected);
	assert_refused(LOAD_JSON(OURS("'programs': {'include': []}")),
	               "/distribution/otelue/programs/include: unknown key; expected included or "
	               "excluded");
}

Test(settings_json, wrong_types_are_refused_with_what_was_found)
{
	assert_refused(LOAD_JSON(DOCUMENT("'disabled': 'yes'")),
	               "/disabled: expected true or false, got \"yes\"");
	assert_refused(LOAD_JSON(DOCUMENT("'disabled': 1")),
	               "/disabled: expected true or false, got 1");
	assert_refused(LOAD_JSON(DOCUMENT("'meter_provider': []")),
	               "/meter_provider: expected an object, got an array");
	assert_refused(LOAD_JSON(DOCUMENT("'meter_provider': {'readers': {}}")),
	               "/meter_provider/readers: expected an array, got an object");
	assert_refused(
		LOAD_JSON(READERS("")),
		"/meter_provider/readers: expected at least one element, got an empty array");
	assert_refused(LOAD_JSON(READERS("true")),
	               "/meter_provider/readers/0: expected an object, got true");
	assert_refused(
		LOAD_JSON(DOCUMENT("'log_level': 5")),
		"/log_level: expected one of trace, debug, info, warn, error, fatal, none, got 5");
	assert_refused(LOAD_JSON(DOCUMENT("'distribution': null")),
	               "/distribution: expected an object, got null");
}

Test(settings_json, intervals_are_checked)
{
	assert_refused(LOAD_JSON(READERS(READER("'interval': 'soon', " USER_EVENTS))),
	               PERIODIC "/interval: expected an integer ≥ 100, got \"soon\"");
	assert_refused(LOAD_JSON(READERS(READER("'interval': 99, " USER_EVENTS))),
	               PERIODIC "/interval: expected an integer ≥ 100, got 99");
	assert_refused(LOAD_JSON(READERS(READER("'interval': -5, " USER_EVENTS))),
	               PERIODIC "/interval: expected an integer ≥ 100, got -5");
	assert_refused(LOAD_JSON(READERS(READER("'interval': 2147483648, " USER_EVENTS))),
	               PERIODIC "/interval: expected an integer ≤ 2147483647, got 2147483648");
	assert_refused(LOAD_JSON(READERS(READER("'interval': 1000.5, " USER_EVENTS))), PERIODIC
	               "/interval: expected an integer ≥ 100, got a number that is not an integer");
	assert_loads(LOAD_JSON(READERS(READER("'interval': 1.0e3, " USER_EVENTS))));
	cr_assert_eq(settings.interval_ms, 1000);
}

Test(settings_json, event_sizes_are_checked)
{
	assert_refused(
		LOAD_JSON(OURS("'export': {'max_event_size': 8169}")),
		"/distribution/otelue/export/max_event_size: expected an integer ≤ 8168, got 8169");
	assert_refused(
		LOAD_JSON(OURS("'export': {'max_event_size': 100}")),
		"/distribution/otelue/export/max_event_size: expected an integer ≥ 2048, got 100");
}

Test(settings_json, two_readers_must_agree_on_the_interval)
{
	assert_refused(LOAD_JSON(READERS(READER("'interval': 1000, " USER_EVENTS) ", " READER(
			       "'interval': 2000, 'exporter': {'otlp_file/development': "
			       "{'output_stream': 'file:///m'}}"))),
	               "/meter_provider/readers/1/periodic/interval: expected 1000 as in the "
	               "reader before: this version exports to all at the same interval");
	assert_refused(
		LOAD_JSON(READERS(READER("'interval': 1000, " USER_EVENTS) ", " READER(
			"'exporter': {'otlp_file/development': {'output_stream': 'file:///m'}}"))),
		"/meter_provider/readers/1/periodic/interval: expected 1000 as in the reader "
		"before: this version exports to all at the same interval");
}

Test(settings_json, an_exporter_is_given_once)
{
	assert_refused(LOAD_JSON(READERS(READER(USER_EVENTS) ", " READER(USER_EVENTS))),
	               "/meter_provider/readers/1/periodic/exporter/user_events: is there twice; "
	               "give each exporter one reader");
	assert_refused(
		LOAD_JSON(READERS(READER("'exporter': {'user_events': null, 'console': null}"))),
		PERIODIC "/exporter: expected one member: user_events or otlp_file/development");
	assert_refused(LOAD_JSON(READERS(READER("'interval': 1000"))), PERIODIC
	               "/exporter: is missing; expected user_events or otlp_file/development");
}

Test(settings_json, stdout_is_refused)
{
	assert_refused(
		LOAD_JSON(READERS(READER(
			"'exporter': {'otlp_file/development': {'output_stream': 'stdout'}}"))),
		PERIODIC "/exporter/otlp_file~1development/output_stream: expected "
			 "file:///absolute/path (stdout is the program's own), got \"stdout\"");
	assert_refused(LOAD_JSON(READERS(READER("'exporter': {'otlp_file/development': null}"))),
	               PERIODIC
	               "/exporter/otlp_file~1development/output_stream: is missing and would be "
	               "stdout, which is the program's own; expected file:///absolute/path");
	assert_refused(
		LOAD_JSON(READERS(READER("'exporter': {'otlp_file/development': {'output_stream': "
	                                 "'file://host/m'}}"))),
		PERIODIC
		"/exporter/otlp_file~1development/output_stream: expected file:///absolute/path "
		"(stdout is the program's own), got \"file://host/m\"");
}

Test(settings_json, what_this_version_cannot_do_is_refused_not_ignored)
{
	assert_refused(LOAD_JSON(DOCUMENT("'meter_provider': {'readers': [" READER(
			       USER_EVENTS) "], 'views': [{}]}")),
	               "/meter_provider/views: " UNSUPPORTED);
	assert_refused(
		LOAD_JSON(READERS("{'pull': {'exporter': {'prometheus/development': null}}}")),
		"/meter_provider/readers/0/pull: not supported by this version of otelue; use "
		"periodic");
	assert_refused(LOAD_JSON(READERS(READER("'exporter': {'otlp_http': {}}"))),
	               PERIODIC "/exporter/otlp_http: exporter not supported by this version of "
	                        "otelue; expected user_events or otlp_file/development");
	assert_refused(LOAD_JSON(DOCUMENT("'tracer_provider': {}")),
	               "/tracer_provider: " UNSUPPORTED);
	assert_refused(LOAD_JSON(DOCUMENT("'attribute_limits': {'attribute_count_limit': 128}")),
	               "/attribute_limits/attribute_count_limit: " UNSUPPORTED);
	assert_refused(LOAD_JSON(READERS(READER("'cardinality_limits': {}, " USER_EVENTS))),
	               PERIODIC "/cardinality_limits: " UNSUPPORTED);
	assert_refused(LOAD_JSON(DOCUMENT("'distribution': {'other': {}}")),
	               "/distribution/other: " UNSUPPORTED);
}

Test(settings_json, hook_families_are_those_of_the_catalogue)
{
	cr_assert_eq(LOAD_JSON(OURS("'hooks': {'memories': {}}")), -EINVAL);
	cr_assert(strstr(error_at(), "/hooks/memories: no such family of hooks in this version; "
	                             "there are memory, file, "));
	assert_refused(
		LOAD_JSON(OURS("'hooks': {'memory': {'enabled': 'yes'}}")),
		"/distribution/otelue/hooks/memory/enabled: expected true or false, got \"yes\"");
	assert_refused(LOAD_JSON(OURS("'hooks': {'file': {'duration': true}}")),
	               "/distribution/otelue/hooks/file/duration: expected enabled, or the end of "
	               "the name of one of the family's optional metrics (for "
	               "libc.memory.allocation.duration: duration)");
	assert_loads(LOAD_JSON(OURS("'hooks': {'memory': {'allocation.duration': true}}")));
	cr_assert(settings_metric_enabled(&settings, METRIC_MEMORY_ALLOCATION_DURATION));
}

Test(settings_json, programs_are_patterns)
{
	assert_refused(LOAD_JSON(OURS("'programs': {'included': []}")),
	               "/distribution/otelue/programs/included: expected at least one element, got "
	               "an empty array");
	assert_refused(LOAD_JSON(OURS("'programs': {'excluded': ['a', '']}")),
	               "/distribution/otelue/programs/excluded/1: expected a pattern that is not "
	               "empty, got \"\"");
	assert_refused(LOAD_JSON(OURS("'programs': {'excluded': [1]}")),
	               "/distribution/otelue/programs/excluded/0: expected a pattern like "
	               "\"redis-*\" or \"/usr/bin/*\", got 1");
	assert_loads(LOAD_JSON(OURS("'programs': {'included': ['redis-*', 'nginx']}")));
	cr_assert(settings_program_selected(&settings, "/usr/sbin/nginx"));
	cr_assert_not(settings_program_selected(&settings, "/usr/sbin/apache2"));
}

Test(settings_json, segment_directory_is_absolute)
{
	assert_refused(
		LOAD_JSON(OURS("'segment': {'directory': 'shm'}")),
		"/distribution/otelue/segment/directory: expected an absolute path, got \"shm\"");
}

Test(settings_json, deep_nesting_is_refused)
{
	static char text[200000];

	memset(text, '[', sizeof(text) - 1);
	cr_assert_eq(LOAD_JSON(text), -EINVAL);
	cr_assert(strstr(error_at(), "maximum parsing depth"));
}

Test(settings_json, messages_are_one_line_whatever_the_document_holds)
{
	cr_assert_eq(LOAD_JSON("{'file_format': '1.1', 'a\\nb\\u001b[31m': 1}"), -EINVAL);
	cr_assert_str_eq(error_at(),
	                 "/a?b?[31m: unknown key; check its spelling and where it stands");
	cr_assert_eq(LOAD_JSON("{'file_format': '1.1', \n'x' \x01 1}"), -EINVAL);
	cr_assert_null(strchr(error.text, '\n'));
}
