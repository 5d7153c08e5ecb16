/* The file that a variable names: who may have written it, and what is left to the program's own
 * SDK. */
#include <errno.h>
#include "tests/unit/settings_fixture.h"

TestSuite(settings_file, .init = scratch_make, .fini = scratch_remove);

static int load_path(const char *variable, const char *path)
{
	char assignment[700];

	snprintf(assignment, sizeof(assignment), "%s=%s", variable, path);
	return LOAD(assignment);
}

/* The text behind `OTELUE_CONFIG: "PATH" `. */
static const char *refusal(void)
{
	const char *at = strstr(error.text, "\" ");

	cr_assert_not_null(at, "%s", error.text);
	return at + 2;
}

Test(settings_file, a_missing_file_of_ours_is_an_error)
{
	cr_assert_eq(load_path("OTELUE_CONFIG", scratch_path("none")), -ENOENT);
	cr_assert_str_eq(refusal(), "does not exist; correct the path");
}

Test(settings_file, one_that_others_may_write_to_is_refused)
{
	const char *path = write_file("otelue.json", "{'file_format': '1.1'}");

	cr_assert_eq(chmod(path, 0664), 0);
	cr_assert_eq(load_path("OTELUE_CONFIG", path), -EACCES);
	cr_assert_str_eq(refusal(), "is refused: others may write to it (chmod go-w)");
	cr_assert_eq(chmod(path, 0646), 0);
	cr_assert_eq(load_path("OTELUE_CONFIG", path), -EACCES);
	cr_assert_eq(chmod(path, 0644), 0);
	assert_loads(load_path("OTELUE_CONFIG", path));
}

Test(settings_file, one_that_belongs_to_another_user_is_refused)
{
	const char *path = write_file("otelue.json", "{'file_format': '1.1'}");

	if (geteuid() != 0)
		cr_skip_test("only root can give files away");
	cr_assert_eq(chown(path, 65534, 65534), 0);
	cr_assert_eq(load_path("OTELUE_CONFIG", path), -EACCES);
	cr_assert_str_eq(
		refusal(),
		"is refused: it belongs to another user; it must be root's or your own (chown)");
}

Test(settings_file, one_of_roots_is_trusted_by_everybody)
{
	const char *path = write_file("otelue.json", "{'file_format': '1.1'}");

	if (geteuid() != 0)
		cr_skip_test("only root can make files of root's");
	cr_assert_eq(chmod(scratch, 0755), 0);
	cr_assert_eq(seteuid(65534), 0);
	assert_loads(load_path("OTELUE_CONFIG", path));
	cr_assert_eq(seteuid(0), 0);
}

Test(settings_file, a_link_is_followed_to_a_file_that_is_checked)
{
	char link[600];
	const char *path;

	strcpy(link, scratch_path("link.json"));
	path = write_file("otelue.json", "{'file_format': '1.1'}");
	cr_assert_eq(symlink(path, link), 0);
	assert_loads(load_path("OTELUE_CONFIG", link));
	cr_assert_eq(chmod(path, 0666), 0);
	cr_assert_eq(load_path("OTELUE_CONFIG", link), -EACCES);
}

Test(settings_file, what_is_no_regular_file_is_refused_at_once)
{
	cr_assert_eq(mkfifo(scratch_path("pipe"), 0600), 0);
	cr_assert_eq(load_path("OTELUE_CONFIG", scratch_path("pipe")), -EINVAL);
	cr_assert_str_eq(refusal(), "is not a regular file; name one");
	cr_assert_eq(load_path("OTELUE_CONFIG", scratch), -EINVAL);
	cr_assert_eq(load_path("OTELUE_CONFIG", "/dev/zero"), -EINVAL);
}

Test(settings_file, more_than_one_mebibyte_is_refused)
{
	const char *path = write_file("otelue.json", "{'file_format': '1.1'}");
	int fd = open(path, O_WRONLY | O_APPEND);
	char blanks[4096];

	memset(blanks, ' ', sizeof(blanks));
	for (int i = 0; i < 255; i++)
		cr_assert_eq(write(fd, blanks, sizeof(blanks)), sizeof(blanks));
	assert_loads(load_path("OTELUE_CONFIG", path));
	cr_assert_eq(write(fd, blanks, sizeof(blanks)), sizeof(blanks));
	close(fd);
	cr_assert_eq(load_path("OTELUE_CONFIG", path), -EFBIG);
	cr_assert_str_eq(refusal(), "is larger than 1 MiB; name a file with settings alone");
}

Test(settings_file, no_descriptor_stays_open)
{
	int before = dup(0);

	close(before);
	assert_loads(LOAD_JSON("{'file_format': '1.1'}"));
	cr_assert_eq(LOAD_JSON("{"), -EINVAL);
	cr_assert_eq(load_path("OTELUE_CONFIG", "/dev/zero"), -EINVAL);
	cr_assert_eq(dup(0), before);
}

Test(settings_file, ours_goes_before_opentelemetrys)
{
	char ours[700], theirs[700];

	snprintf(ours, sizeof(ours), "OTELUE_CONFIG=%s",
	         write_file("ours.json", DOCUMENT("'log_level': 'warn'")));
	snprintf(theirs, sizeof(theirs), "OTEL_CONFIG_FILE=%s",
	         write_file("theirs.json", DOCUMENT("'log_level': 'error'")));
	assert_loads(LOAD(theirs, ours));
	cr_assert_eq(settings.log_level, LOG_LEVEL_WARN);
	assert_loads(LOAD(theirs));
	cr_assert_eq(settings.log_level, LOG_LEVEL_ERROR);
}

Test(settings_file, yaml_is_left_to_the_sdk_and_variables_hold)
{
	assert_loads(load_file("OTEL_CONFIG_FILE", "file_format: '1.1'\nlog_level: error\n",
	                       "OTEL_SERVICE_NAME=shop"));
	cr_assert_str_eq(settings.service_name, "shop");
	cr_assert_eq(settings.log_level, LOG_LEVEL_INFO);
	cr_assert(strstr(settings.notes, "is not JSON; left to the program's own SDK\n"));
	cr_assert_str_eq(settings.config_file, "");
}

Test(settings_file, yaml_may_belong_to_anybody)
{
	const char *path = write_file("sdk.yaml", "file_format: '1.1'\n");

	cr_assert_eq(chmod(path, 0666), 0);
	assert_loads(load_path("OTEL_CONFIG_FILE", path));
}

Test(settings_file, a_missing_file_is_the_sdks_unless_it_is_called_json)
{
	assert_loads(load_path("OTEL_CONFIG_FILE", "/nonexistent/otel.yaml"));
	cr_assert(strstr(settings.notes, "cannot be opened; left to the program's own SDK\n"));
	cr_assert_eq(load_path("OTEL_CONFIG_FILE", "/nonexistent/otel.json"), -ENOENT);
}

Test(settings_file, a_shared_document_may_hold_what_is_the_sdks)
{
	assert_loads(LOAD_SHARED(
		"{'file_format': '1.1', 'tracer_provider': {'processors': []}, 'propagator': {},"
		" 'attribute_limits': {'attribute_count_limit': 10},"
		" 'distribution': {'vendor': {}}, 'meter_provider': {'readers': ["
		"  {'pull': {'exporter': {'prometheus/development': {}}}},"
		"  {'periodic': {'interval': 7000, 'exporter': {'otlp_http': {}}}},"
		"  {'periodic': {'interval': 9000, 'exporter': {'user_events': {}}}}]}}"));
	cr_assert_eq(settings.interval_ms, 9000);
	cr_assert_eq(settings.exporters, 1u << SINK_USER_EVENTS);
	cr_assert(strstr(settings.notes, "/tracer_provider: left to the program's own SDK\n"));
	cr_assert(strstr(settings.notes,
	                 "/meter_provider/readers/0: left to the program's own SDK\n"));
	cr_assert(strstr(settings.notes,
	                 "/meter_provider/readers/1: left to the program's own SDK\n"));
}

Test(settings_file, a_shared_document_without_a_reader_of_ours_leaves_the_default)
{
	assert_loads(LOAD_SHARED(READERS(READER("'exporter': {'otlp_http': {}}"))));
	cr_assert_eq(settings.exporters, 1u << SINK_USER_EVENTS);
}

Test(settings_file, views_are_refused_in_a_shared_document_too)
{
	cr_assert_eq(LOAD_SHARED(DOCUMENT("'meter_provider': {'readers': [" READER(
			     "'exporter': {'console': {}}") "], 'views': [{}]}")),
	             -EINVAL);
}

static int open_nothing(struct json_api *ret_api, struct text *why)
{
	(void)ret_api;
	text_add(why, "libjansson.so.4: no such file");
	return -ENOENT;
}

Test(settings_file, a_missing_library_is_told)
{
	char assignment[700];
	const char *variables[] = {assignment, NULL};
	struct settings_environment environment = {(char *const *)variables, false, open_nothing,
	                                           NULL};

	snprintf(assignment, sizeof(assignment), "OTELUE_CONFIG=%s",
	         write_file("otelue.json", "{}"));
	cr_assert_eq(settings_load(&environment, &settings, &error), -ENOENT);
	cr_assert_str_eq(error.text, "OTELUE_CONFIG: the JSON library cannot be opened (Debian: "
	                             "libjansson4): libjansson.so.4: no such file");
}

Test(settings_file, the_library_opened_by_hand_reads_the_same)
{
	char assignment[700];
	const char *variables[] = {assignment, NULL};
	struct settings_environment environment = {(char *const *)variables, false,
	                                           jansson_open_library, NULL};

	snprintf(assignment, sizeof(assignment), "OTELUE_CONFIG=%s",
	         write_file("otelue.json", DOCUMENT("'log_level': 'warn'")));
	cr_assert_eq(settings_load(&environment, &settings, &error), 0, "%s", error.text);
	cr_assert_eq(settings.log_level, LOG_LEVEL_WARN);
}
