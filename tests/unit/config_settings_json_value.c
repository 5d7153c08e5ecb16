/* References to variables in a document's values. */
#include <errno.h>
#include "tests/unit/settings_fixture.h"

TestSuite(settings_json_value, .init = scratch_make, .fini = scratch_remove);

#define NAME(value)     DOCUMENT("'resource': {'attributes': [{'name': 'x', 'value': '" value "'}]}")
#define INTERVAL(value) READERS(READER("'interval': " value ", 'exporter': {'user_events': null}"))

static const char *substituted(const char *document, const char *variable)
{
	assert_loads(LOAD_JSON_WITH(document, variable));
	return attribute_text("x");
}

Test(settings_json_value, references_are_replaced_by_values)
{
	cr_assert_str_eq(substituted(NAME("a-${VAR}-b"), "VAR=1"), "a-1-b");
	cr_assert_str_eq(substituted(NAME("${env:VAR}${VAR}"), "VAR=1"), "11");
	cr_assert_str_eq(substituted(NAME("${VAR:-none}"), "VAR=1"), "1");
	cr_assert_str_eq(substituted(NAME("${VAR:-none of it}"), "VAR="), "none of it");
	cr_assert_str_eq(substituted(NAME("${env:OTHER:-}x"), "VAR=1"), "x");
}

Test(settings_json_value, two_dollars_are_one)
{
	cr_assert_str_eq(substituted(NAME("$$"), NULL), "$");
	cr_assert_str_eq(substituted(NAME("$${VAR}"), "VAR=1"), "${VAR}");
	cr_assert_str_eq(substituted(NAME("$$${VAR}"), "VAR=1"), "$1");
	cr_assert_str_eq(substituted(NAME("$VAR $"), "VAR=1"), "$VAR $");
}

Test(settings_json_value, values_are_not_looked_into)
{
	cr_assert_str_eq(substituted(NAME("${VAR}"), "VAR=${VAR}$$"), "${VAR}$$");
	cr_assert_str_eq(substituted(NAME("${VAR}"), "VAR=\", \"name\": \"y"), "\", \"name\": \"y");
}

Test(settings_json_value, keys_are_not_looked_into)
{
	cr_assert_eq(LOAD_JSON_WITH(DOCUMENT("'${VAR}': true"), "VAR=disabled"), -EINVAL);
}

Test(settings_json_value, a_reference_to_nothing_counts_as_left_out)
{
	cr_assert_null(substituted(NAME("${VAR}"), NULL));
	assert_loads(LOAD_JSON(INTERVAL("'${VAR}'")));
	cr_assert_eq(settings.interval_ms, 60000);
}

Test(settings_json_value, bad_references_are_refused)
{
	const char *bad[] = {NAME("${}"),        NAME("${1A}"),    NAME("${VAR"),
	                     NAME("${VAR:?no}"), NAME("${VAR-x}"), NAME("${a b}")};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(LOAD_JSON(bad[i]), -EINVAL);
	assert_refused(LOAD_JSON(NAME("${VAR:?no}")),
	               "/resource/attributes/0/value: expected references like ${NAME} or "
	               "${NAME:-default} ($$ is a dollar sign), got \"${VAR:?no}\"");
}

Test(settings_json_value, one_reference_may_stand_for_a_number_or_a_boolean)
{
	assert_loads(LOAD_JSON_WITH(INTERVAL("'${VAR}'"), "VAR=2500"));
	cr_assert_eq(settings.interval_ms, 2500);
	assert_loads(LOAD_JSON(INTERVAL("'${VAR:-3500}'")));
	cr_assert_eq(settings.interval_ms, 3500);
	assert_loads(LOAD_JSON_WITH(DOCUMENT("'disabled': '${VAR}'"), "VAR=true"));
	cr_assert(settings.disabled);
	assert_loads(LOAD_JSON_WITH(OURS("'hooks': {'file': {'enabled': '${VAR}'}}"), "VAR=false"));
	cr_assert_not(settings_family_enabled(&settings, HOOK_FAMILY_FILE));
	assert_loads(LOAD_JSON_WITH(DOCUMENT("'log_level': '${VAR}'"), "VAR=error"));
	cr_assert_eq(settings.log_level, LOG_LEVEL_ERROR);
}

Test(settings_json_value, what_a_reference_gave_is_told)
{
	assert_refused(LOAD_JSON_WITH(INTERVAL("'${VAR}'"), "VAR=soon"),
	               "/meter_provider/readers/0/periodic/interval: expected an integer ≥ 100, "
	               "got \"soon\" from \"${VAR}\"");
	assert_refused(LOAD_JSON_WITH(INTERVAL("'1${VAR}'"), "VAR=000"),
	               "/meter_provider/readers/0/periodic/interval: expected an integer ≥ 100, "
	               "got \"1${VAR}\"");
}

Test(settings_json_value, strings_that_grow_too_long_are_refused)
{
	static char variable[5000] = "VAR=";

	memset(variable + 4, 'a', sizeof(variable) - 5);
	assert_refused(LOAD_JSON_WITH(NAME("${VAR}"), variable),
	               "/resource/attributes/0/value: longer than 4095 bytes");
}
